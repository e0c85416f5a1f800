"""``python -m mumu_lib disk``: print what a home takes of the disk, and remove what nothing refers to."""

import json
import sys
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
    """Command line: list, and with ``--remove`` take away; fails where something could not be taken away."""
    parser = Parser(prog="python -m mumu_lib disk", description="List what catalogues, features, runs and caches take.")
    parser.add_argument(
        "catalogues", nargs="*", metavar="FOLDER", help="catalogues outside of data/, which are in use too"
    )
    meanings = "; ".join(f"{kind}: {meaning}" for kind, meaning in KINDS.items())
    parser.add_argument("--remove", nargs="+", choices=KINDS, default=[], metavar="KIND", help=f"take away {meanings}")
    parser.add_argument("--dry-run", action="store_true", help="with --remove: only say what would go")
    parser.add_argument("--json", action="store_true", help="for programs: a list of objects, sizes in bytes")
    asked = parser.parse_args(words)
    for name in asked.catalogues:
        # Runs of a folder that is mistyped would count as those of a catalogue that is gone.
        if not Path(name, "catalogue.json").is_file():
            raise MissingDataError(f"{name} is no folder of a catalogue (no catalogue.json in it); give its path")
    items = storage.listing(map(Path, asked.catalogues))
    chosen = [item for item in items if item.kind in asked.remove]
    if asked.json:
        print(as_json(chosen if asked.remove else items))
    elif asked.remove:
        print(_as_lines(chosen) or "there is nothing of the kind")
    else:
        print(as_text(items, asked.catalogues))
    if asked.dry_run or not chosen:
        return 0
    return _remove(chosen)


def _remove(items: Iterable[Item]) -> int:
    """Remove items; say on stderr which stay, and how much has gone."""
    gone = 0
    stayed = 0
    for item in items:
        try:
            storage.remove(item)
        except MumuError as error:
            print(f"{item.name}: {error}", file=sys.stderr)
            stayed += 1
        else:
            gone += item.size
    print(f"{as_size(gone)} removed{f'; {stayed} stay' if stayed else ''}", file=sys.stderr)
    return 1 if stayed else 0


def as_text(items: Sequence[Item], elsewhere: Iterable[str] = ()) -> str:
    """Return items as lines, then what each sort takes, then what can be removed and the command that does it.

    Parameters
    ----------
    items : sequence of Item
    elsewhere : iterable of str
        Folders that the command was given.
    """
    lines = [f"home: {home()}", _as_lines(items), ""]
    for what in dict.fromkeys(item.what for item in items):
        lines.append(f"{as_size(sum(item.size for item in items if item.what == what)):>10}  {what}, in all")
    lines.append(f"{as_size(sum(item.size for item in items)):>10}  in all")
    for kind, meaning in KINDS.items():
        size = sum(item.size for item in items if item.kind == kind)
        if size:
            command = commands.python("mumu_lib", "disk", *elsewhere, "--remove", kind)
            lines += ["", f"{as_size(size)} of {kind}, {meaning}:", f"  {command}"]
    return "\n".join(lines)


def _as_lines(items: Iterable[Item]) -> str:
    lines = []
    for item in items:
        why = f": {item.why}" if item.why else ""
        lines.append(f"{as_size(item.size):>10}  {item.what:10} {item.name}{why}")
    return "\n".join(lines)


def as_json(items: Iterable[Item]) -> str:
    """Return items as a list of objects: ``what``, ``name``, ``path``, ``bytes``, ``kind``, ``why``."""
    rows = []
    for item in items:
        facts = {"what": item.what, "name": item.name, "path": str(item.path), "bytes": item.size}
        rows.append({**facts, "kind": item.kind, "why": item.why})
    return json.dumps(rows, indent=1, ensure_ascii=False)


def as_size(size: float) -> str:
    """Return bytes as people read them.

    >>> as_size(9_100_000_000), as_size(512)
    ('9.1 GB', '512 B')
    """
    for unit, factor in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}"
    return f"{size:.0f} B"
