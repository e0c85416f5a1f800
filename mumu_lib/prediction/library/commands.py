"""Commands ``python -m mumu_lib predict`` and ``untag``.

Paper: none.  Notebooks: none.
"""

import argparse
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from mumu_lib.core import progress
from mumu_lib.core.arguments import Parser, at_least
from mumu_lib.core.commands import python
from mumu_lib.core.errors import ParameterError
from mumu_lib.prediction.library import running, tagging
from mumu_lib.prediction.library.rows import Wanted
from mumu_lib.prediction.library.running import Library
from mumu_lib.prediction.library.tagging import Plan
from mumu_lib.sources.tagging import names, undoing
from mumu_lib.sources.tagging.undoing import UndoFile

STOPPED = 130
EPILOG = """Without --apply, --write-tags only prints what it would change. With it, genres are written into mp3, flac, ogg, opus, m4a,
wma, wav, aiff, ape, wv, mpc and tta files; an undo file is written first:  python -m mumu_lib untag FILE --apply"""


def _parser() -> Parser:
    """Return the parser of ``predict``."""
    parser = Parser(
        prog="python -m mumu_lib predict",
        description="Predict the genres of every album of a music library.",
        epilog=EPILOG,
    )
    parser.add_argument("library", help="folder of the library")
    parser.add_argument("--catalogue", required=True, help="catalogue whose runs to use: name under data/, or path")
    parser.add_argument("--out", default="genres.csv", help="table to write: .csv, .jsonl or .parquet (genres.csv)")
    parser.add_argument(
        "--top", type=at_least(0), default=0, metavar="N", help="the N best genres of each album, kept or not"
    )
    parser.add_argument("--all", action="store_true", help="every genre of each album, by every modality")
    parser.add_argument("--workers", type=at_least(0), default=0, help="processes that decode; 0: one per core")
    parser.add_argument("--genres", type=Path, help="table of labels and names in tags (params/genres.csv)")
    tags = parser.add_argument_group("tags")
    tags.add_argument("--write-tags", action="store_true", help="write genres that are sure into files that have none")
    tags.add_argument("--add", action="store_true", help="... also after the genres that files have")
    tags.add_argument("--replace", action="store_true", help="... in the place of the genres that files have")
    tags.add_argument("--precision", type=float, default=0.5, metavar="P", help="... least expected precision (0.5)")
    tags.add_argument("--apply", action="store_true", help="write; without this, changes are only printed")
    return parser


def predict(words: Sequence[str]) -> int:
    """Run ``python -m mumu_lib predict``; return 0, 1 after a failure, 130 after Ctrl-C."""
    args = _parser().parse_args(words)
    how = _how(args)
    table = args.genres or names.default()
    tag_names = names.read(table)
    try:
        library = running.predict_library(
            args.library, args.out, args.catalogue,
            wanted=Wanted(args.all, args.top), names=tag_names, workers=args.workers,
        )  # fmt: skip
        for line in tag_names.unknown(library.learned.labels, table):
            print(line)
        print(running.summary(library))
        complete = not library.failed
        if args.apply and library.learned.synthetic:
            raise ParameterError(
                f"catalogue {library.learned.name!r} is synthetic; for tags use one of real music:  --catalogue NAME"
            )
        if how:
            complete = _write_tags(library, how, args.precision, args.apply) and complete
    except KeyboardInterrupt:
        again = python("mumu_lib", "predict", *words)
        print(f"\nstopped; finished albums are kept, and all files are intact. To continue type\n  {again}")
        return STOPPED
    return int(not complete)


def _how(args: argparse.Namespace) -> str:
    """Return how to treat the genres that files have; empty if no tags are written."""
    if not args.write_tags:
        if args.add or args.replace or args.apply:
            raise ParameterError("--add, --replace and --apply need --write-tags; add  --write-tags")
        return ""
    if not 0 <= args.precision <= 1:
        raise ParameterError(f"--precision {args.precision} must be between 0 and 1")
    if args.add and args.replace:
        raise ParameterError("--add and --replace exclude one another; give one of them")
    if args.replace:
        return tagging.REPLACE
    if args.add:
        return tagging.ADD
    return tagging.MISSING


