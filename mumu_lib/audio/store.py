"""The store of audio features: log-CQT patches or timbre statistics of all tracks of a catalogue.

Paper: Section 5.1.  Notebooks: 04_audio.
"""

import hashlib
import os
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mumu_lib import audio
from mumu_lib.audio import contents, ffmpeg, timbre
from mumu_lib.audio.ffmpeg import UNREAD
from mumu_lib.catalogue import Catalogue
from mumu_lib.core.arguments import Parser, at_least
from mumu_lib.core.errors import AudioError, MumuError, ParameterError, did_you_mean
from mumu_lib.core.fingerprints import fingerprint
from mumu_lib.experiments import AUDIO_ENCODERS, resolve
from mumu_lib.features import build
from mumu_lib.features.store import Recipe, Store
from mumu_lib.sources import open_catalogue

FORMAT = 1
KINDS = ("cqt", "timbre")


class AudioStore(Store):
    """Features of a catalogue's tracks.

    Attributes
    ----------
    values : np.ndarray [shape=(tracks, patches, 322, 96), float16, dB] or [shape=(tracks, 48), float32]
        Memory-mapped; a row for every track, including unusable ones.
    index : pd.DataFrame
        A row per track: ``track_id``, ``audio``, ``status`` (ok, padded, short, silent, corrupt, missing,
        timeout, unread), ``message``, ``seconds`` of the recording, ``start`` (frame of the first patch).
    """

    unit = "track"
    task = "audio features"

    @property
    def source(self) -> str:
        """Describe the features in words."""
        if self.values.ndim == 4:
            return f"log-CQT, {self.values.shape[1]} patch(es) of 15 s a track"
        if set(self.index["source"]) == {"msd"}:
            return "timbre statistics of the Million Song Dataset's segments"
        return "timbre statistics of librosa's MFCCs: the catalogue names no Million Song Dataset files"


def extract(
    catalogue: Catalogue,
    kind: str = "cqt",
    *,
    patches: int = 1,
    workers: int = 0,
    seed: int = 0,
    method: str = "fast",
) -> AudioStore:
    """Extract the features of all tracks of a catalogue; reuse features extracted before.

    An interrupted call can be repeated. Recordings that were added or changed are extracted; the others are reused. A bad
    recording does not stop the rest. While running it needs twice the disk space of the result.

    Parameters
    ----------
    kind : {'cqt', 'timbre'}
        15-second patches of the log-CQT, or 48 timbre statistics: of the Million Song Dataset's segments if the
        catalogue names their folder (root ``msd``), else of librosa's MFCCs.
    patches : int > 0
        Patches per track; their starts depend only on the seed and the track's id.
    workers : int
        Processes; 0 is one per core. The features do not depend on it.
    method : {'fast', 'librosa'}
        As for :func:`mumu_lib.audio.log_cqt`.

    Returns
    -------
    AudioStore

    Raises
    ------
    NothingUsableError
        If no track can be used.
    """
    chosen = settings(kind, patches, seed, method)
    todo = jobs(catalogue, chosen)
    store = build.open_or_build(catalogue, todo, chosen, AudioStore, workers)
    build.note(catalogue, todo, chosen)
    return store


def extract_part(
    catalogue: Catalogue,
    part: int,
    parts: int,
    kind: str = "cqt",
    *,
    patches: int = 1,
    workers: int = 0,
    seed: int = 0,
    method: str = "fast",
) -> int:
    """Extract one machine's share of the features; afterwards :func:`extract` joins all shares.

    Parameters
    ----------
    part, parts : int
        Number of this share, from 0, and number of shares.
    kind, patches, workers, seed, method
        As for :func:`extract`.

    Returns
    -------
    tracks : int
        Number of tracks in this share.
    """
    chosen = settings(kind, patches, seed, method)
    return build.complete_part(catalogue, jobs(catalogue, chosen), chosen, AudioStore, workers, part, parts)


def kind_of(filters: str) -> str:
    """Return the kind of features for a setting of 04.

    Examples
    --------
    >>> kind_of("timbre_mlp"), kind_of("high_4x70")
    ('timbre', 'cqt')
    """
    if filters == "timbre_mlp":
        return "timbre"
    return "cqt"


