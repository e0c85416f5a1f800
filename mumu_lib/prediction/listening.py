"""Tag recordings with a pretrained network: no catalogue, no training.

Paper: none.  Notebooks: 09_your_album.

    python -m mumu_lib listen FOLDER ...        one album per folder, or a single recording
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
# Two minutes of each recording, spread evenly over it.
WINDOWS = 40
NOTE = (
    "The network tags every sound, also speech, animals and noise; it cannot recognise that something is not music "
    "(docs/weights-and-encoders.md)."
)


@dataclass(frozen=True)
class Listening:
    """Tags of an album by a pretrained network.

    Attributes
    ----------
    name : str
        Of the folder or recording.
    encoder : str
        Name of the network.
    tracks : pd.DataFrame [shape=(recordings, tags)]
        Mean scores over the windows of each recording.
    windows : dict
        Recording -> :class:`mumu_lib.encoders.Heard` with the scores of each window.
    skipped : list of (str, str)
        Recording that could not be decoded, and reason.
    """

    name: str
    encoder: str
    tracks: pd.DataFrame
    windows: dict[str, Heard]
    skipped: list[tuple[str, str]]

    @property
    def album(self) -> pd.Series:
        """Mean scores over the recordings, highest first."""
        return self.tracks.mean().sort_values(ascending=False, kind="stable")


def listen(folder: str | Path, model: str = "msd", *, windows: int | None = WINDOWS) -> pd.DataFrame:
    """Tag an album with a pretrained network: no catalogue, no training.

    Parameters
    ----------
    folder : path
        Of an album (with folders such as ``CD 1``), or one recording.
    model : {'msd', 'mtt'}
        ``msd``: tags of listeners, half of them genres; ``mtt``: mostly instruments and voices.
    windows : int, optional
        Largest number of windows of 3 s per recording, spread evenly; None for all.

    Returns
    -------
    tags : pd.DataFrame
        One row per tag, highest score first: ``tag``, ``genre`` (MuMu's spelling if it is one of MuMu's 250, else
        empty), ``album`` (mean over the recordings, between 0 and 1), then one column per recording (mean over its
        windows). ``attrs["skipped"]`` lists the recordings that could not be decoded, with reasons; ``attrs["model"]``
        names the network.

    Raises
    ------
    MissingDataError
        The folder does not exist; the network is not installed.
    NothingUsableError
        No recording can be decoded.
    ParameterError
        The network is unknown.

    Examples
    --------
    >>> mumu_lib.listen("Artist/Album").head(3)  # doctest: +SKIP
         tag  genre  album  01 Blue.mp3  02 Green.mp3
    0   jazz   Jazz   0.61         0.70          0.52
    """
    return as_table(hear(folder, model, windows=windows))


def as_table(listening: Listening) -> pd.DataFrame:
    """Return the table of :func:`listen`.

    Examples
    --------
    >>> tracks = pd.DataFrame({"jazz": [0.75], "sad": [0.25]}, index=["01.mp3"])
    >>> as_table(Listening("Album", "msd_musicnn", tracks, {}, [])).values.tolist()
    [['jazz', 'Jazz', 0.75, 0.75], ['sad', '', 0.25, 0.25]]
    """
    tags = listening.album
    table = pd.DataFrame({"tag": tags.index, "genre": tags.index.map(genre_of), "album": tags.to_numpy()})
    recordings = listening.tracks[tags.index].T.reset_index(drop=True)
    table = pd.concat([table, recordings], axis=1)
    table.attrs["skipped"] = [{"file": file, "reason": reason} for file, reason in listening.skipped]
    table.attrs["model"] = listening.encoder
    return table


def hear(folder: str | Path, model: str = "msd", *, windows: int | None = WINDOWS) -> Listening:
    """Tag an album as :func:`listen`; also return the scores of each window."""
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
        raise NothingUsableError(f"{folder}: no recording can be decoded{album.reasons_of(skipped)}")
    means = [recording.scores.mean(axis=0) for recording in heard.values()]
    tracks = pd.DataFrame(np.array(means), index=list(heard), columns=list(encoder.tags))
    return Listening(Path(folder).name or str(folder), encoder.about.name, tracks, heard, skipped)


def _recordings(path: Path) -> tuple[Path, list[Path], list[tuple[str, str]]]:
    """Return folder, recordings, and skipped ones with reasons; for a single recording, its folder and itself."""
    if path.is_file():
        return path.parent, [path], []
    files = album.read_album(path)
    if not files.audio:
        raise NothingUsableError(f"{path}: no recording in it ({', '.join(formats.SOUND)})")
    skipped = []
    for file, reason in files.skipped:
        # Skipped texts and covers do not matter here.
        if walk.is_sound(file):
            skipped.append((file, reason))
    return path, files.audio, skipped


def open_encoder(model: str) -> AudioEncoder:
    """Open a pretrained network by the name of its model or of itself; errors as in :func:`listen`."""
    name = MODELS.get(model, model)
    if name not in AUDIO_ENCODERS:
        known = [*MODELS, *AUDIO_ENCODERS]
        raise ParameterError(f"model={model!r} is not one of {known}{did_you_mean(model, known)}")
    encoder = encoders.make(name)
    if not getattr(encoder, "tags", ()):
        raise ParameterError(f"model={model!r} has no tags; use one of {list(MODELS)}")
    return encoder  # type: ignore[return-value]


def summary(listening: Listening, *, top: int = 10) -> str:
    """Return in words the first tags of the album, three of each recording, and the recordings left out.

    Parameters
    ----------
    top : int
        Number of tags of the album.

    Examples
    --------
    >>> tracks = pd.DataFrame({"jazz": [0.75], "sad": [0.25]}, index=["01.mp3"])
    >>> print(summary(Listening("Blue", "msd_musicnn", tracks, {}, []), top=1))
    Blue, by msd_musicnn: recordings heard 1, left out 0
      tag                  score  among MuMu's genres
      jazz                  0.75  Jazz
    """
    numbers = f"recordings heard {len(listening.tracks)}, left out {len(listening.skipped)}"
    lines = [f"{listening.name}, by {listening.encoder}: {numbers}"]
    lines.append(f"  {'tag':<20} {'score':>5}  among MuMu's genres")
    for tag, score in listening.album.head(top).items():
        lines.append(f"  {tag:<20} {score:>5.2f}  {genre_of(str(tag))}".rstrip())
    if len(listening.tracks) > 1 or listening.skipped:
        lines.append("  by recording:")
        for name, scores in listening.tracks.iterrows():
            first = scores.sort_values(ascending=False, kind="stable").head(3)
            tags = [f"{tag} {score:.2f}" for tag, score in first.items()]
            lines.append(f"    {name}: {', '.join(tags)}")
    for file, reason in listening.skipped:
        lines.append(f"  left out: {file}: {reason}")
    return "\n".join(lines)


def _note_albums(folder: Path) -> None:
    """Print a hint if a folder contains several albums, which were tagged as one."""
    if not folder.is_dir():
        return
    places = {shelved.folder for shelved in shelves.find(folder, Report())}
    # Recordings directly in the folder may belong to one album with a single folder in it, a disc.
    places.discard(folder)
    if len(places) > 1:
        arguments = [commands.quoted(path) for path in sorted(places)[:2]]
        if len(places) > 2:
            arguments.append("...")
        print(
            f"  {len(places)} folders of albums are in it, heard as one; for each of them:  "
            f"python -m mumu_lib listen {storable(' '.join(arguments))}"
        )


def _parser() -> Parser:
    """Return the parser of ``listen``."""
    parser = Parser(prog="python -m mumu_lib listen", description=main.__doc__)
    parser.add_argument("folders", nargs="+", metavar="FOLDER", help="of an album, or one recording")
    models = "msd (listeners' tags, half of them genres) or mtt (instruments)"
    parser.add_argument("--model", default="msd", help=models)
    parser.add_argument("--whole", action="store_true", help="use whole recordings, not 2 minutes spread over each")
    parser.add_argument("--top", type=int, default=10, help="tags of an album to print; 50 for all")
    return parser


def main(words: Sequence[str]) -> int:
    """Print the tags that a pretrained network gives to albums."""
    args = _parser().parse_args(words)
    if args.top < 1:
        raise ParameterError(f"--top {args.top} is below 1; give how many tags of an album to print")
    windows: int | None = WINDOWS
    if args.whole:
        windows = None
    failed = 0
    for number, folder in enumerate(args.folders):
        try:
            print(storable(summary(hear(folder, args.model, windows=windows), top=args.top)), flush=True)
            _note_albums(Path(folder).expanduser())
        except MumuError as error:
            # Go on after an unusable or mistyped folder, but not without a network.
            if not isinstance(error, NothingUsableError) and Path(folder).expanduser().exists():
                raise
            failed += 1
            print(storable(str(error)), file=sys.stderr)
        except KeyboardInterrupt:
            print(f"stopped: {number} of {len(args.folders)} heard", file=sys.stderr)
            return 130
    if failed < len(args.folders):
        print(NOTE)
    return min(failed, 1)