def _write_tags(library: Library, how: str, least: float, apply: bool) -> bool:
    """Print the changes in the tags of a library, and write them with ``apply``; return whether no file was skipped."""
    undo = UndoFile(_free_name(library.out))
    counts: Counter[str] = Counter()
    try:
        for album in progress.bar(library.albums, "tags", unit="album"):
            entry = library.journal.read(album.album_id)
            if entry["failed"]:
                continue
            genres = tagging.sure_names(entry["kept"], library.names, least)
            plans: Iterable[Plan] = tagging.plan(album, genres, how)
            if apply:
                plans = tagging.carry_out(plans, undo.add)
            done: list[Plan] = []
            for plan in plans:
                done.append(plan)
                counts[plan.what] += 1
            lines = tagging.diff(album.album_id, done)
            if lines:
                print(lines)
    finally:
        _print_counts(counts, undo, apply)
    return not counts[tagging.SKIPPED]


def _free_name(out: Path) -> Path:
    """Return an unused name for an undo file next to the table."""
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    path = out.with_name(f"{out.stem}.undo-{stamp}.jsonl")
    number = 1
    while path.exists():
        number += 1
        path = out.with_name(f"{out.stem}.undo-{stamp}-{number}.jsonl")
    return path


def _print_counts(counts: Counter[str], undo: UndoFile, apply: bool) -> None:
    """Print how many files were written, kept and skipped, and how to undo the changes."""
    words = []
    for what in (tagging.WRITE, tagging.RIGHT, tagging.HAS, tagging.NOTHING, tagging.SKIPPED):
        if not counts[what]:
            continue
        phrase = what
        if what == tagging.WRITE and not apply:
            phrase = "to be written"
        words.append(f"{counts[what]} {phrase}")
    print(f"files: {', '.join(words) or 'none'}")
    if undo.lines:
        print(f"to take it back:  {python('mumu_lib', 'untag', undo.path)} --apply")
    elif not apply and counts[tagging.WRITE]:
        print("nothing was written yet; to do it add  --apply")


def _untag_parser() -> Parser:
    """Return the parser of ``untag``."""
    parser = Parser(
        prog="python -m mumu_lib untag", description="Restore the genres that files had before predict --write-tags."
    )
    parser.add_argument("undo", type=Path, nargs="+", help="undo files of predict --write-tags --apply")
    parser.add_argument("--apply", action="store_true", help="restore; without this, changes are only printed")
    parser.add_argument("--force", action="store_true", help="also files whose genre was edited since")
    return parser


def untag(words: Sequence[str]) -> int:
    """Run ``python -m mumu_lib untag``; return 1 if a file was not restored."""
    args = _untag_parser().parse_args(words)
    records = []
    # In the order of their dates, which are part of their names; the last change is undone first.
    for path in sorted(args.undo, key=lambda path: path.name):
        records += undoing.read(path)
    counts: Counter[str] = Counter()
    outcomes = undoing.undo(records, apply=args.apply, force=args.force, check=tagging.sounds_alike)
    try:
        for outcome in progress.bar(outcomes, "tags", len(records), unit="file"):
            counts[outcome.what] += 1
            if outcome.reason:
                print(f"{outcome.what}: {outcome.path}: {outcome.reason}")
    except KeyboardInterrupt:
        print(f"\nstopped; to continue type\n  {python('mumu_lib', 'untag', *words)}")
        return STOPPED
    phrases = []
    for what, count in sorted(counts.items()):
        if what == undoing.RESTORED and not args.apply:
            what = f"to be {what}"
        phrases.append(f"{count} {what}")
    print(f"files: {', '.join(phrases) or 'none'}")
    if not args.apply and counts[undoing.RESTORED]:
        print("nothing was restored yet; to do it add  --apply")
    return int(bool(counts[undoing.EDITED] or counts[undoing.FAILED]))