def require(catalogue: Catalogue, kind: str) -> None:
    """Raise an error if a catalogue has no recordings (for timbre: nor Million Song Dataset files)."""
    if kind == "timbre":
        catalogue.require("timbre")
    else:
        catalogue.require("audio")


def first_sound(catalogue: Catalogue, kind: str) -> str:
    """Describe the log-CQT of the first recording of a catalogue in two lines.

    Parameters
    ----------
    kind : {'cqt', 'timbre'}
    """
    if kind == "timbre":
        return "timbre statistics: mean, maximum, variance and l2-norm of 12 coefficients of each track"
    names = catalogue.tracks["audio"]
    y = audio.load(catalogue.audio_path(names[names != ""].iloc[0]))
    spectrogram = audio.log_cqt(y)
    seconds = len(y) / audio.SAMPLE_RATE
    frames, bins = spectrogram.shape
    loudest = int(spectrogram.mean(axis=0).argmax())
    return (
        f"{seconds:.1f} s of sound -> {frames} frames of {bins} bins\n"
        f"from {spectrogram.min():.0f} to {spectrogram.max():.0f} dB; loudest on average: bin {loudest}"
    )


def track_table(catalogue: Catalogue, store: AudioStore) -> pd.DataFrame:
    """List all usable patches with their albums.

    Returns
    -------
    tracks : pd.DataFrame
        ``track_id``, ``title``, ``row`` (of :func:`flat_patches`), ``album`` (row of the album table), ``split``.
    """
    albums = catalogue.albums.reset_index(names="album")[["album_id", "album", "split"]]
    tracks = catalogue.tracks[["track_id", "album_id", "title"]].merge(albums, on="album_id")
    tracks["row"] = store.rows(tracks["track_id"])
    tracks = tracks[tracks["row"] >= 0]
    per_track = 1
    if store.values.ndim == 4:
        per_track = store.values.shape[1]
    tracks = tracks.loc[tracks.index.repeat(per_track)]
    tracks["row"] = tracks["row"] * per_track + np.tile(np.arange(per_track), len(tracks) // per_track)
    return tracks.drop(columns="album_id").reset_index(drop=True)


def flat_patches(store: AudioStore) -> np.ndarray:
    """Return all patches, a row each [shape=(tracks * patches, 322, 96)], still memory-mapped."""
    if store.values.ndim != 4:
        return store.values
    return store.values.reshape(-1, *store.values.shape[2:])


@dataclass(frozen=True)
class Settings:
    """Parameters of the features of a track."""

    kind: str
    patches: int
    seed: int
    method: str

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the shape of one track's row."""
        if self.kind == "timbre":
            return (4 * timbre.COEFFICIENTS,)
        return self.patches, audio.PATCH_FRAMES, audio.BINS

    @property
    def name(self) -> str:
        """Return the name of the folder."""
        if self.kind == "timbre":
            return f"timbre-v{FORMAT}"
        return f"cqt-v{FORMAT}-{self.method}-{self.patches}x15s-seed{self.seed}"

    @property
    def dtype(self) -> type:
        """Return the number type: float16 has decibels to 0.03, but squared timbre coefficients would overflow."""
        if self.kind == "timbre":
            return np.float32
        return np.float16

    @property
    def facts(self) -> dict[str, Any]:
        """Return length and first frame of a refused recording."""
        return {"seconds": np.nan, "start": -1}

    def row(self, item: str, path: str, source: str) -> tuple[np.ndarray, dict[str, Any]]:
        """Compute one row, as :func:`features`."""
        return features(item, path, source, self)


def settings(kind: str, patches: int, seed: int, method: str) -> Settings:
    """Return checked settings; timbre depends only on the recording.

    Raises
    ------
    ParameterError
        If the kind or method is unknown, or there is not at least one patch.
    """
    for name, value, choices in (("kind", kind, KINDS), ("method", method, audio.METHODS)):
        if value not in choices:
            raise ParameterError(f"{name}={value!r} is not one of {list(choices)}{did_you_mean(value, choices)}")
    if patches < 1:
        raise ParameterError(f"patches must be at least 1, got {patches}")
    if kind == "timbre":
        return Settings(kind, 1, 0, "mfcc")
    return Settings(kind, patches, seed, method)


def jobs(catalogue: Catalogue, settings: Settings) -> pd.DataFrame:
    """List the features to extract.

    Returns
    -------
    jobs : pd.DataFrame
        A row per track: ``track_id``, ``audio`` (path), ``source`` (``audio`` or ``msd``) and ``fingerprint``,
        which changes with the file, the settings and the constants of the transform.
    """
    source = "audio"
    if settings.kind == "timbre" and "msd" in catalogue.info["roots"]:
        source = "msd"
    made = [FORMAT, audio.RECIPE, timbre.COEFFICIENTS, repr(settings)]
    return recordings(catalogue, settings, made, source)


def recordings(catalogue: Catalogue, settings: Recipe, made: list[Any], source: str = "audio") -> pd.DataFrame:
    """List the recordings of a catalogue with their fingerprints, as in :func:`jobs`.

    Parameters
    ----------
    made : list
        Everything that features depend on besides a recording; its text is part of every fingerprint.
    source : str
        Value of the column ``source``; ``msd`` means Million Song Dataset files instead of recordings.
    """
    root = "audio"
    if source == "msd":
        root = "msd"
    base = catalogue.folder / catalogue.info["roots"][root]
    known = build.statuses(catalogue, settings)
    sure = build.statuses(catalogue, settings, noted=True)
    rows = []
    for track_id, name in catalogue.tracks[["track_id", "audio"]].itertuples(index=False):
        if source == "msd":
            name = _song_file(base, track_id)
        path = None
        if name:
            path = base / name
        made_of = (made, source, track_id, name)
        if source != "msd" and path:
            rows.append((track_id, str(path), source, _fingerprint(path, made_of, known, sure)))
        else:
            rows.append((track_id, str(path or ""), source, fingerprint(path, *made_of)))
    return pd.DataFrame(rows, columns=["track_id", "audio", "source", "fingerprint"])


def _song_file(base: Path, track_id: str) -> str:
    """Return the name of a Million Song Dataset file: in folders by the third to fifth letter, or directly in ``base``."""
    in_folders = f"{track_id[2:3]}/{track_id[3:4]}/{track_id[4:5]}/{track_id}.h5"
    if os.path.isfile(base / in_folders):
        return in_folders
    return f"{track_id}.h5"


def _fingerprint(path: Path, made_of: tuple[Any, ...], known: dict[str, str], sure: dict[str, str]) -> str:
    """Return the fingerprint of a recording.

    It includes the way of reading only if that has changed since 0.1; all other features stay valid. A file that has not
    changed since it was checked is not opened again.
    """
    for way in ([], [contents.TO_ITS_END], [contents.BY_FFMPEG]):
        own = fingerprint(path, *made_of, *way)
        if sure.get(own, UNREAD) != UNREAD:
            return own
    content = contents.look(path)
    if content.changed:
        made_of = (*made_of, content.way)
    own = fingerprint(path, *made_of)
    if not known or known.get(own, UNREAD) != UNREAD:
        return own
    # Refused before because ffmpeg was missing, which is installed now; or decoded by ffmpeg on another machine.
    again = fingerprint(path, *made_of, "by ffmpeg")
    if again in known or (own in known and ffmpeg.program()):
        return again
    return own


def features(track_id: str, path: str, source: str, settings: Settings) -> tuple[np.ndarray, dict[str, Any]]:
    """Compute the features of one track.

    Returns
    -------
    values : np.ndarray [shape=settings.shape]
    facts : dict
        ``status``, ``message``, ``seconds`` of the recording, ``start`` (frame of the first patch).

    Raises
    ------
    AudioError
        If the recording cannot be used.
    """
    if source == "msd" and path:
        return timbre.from_msd(path), {"status": "ok", "message": "", "seconds": np.nan, "start": 0}
    y, facts = listened(track_id, path)
    facts["start"] = 0
    if settings.kind == "timbre":
        return timbre.from_mfcc(y), facts
    spectrogram = audio.log_cqt(y, settings.method)
    missing = audio.PATCH_FRAMES - len(spectrogram)
    if missing > 0:
        message = f"{path}: {facts['seconds']:.1f} s, padded to 15 s with silence"
        if facts["message"]:
            message = f"{facts['message']}; {message}"
        facts |= {"status": "padded", "message": message}
        spectrogram = np.pad(spectrogram, ((0, missing), (0, 0)), constant_values=audio.FLOOR_DB)
    starts = patch_starts(track_id, len(spectrogram), settings.patches, settings.seed)
    facts["start"] = int(starts[0])
    return np.stack([spectrogram[s : s + audio.PATCH_FRAMES] for s in starts]), facts


def listened(track_id: str, path: str, rate: int = audio.SAMPLE_RATE) -> tuple[np.ndarray, dict[str, Any]]:
    """Decode the recording of a track.

    Returns
    -------
    y : np.ndarray [shape=(n,), float32]
        Mono samples.
    facts : dict
        ``status`` ok, ``message`` (defects of the recording), ``seconds``.

    Raises
    ------
    AudioError
        If the recording cannot be used.
    """
    if not path:
        raise AudioError("missing", f"track {track_id}: the catalogue names no recording")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", audio.AudioWarning)
        y = audio.load(path, rate)
    messages = [str(warning.message) for warning in caught if issubclass(warning.category, audio.AudioWarning)]
    return y, {"status": "ok", "message": "; ".join(messages), "seconds": len(y) / rate}


def patch_starts(track_id: str, frames: int, patches: int, seed: int) -> np.ndarray:
    """Draw the first frames of a track's patches independently; they depend only on the seed and the track's id.

    Returns
    -------
    starts : np.ndarray [shape=(patches,), int]
        Between 0 and ``frames - 322``.

    Examples
    --------
    >>> patch_starts("TRAAAAW128F429D538", frames=322, patches=2, seed=0)
    array([0, 0])
    """
    own = int.from_bytes(hashlib.sha256(track_id.encode()).digest()[:8], "big")
    return np.random.default_rng([seed, own]).integers(0, frames - audio.PATCH_FRAMES + 1, patches)


def main(words: list[str] | None = None) -> int:
    """Run the command line: ``python -m mumu_lib.patches CATALOGUE``."""
    parser = Parser(description="Extract the audio features of a catalogue; can be interrupted and repeated.")
    parser.add_argument("catalogue", help="name under data/, or path")
    parser.add_argument("--kind", choices=(*KINDS, *AUDIO_ENCODERS), default="cqt")
    parser.add_argument("--patches", type=int, default=1, help="15-second patches of a track")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=at_least(0), default=0, help="processes; 0: one a core")
    share = parser.add_mutually_exclusive_group()
    share.add_argument("--part", nargs=2, type=int, metavar=("I", "N"), help="only share I (from 0) of N, unjoined")
    share.add_argument(
        "--join", type=int, metavar="N", help="join N shares; name those that are not done, and extract nothing"
    )
    options = vars(parser.parse_args(words))
    part = options.pop("part")
    to_join = options.pop("join")
    kind = options.pop("kind")
    whole_of: Any = extract
    part_of: Any = extract_part
    join_of = resolve("mumu_lib.audio.shares:join")
    if kind in AUDIO_ENCODERS:
        # Imported by name: audio must not import encoders. They depend on neither patches nor seed.
        whole_of = resolve("mumu_lib.encoders.store:encode")
        part_of = resolve("mumu_lib.encoders.store:encode_part")
        join_of = resolve("mumu_lib.encoders.store:join")
        del options["patches"], options["seed"]
    try:
        music = open_catalogue(options.pop("catalogue"))
        if part:
            print(f"{part_of(music, *part, kind, **options)} tracks")
        elif to_join is not None:
            print(join_of(music, to_join, kind, **options).report().to_string())
        else:
            print(whole_of(music, kind, **options).report().to_string())
    except MumuError as error:
        print(error, file=sys.stderr)
        return 1
    return 0
