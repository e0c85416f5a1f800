"""``python -m mumu_lib disk``: print the disk usage of a home, and remove what nothing refers to."""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from mumu_lib.core import commands
from mumu_lib.core.arguments import Parser
from mumu_lib.core.errors import MissingDataError, MumuError
from mumu_lib.core.paths import home
from mumu_lib.series import storage
from mumu_lib.series.sizes import Item
from mumu_lib.series.storage import KINDS


def main(words: Sequence[str] | None = None) -> int:
    """List items, and remove those of ``--remove``; return 1 if something could not be removed."""
    parser = Parser(prog="python -m mumu_lib disk", description="List what catalogues, features, runs and caches take.")
    parser.add_argument(
        "catalogues", nargs="*", metavar="FOLDER", help="catalogues outside of data/ that are also in use"
    )
    meanings = "; ".join(f"{kind}: {meaning}" for kind, meaning in KINDS.items())
    parser.add_argument("--remove", nargs="+", choices=KINDS, default=[], metavar="KIND", help=f"remove {meanings}")
    parser.add_argument("--dry-run", action="store_true", help="with --remove: only print what would be removed")
    parser.add_argument("--json", action="store_true", help="print a JSON list of objects, sizes in bytes")
    args = parser.parse_args(words)
    for name in args.catalogues:
        # With a mistyped folder, its runs would count as those of a removed catalogue.
        if not Path(name, "catalogue.json").is_file():
            raise MissingDataError(f"{name} is no folder of a catalogue (no catalogue.json in it); give its path")
    items = storage.listing(map(Path, args.catalogues))
    chosen = [item for item in items if item.kind in args.remove]
    shown = items
    if args.remove:
        shown = chosen
    if args.json:
        print(as_json(shown))
    elif args.remove:
        print(_as_lines(shown) or "there is nothing of the kind")
    else:
        print(as_text(shown, args.catalogues))
    if args.dry_run or not chosen:
        return 0
    return _remove(chosen)


def _remove(items: Iterable[Item]) -> int:
    """Remove items; print on stderr which were kept, and how much space was freed."""
    freed = 0
    kept = 0
    for item in items:
        try:
            storage.remove(item)
        except MumuError as error:
            print(f"{item.name}: {error}", file=sys.stderr)
            kept += 1
        else:
            freed += item.size
    if kept:
        print(f"{as_size(freed)} removed; {kept} stay", file=sys.stderr)
        return 1
    print(f"{as_size(freed)} removed", file=sys.stderr)
    return 0


def as_text(items: Sequence[Item], elsewhere: Iterable[str] = ()) -> str:
    """Format items as lines, then the total size of each sort, then what can be removed and with which command.

    Parameters
    ----------
    items : sequence of Item
    elsewhere : iterable of str
        Folders that were passed to the command.
    """
    lines = [f"home: {home()}", _as_lines(items), ""]
    by_sort: Counter[str] = Counter()
    by_kind: Counter[str] = Counter()
    for item in items:
        by_sort[item.what] += item.size
        by_kind[item.kind] += item.size
    for what, size in by_sort.items():
        lines.append(f"{as_size(size):>10}  {what}, in all")
    lines.append(f"{as_size(by_sort.total()):>10}  in all")
    for kind, meaning in KINDS.items():
        if by_kind[kind]:
            command = commands.python("mumu_lib", "disk", *elsewhere, "--remove", kind)
            lines += ["", f"{as_size(by_kind[kind])} of {kind}, {meaning}:", f"  {command}"]
    return "\n".join(lines)


def _as_lines(items: Iterable[Item]) -> str:
    lines = []
    for item in items:
        line = f"{as_size(item.size):>10}  {item.what:10} {item.name}"
        if item.why:
            line += f": {item.why}"
        lines.append(line)
    return "\n".join(lines)


def as_json(items: Iterable[Item]) -> str:
    """Format items as a JSON list of objects: ``what``, ``name``, ``path``, ``bytes``, ``kind``, ``why``."""
    rows = []
    for item in items:
        facts = {"what": item.what, "name": item.name, "path": str(item.path), "bytes": item.size}
        rows.append({**facts, "kind": item.kind, "why": item.why})
    return json.dumps(rows, indent=1, ensure_ascii=False)


def as_size(size: float) -> str:
    """Format a number of bytes with a unit.

    Examples
    --------
    >>> as_size(9_100_000_000), as_size(512)
    ('9.1 GB', '512 B')
    """
    for unit, factor in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}"
    return f"{size:.0f} B"
