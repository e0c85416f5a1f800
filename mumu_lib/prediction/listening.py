"""What a pretrained network hears in recordings: no catalogue, no training.

Paper: none.  Notebooks: 09_your_album.

    python -m mumu_lib listen FOLDER ...        an album a folder; a single recording will do
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from mumu_lib import audio, encoders
from mumu_lib.core import commands, formats, progress
from mumu_lib.core.arguments import Parser
from mumu_lib.core.errors import AudioError, MumuError, NothingUsableError, ParameterError, did_you_mean
from mumu_lib.core.parsing import storable
from mumu_lib.encoders import AudioEncoder, Heard
from mumu_lib.encoders.tag_genres import genre_of
from mumu_lib.experiments import AUDIO_ENCODERS
from mumu_lib.prediction import album
from mumu_lib.prediction.library import shelves
from mumu_lib.sources.collection import walk
from mumu_lib.sources.collection.report import Report

MODELS = {"msd": "msd_musicnn", "mtt": "mtt_musicnn"}
# Two minutes of a recording, spread evenly over it.
WINDOWS = 40
NOTE = (
    "The network gives its tags to every sound: speech, animals and noise get music tags too, and it cannot tell that "
    "something is no music (docs/weights-and-encoders.md)."
)


@dataclass(frozen=True)
class Listening:
    """What a network heard in an album.

    Attributes
    ----------
    name : str
        Of the folder or recording.
    encoder : str
        Name of the network.
    tracks : pd.DataFrame [shape=(recordings, tags)]
        Mean over the windows of each recording.
    windows : dict
        Recording -> :class:`mumu_lib.encoders.Heard`, window by window.
    skipped : list of (str, str)
        Recording and reason: what could not be heard.
    """

    name: str
    encoder: str
    tracks: pd.DataFrame
    windows: dict[str, Heard]
    skipped: list[tuple[str, str]]

    @property
    def album(self) -> pd.Series:
        """Mean over the recordings, highest first."""
        return self.tracks.mean().sort_values(ascending=False, kind="stable")


def listen(folder: str | Path, model: str = "msd", *, windows: int | None = WINDOWS) -> pd.DataFrame:
    """Hear an album with a network that others have trained: no catalogue, no training.

    Parameters
    ----------
    folder : path
        Of an album (with folders such as ``CD 1``), or one recording.
    model : {'msd', 'mtt'}
        ``msd``: tags of listeners, half of them genres; ``mtt``: mostly instruments and voices.
    windows : int, optional
        At most so many windows of 3 s of each recording, spread evenly; None for all.

    Returns
    -------
    tags : pd.DataFrame
        A row a tag, highest first: ``tag``, ``genre`` (MuMu's spelling where it is among MuMu's 250, else empty),
        ``album`` (mean over the recordings, between 0 and 1), then a column a recording (mean over its windows).
        ``attrs["skipped"]`` lists the recordings that could not be heard, and why; ``attrs["model"]`` names the network.

    Raises
    ------
    MissingDataError
        No such folder; the network is not here, with the command that brings it.
    NothingUsableError
        No recording that can be heard, with the reasons.
    ParameterError
        No such network.

    Examples
    --------
    >>> mumu_lib.listen("Artist/Album").head(3)  # doctest: +SKIP
         tag  genre  album  01 Blue.mp3  02 Green.mp3
    0   jazz   Jazz   0.61         0.70          0.52
    """
    return as_table(hear(folder, model, windows=windows))


def as_table(heard: Listening) -> pd.DataFrame:
    """Return what :func:`listen` returns."""
    tags = heard.album
    table = pd.DataFrame({"tag": tags.index, "genre": list(map(genre_of, tags.index)), "album": tags.to_numpy()})
    recordings = heard.tracks[tags.index].T.reset_index(drop=True)
    table = pd.concat([table, recordings], axis=1)
    table.attrs["skipped"] = [{"file": file, "reason": reason} for file, reason in heard.skipped]
    table.attrs["model"] = heard.encoder
    return table


def hear(folder: str | Path, model: str = "msd", *, windows: int | None = WINDOWS) -> Listening:
    """Hear an album, as :func:`listen`, with every window."""
    if windows is not None and windows < 1:
        raise ParameterError(f"windows={windows!r} must be 1 or more, or None for all")
    base, files, skipped = _recordings(Path(folder).expanduser())
    encoder = open_encoder(model)
    heard: dict[str, Heard] = {}
    for file in progress.bar(files, f"listening to {base.name}", unit="recording"):
        name = file.relative_to(base).as_posix()
        try:
            heard[name] = encoder.encode(audio.load(file, rate=encoder.rate), windows)
        except AudioError as error:
            skipped.append((name, str(error).removeprefix(f"{file}: ")))
    if not heard:
        reasons = "".join(f"\n  {file}: {reason}" for file, reason in skipped)
        raise NothingUsableError(f"{folder}: no recording that can be heard{reasons}")
    means = [found.scores.mean(axis=0) for found in heard.values()]
    tracks = pd.DataFrame(np.array(means), index=list(heard), columns=list(encoder.tags))
    return Listening(Path(folder).name or str(folder), encoder.about.name, tracks, heard, skipped)


def _recordings(path: Path) -> tuple[Path, list[Path], list[tuple[str, str]]]:
    """Return a folder, the recordings in it, and what was left out; of a single recording, the folder that holds it."""
    if path.is_file():
        return path.parent, [path], []
    found = album.read_album(path)
    if not found.audio:
        raise NothingUsableError(f"{path}: no recording in it ({', '.join(formats.SOUND)})")
    # Texts and covers are of no concern here.
    return path, found.audio, [(file, reason) for file, reason in found.skipped if walk.is_sound(file)]


def open_encoder(model: str) -> AudioEncoder:
    """Open the network of a model's name; errors as of :func:`listen`."""
    name = MODELS.get(model, model)
    if name not in AUDIO_ENCODERS:
        known = [*MODELS, *AUDIO_ENCODERS]
        raise ParameterError(f"model={model!r} is not one of {known}{did_you_mean(model, known)}")
    encoder = encoders.make(name)
    if not getattr(encoder, "tags", ()):
        raise ParameterError(f"model={model!r} has no tags; use one of {list(MODELS)}")
    return encoder  # type: ignore[return-value]


