"""``python -m mumu_lib predict`` and ``untag``.

Paper: none.  Notebooks: none.
"""

import argparse
import time
from collections import Counter
from collections.abc import Sequence
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
EPILOG = """Without --apply --write-tags only says what it would change. With it the genres go into mp3, flac, ogg, opus, m4a,
wma, wav, aiff, ape, wv, mpc and tta files; an undo file is written first:  python -m mumu_lib untag FILE --apply"""


def _parser() -> Parser:
    parser = Parser(
        prog="python -m mumu_lib predict", description="Judge every album of a music library.", epilog=EPILOG
    )
    parser.add_argument("library", help="its folder")
    parser.add_argument("--catalogue", required=True, help="whose runs to use: name under data/, or path")
    parser.add_argument("--out", default="genres.csv", help="table to write: .csv, .jsonl or .parquet (genres.csv)")
    parser.add_argument(
        "--top", type=at_least(0), default=0, metavar="N", help="the N best genres of each album, kept or not"
    )
    parser.add_argument("--all", action="store_true", help="every genre of each album, by every modality")
    parser.add_argument("--workers", type=at_least(0), default=0, help="processes that decode; 0: one a core")
    parser.add_argument("--genres", type=Path, help="table of labels and names in tags (params/genres.csv)")
    tags = parser.add_argument_group("tags")
    tags.add_argument("--write-tags", action="store_true", help="genres that are sure, into files that have none")
    tags.add_argument("--add", action="store_true", help="... also behind the genres that files have")
    tags.add_argument("--replace", action="store_true", help="... in the place of the genres that files have")
    tags.add_argument(
        "--precision", type=float, default=0.5, metavar="P", help="... expected to be right so often (0.5)"
    )
    tags.add_argument("--apply", action="store_true", help="do it; without this it is only said")
    return parser


def predict(words: Sequence[str]) -> int:
    """Run ``python -m mumu_lib predict``; return 0, 1 where something was not done, 130 where it was stopped."""
    asked = _parser().parse_args(words)
    how = _how(asked)
    table = asked.genres or names.default()
    known = names.read(table)
    try:
        library = running.predict_library(
            asked.library, asked.out, asked.catalogue,
            wanted=Wanted(asked.all, asked.top), names=known, workers=asked.workers,
        )  # fmt: skip
        for line in known.unknown(library.known.labels, table):
            print(line)
        print(running.summary(library))
        done = not library.failed
        if asked.apply and library.known.synthetic:
            raise ParameterError(
                f"catalogue {library.known.name!r} is made up; tags are written by one of real music:  --catalogue NAME"
            )
        if how:
            done = _write_tags(library, how, asked.precision, asked.apply) and done
    except KeyboardInterrupt:
        again = python("mumu_lib", "predict", *words)
        print(f"\nstopped; what is answered is kept, and no file is half-written. To go on type\n  {again}")
        return STOPPED
    return 0 if done else 1


def _how(asked: argparse.Namespace) -> str:
    """Return what to do about the genres that files have; empty where no tags are written."""
    if not asked.write_tags:
        if asked.add or asked.replace or asked.apply:
            raise ParameterError("--add, --replace and --apply say how tags are written; add  --write-tags")
        return ""
    if not 0 <= asked.precision <= 1:
        raise ParameterError(f"--precision {asked.precision} is not between 0 and 1")
    if asked.add and asked.replace:
        raise ParameterError("--add and --replace exclude one another; give one of them")
    if asked.replace:
        return tagging.REPLACE
    return tagging.ADD if asked.add else tagging.MISSING


def _write_tags(library: Library, how: str, least: float, apply: bool) -> bool:
    """Say what changes in the tags of a library, and do it where that is asked; return whether nothing was skipped."""
    undo = UndoFile(_free_name(library.out))
    counts: Counter[str] = Counter()
    try:
        for album in progress.bar(library.albums, "tags", unit="album"):
            said = library.journal.read(album.album_id)
            if said["failed"]:
                continue
            wanted = tagging.sure_names(said["kept"], library.names, least)
            planned = tagging.plan(album, wanted, how)
            plans: list[Plan] = []
            for one in tagging.carry_out(planned, undo.add) if apply else planned:
                plans.append(one)
                counts[one.what] += 1
            lines = tagging.diff(album.album_id, plans)
            if lines:
                print(lines)
    finally:
        _say_counts(counts, undo, apply)
    return not counts[tagging.SKIPPED]


def _free_name(out: Path) -> Path:
    """Return a name for an undo file beside the table that no other has."""
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    path = out.with_name(f"{out.stem}.undo-{stamp}.jsonl")
    number = 1
    while path.exists():
        number += 1
        path = out.with_name(f"{out.stem}.undo-{stamp}-{number}.jsonl")
    return path


def _say_counts(counts: Counter[str], undo: UndoFile, apply: bool) -> None:
    words = []
    for what in (tagging.WRITE, tagging.RIGHT, tagging.HAS, tagging.NOTHING, tagging.SKIPPED):
        if counts[what]:
            said = "to be written" if what == tagging.WRITE and not apply else what
            words.append(f"{counts[what]} {said}")
    print(f"files: {', '.join(words) or 'none'}")
    if undo.lines:
        print(f"to take it back:  {python('mumu_lib', 'untag', undo.path)} --apply")
    elif not apply and counts[tagging.WRITE]:
        print("nothing was written yet; to do it add  --apply")


def untag(words: Sequence[str]) -> int:
    """Run ``python -m mumu_lib untag``; return 1 where a file was left as it is."""
    parser = Parser(
        prog="python -m mumu_lib untag", description="Restore the genres that files had before predict --write-tags."
    )
    parser.add_argument("undo", type=Path, nargs="+", help="undo files that predict --write-tags --apply has named")
    parser.add_argument("--apply", action="store_true", help="do it; without this it is only said")
    parser.add_argument("--force", action="store_true", help="also where the genre was edited since")
    asked = parser.parse_args(words)
    records = []
    # Their names tell their order; what was written last goes first.
    for path in sorted(asked.undo, key=lambda path: path.name):
        records += undoing.read(path)
    counts: Counter[str] = Counter()
    found = undoing.undo(records, apply=asked.apply, force=asked.force, check=tagging.sounds_alike)
    try:
        for one in progress.bar(found, "tags", len(records), unit="file"):
            counts[one.what] += 1
            if one.reason:
                print(f"{one.what}: {one.path}: {one.reason}")
    except KeyboardInterrupt:
        print(f"\nstopped; to go on type\n  {python('mumu_lib', 'untag', *words)}")
        return STOPPED
    words = []
    for what, count in sorted(counts.items()):
        told = f"to be {what}" if what == undoing.RESTORED and not asked.apply else what
        words.append(f"{count} {told}")
    print(f"files: {', '.join(words) or 'none'}")
    if not asked.apply and counts[undoing.RESTORED]:
        print("nothing was restored yet; to do it add  --apply")
    return int(bool(counts[undoing.EDITED] or counts[undoing.FAILED]))