def said(heard: Listening, *, top: int = 10) -> str:
    """Say in words what was heard: the first tags of the album, three of each recording, and what was left out.

    Parameters
    ----------
    top : int
        Tags of the album.
    """
    lines = [f"{heard.name}, by {heard.encoder}: recordings heard {len(heard.tracks)}, left out {len(heard.skipped)}"]
    lines.append(f"  {'tag':<20} {'score':>5}  among MuMu's genres")
    for tag, score in heard.album.head(top).items():
        lines.append(f"  {tag:<20} {score:>5.2f}  {genre_of(str(tag))}".rstrip())
    if len(heard.tracks) > 1 or heard.skipped:
        lines.append("  by recording:")
        for name, scores in heard.tracks.iterrows():
            first = scores.sort_values(ascending=False, kind="stable").head(3)
            lines.append(f"    {name}: {', '.join(f'{tag} {score:.2f}' for tag, score in first.items())}")
    for file, reason in heard.skipped:
        lines.append(f"  left out: {file}: {reason}")
    return "\n".join(lines)


def _note_albums(folder: Path) -> None:
    """Say so where a folder holds the folders of several albums, which were heard as one."""
    if not folder.is_dir():
        return
    # A folder beside loose recordings may be a disc that nothing else tells of.
    places = sorted({found.folder for found in shelves.find(folder, Report())} - {folder})
    if len(places) > 1:
        first = " ".join(commands.quoted(path) for path in places[:2])
        print(
            f"  {len(places)} folders of albums are in it, heard as one; for each of them:  "
            f"python -m mumu_lib listen {storable(first)}{' ...' if len(places) > 2 else ''}"
        )


def main(words: Sequence[str]) -> int:
    """Say which tags a pretrained network gives to albums."""
    parser = Parser(prog="python -m mumu_lib listen", description=main.__doc__)
    parser.add_argument("folders", nargs="+", metavar="FOLDER", help="of an album, or one recording")
    parser.add_argument(
        "--model", default="msd", help="msd (listeners' tags, half of them genres) or mtt (instruments)"
    )
    parser.add_argument("--whole", action="store_true", help="hear all of each recording, not 2 minutes spread over it")
    parser.add_argument("--top", type=int, default=10, help="tags of an album to print; 50 for all")
    asked = parser.parse_args(words)
    if asked.top < 1:
        raise ParameterError(f"--top {asked.top} is below 1; give how many tags of an album to print")
    windows = None if asked.whole else WINDOWS
    failed = 0
    for number, folder in enumerate(asked.folders):
        try:
            print(storable(said(hear(folder, asked.model, windows=windows), top=asked.top)), flush=True)
            _note_albums(Path(folder).expanduser())
        except NothingUsableError as error:
            failed += 1
            print(storable(str(error)), file=sys.stderr)
        except MumuError as error:
            # One mistyped folder of several; but without a network there is nothing to go on with.
            if not Path(folder).expanduser().exists():
                failed += 1
                print(storable(str(error)), file=sys.stderr)
                continue
            raise
        except KeyboardInterrupt:
            print(f"stopped: {number} of {len(asked.folders)} heard", file=sys.stderr)
            return 130
    if failed < len(asked.folders):
        print(NOTE)
    return min(failed, 1)
