"""The store of audio features: log-CQT patches or timbre statistics of every track of a catalogue.

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
        Memory-mapped; a row for every track, also for those that cannot be used.
    index : pd.DataFrame
        A row a track: ``track_id``, ``audio``, ``status`` (ok, padded, short, silent, corrupt, missing,
        timeout, unread), ``message``, ``seconds`` of the recording, ``start`` (frame of the first patch).
    """

    unit = "track"
    task = "audio features"

    @property
    def source(self) -> str:
        """What the features are made of, in words."""
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
    """Features of every track of a catalogue; what was extracted before is kept.

    Can be killed at any moment and called again. A recording that was added or changed since is
    extracted again, the others are taken over. No recording stops the rest. Needs, until it is done,
    twice the disk of the result.

    Parameters
    ----------
    kind : {'cqt', 'timbre'}
        15-second patches of the log-CQT, or 48 timbre statistics: of the Million Song Dataset's segments where the
        catalogue names their folder (root ``msd``), else of librosa's MFCCs.
    patches : int > 0
        Patches of a track; their starts are drawn from the seed and the track's id alone.
    workers : int
        Processes; 0 is one a core. The features do not depend on it.
    method : {'fast', 'librosa'}
        As for :func:`mumu_lib.audio.log_cqt`.

    Returns
    -------
    AudioStore

    Raises
    ------
    NothingUsableError
        Not one track can be used; with the reasons.
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
    """One machine's share of :func:`extract`, which joins what all of them left in the shared folder.

    Parameters
    ----------
    part, parts : int
        This share, from 0, and how many there are.
    kind, patches, workers, seed, method
        As for :func:`extract`.

    Returns
    -------
    tracks : int
        How many this share holds.
    """
    chosen = settings(kind, patches, seed, method)
    return build.complete_part(catalogue, jobs(catalogue, chosen), chosen, AudioStore, workers, part, parts)


def kind_of(filters: str) -> str:
    """Return which features a setting of 04 is learned from: ``timbre`` or ``cqt``."""
    return "timbre" if filters == "timbre_mlp" else "cqt"


def require(catalogue: Catalogue, kind: str) -> None:
    """Stop where a catalogue has no recordings (of timbre: nor the Million Song Dataset's), as its own ``require``."""
    catalogue.require("timbre" if kind == "timbre" else "audio")


def first_sound(catalogue: Catalogue, kind: str) -> str:
    """Say what the first recording of a catalogue becomes, in two lines.

    Parameters
    ----------
    kind : {'cqt', 'timbre'}
    """
    if kind == "timbre":
        return "timbre statistics: mean, maximum, variance and l2-norm of 12 coefficients of each track"
    y = audio.load(next(catalogue.audio_path(name) for name in catalogue.tracks["audio"] if name))
    spectrogram = audio.log_cqt(y)
    seconds = len(y) / audio.SAMPLE_RATE
    frames, bins = spectrogram.shape
    loudest = int(spectrogram.mean(axis=0).argmax())
    return (
        f"{seconds:.1f} s of sound -> {frames} frames of {bins} bins\n"
        f"from {spectrogram.min():.0f} to {spectrogram.max():.0f} dB; loudest on average: bin {loudest}"
    )


def track_table(catalogue: Catalogue, store: AudioStore) -> pd.DataFrame:
    """Every usable patch with its album.

    Returns
    -------
    tracks : pd.DataFrame
        ``track_id``, ``title``, ``row`` (of :func:`flat_patches`), ``album`` (row of the album table), ``split``.
    """
    albums = catalogue.albums.reset_index(names="album")[["album_id", "album", "split"]]
    tracks = catalogue.tracks[["track_id", "album_id", "title"]].merge(albums, on="album_id")
    tracks["row"] = store.rows(tracks["track_id"])
    tracks = tracks[tracks["row"] >= 0]
    per_track = store.values.shape[1] if store.values.ndim == 4 else 1
    tracks = tracks.loc[tracks.index.repeat(per_track)]
    tracks["row"] = tracks["row"] * per_track + np.tile(np.arange(per_track), len(tracks) // per_track)
    return tracks.drop(columns="album_id").reset_index(drop=True)


def flat_patches(store: AudioStore) -> np.ndarray:
    """All patches in one row each [shape=(tracks * patches, 322, 96)], still memory-mapped."""
    return store.values.reshape(-1, *store.values.shape[2:]) if store.values.ndim == 4 else store.values


@dataclass(frozen=True)
class Settings:
    """What the features of a track depend on, besides its recording."""

    kind: str
    patches: int
    seed: int
    method: str

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one track's row."""
        if self.kind == "timbre":
            return (4 * timbre.COEFFICIENTS,)
        return self.patches, audio.PATCH_FRAMES, audio.BINS

    @property
    def name(self) -> str:
        """Name of their folder."""
        if self.kind == "timbre":
            return f"timbre-v{FORMAT}"
        return f"cqt-v{FORMAT}-{self.method}-{self.patches}x15s-seed{self.seed}"

    @property
    def dtype(self) -> type:
        """float16 holds decibels to 0.03; squared timbre coefficients would overflow it."""
        return np.float32 if self.kind == "timbre" else np.float16

    @property
    def facts(self) -> dict[str, Any]:
        """No length, no first frame."""
        return {"seconds": np.nan, "start": -1}

    def row(self, item: str, path: str, source: str) -> tuple[np.ndarray, dict[str, Any]]:
        """As :func:`features`."""
        return features(item, path, source, self)


def settings(kind: str, patches: int, seed: int, method: str) -> Settings:
    """Checked settings; timbre depends on the recording alone.

    Raises
    ------
    ParameterError
        Unknown kind or method; fewer than one patch.
    """
    for name, value, choices in (("kind", kind, KINDS), ("method", method, audio.METHODS)):
        if value not in choices:
            raise ParameterError(f"{name}={value!r} is not one of {list(choices)}{did_you_mean(value, choices)}")
    if patches < 1:
        raise ParameterError(f"patches must be at least 1, got {patches}")
    return Settings(kind, patches, seed, method) if kind == "cqt" else Settings(kind, 1, 0, "mfcc")


def jobs(catalogue: Catalogue, settings: Settings) -> pd.DataFrame:
    """What to extract.

    Returns
    -------
    jobs : pd.DataFrame
        A row a track: ``track_id``, ``audio`` (path), ``source`` (``audio`` or ``msd``) and ``fingerprint``,
        which changes with the file, the settings and the constants of the transform.
    """
    source = "msd" if settings.kind == "timbre" and "msd" in catalogue.info["roots"] else "audio"
    made = [FORMAT, audio.RECIPE, timbre.COEFFICIENTS, repr(settings)]
    return recordings(catalogue, settings, made, source)


def recordings(catalogue: Catalogue, settings: Recipe, made: list[Any], source: str = "audio") -> pd.DataFrame:
    """List the recordings of a catalogue with their fingerprints; as of :func:`jobs`.

    Parameters
    ----------
    made : list
        What features depend on besides a recording; its text is part of every fingerprint.
    source : str
        Of the column; ``msd`` means the Million Song Dataset's files in the place of recordings.
    """
    base = catalogue.folder / catalogue.info["roots"]["msd" if source == "msd" else "audio"]
    known = build.statuses(catalogue, settings)
    sure = build.statuses(catalogue, settings, noted=True)
    rows = []
    for track_id, name in catalogue.tracks[["track_id", "audio"]].itertuples(index=False):
        if source == "msd":
            # Sharded by the third to fifth letter, as published; a hand-picked few lie flat.
            sharded = f"{track_id[2:3]}/{track_id[3:4]}/{track_id[4:5]}/{track_id}.h5"
            name = sharded if os.path.isfile(base / sharded) else f"{track_id}.h5"
        path = base / name if name else None
        made_of = (made, source, track_id, name)
        if source != "msd" and path:
            rows.append((track_id, str(path), source, _fingerprint(path, made_of, known, sure)))
        else:
            rows.append((track_id, str(path or ""), source, fingerprint(path, *made_of)))
    return pd.DataFrame(rows, columns=["track_id", "audio", "source", "fingerprint"])


def _fingerprint(path: Path, made_of: tuple[Any, ...], known: dict[str, str], sure: dict[str, str]) -> str:
    """Return the fingerprint of a recording.

    It names the way that the file is read only where that has changed since 0.1, so that all other features stay valid.
    A file that has not changed since it was looked into is not opened again.
    """
    for way in ([], [contents.TO_ITS_END], [contents.BY_FFMPEG]):
        own = fingerprint(path, *made_of, *way)
        if sure.get(own, UNREAD) != UNREAD:
            return own
    found = contents.look(path)
    if found.changed:
        made_of = (*made_of, found.way)
    own = fingerprint(path, *made_of)
    if not known or known.get(own, UNREAD) != UNREAD:
        return own
    # Refused for want of ffmpeg, which is here now; or read by it before, if not on this machine.
    again = fingerprint(path, *made_of, "by ffmpeg")
    if again in known or (own in known and ffmpeg.program()):
        return again
    return own


def features(track_id: str, path: str, source: str, settings: Settings) -> tuple[np.ndarray, dict[str, Any]]:
    """Features of one track.

    Returns
    -------
    values : np.ndarray [shape=settings.shape]
    facts : dict
        ``status``, ``message``, ``seconds`` of the recording, ``start`` (frame of the first patch).

    Raises
    ------
    AudioError
        The recording cannot be used.
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
        padded = f"{path}: {facts['seconds']:.1f} s, padded to 15 s with silence"
        facts |= {"status": "padded", "message": "; ".join(filter(None, [facts["message"], padded]))}
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
        ``status`` ok, ``message`` (what is wrong with a recording that is used all the same), ``seconds``.

    Raises
    ------
    AudioError
        The recording cannot be used.
    """
    if not path:
        raise AudioError("missing", f"track {track_id}: the catalogue names no recording")
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always", audio.AudioWarning)
        y = audio.load(path, rate)
    said = [str(w.message) for w in heard if issubclass(w.category, audio.AudioWarning)]
    return y, {"status": "ok", "message": "; ".join(said), "seconds": len(y) / rate}


def patch_starts(track_id: str, frames: int, patches: int, seed: int) -> np.ndarray:
    """First frames of a track's patches, drawn independently, from the seed and the track's id alone.

    Returns
    -------
    starts : np.ndarray [shape=(patches,), int]
        Between 0 and ``frames - 322``.
    """
    own = int.from_bytes(hashlib.sha256(track_id.encode()).digest()[:8], "big")
    return np.random.default_rng([seed, own]).integers(0, frames - audio.PATCH_FRAMES + 1, patches)


def main(words: list[str] | None = None) -> int:
    """Command line: ``python -m mumu_lib.patches CATALOGUE``."""
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
    asked = vars(parser.parse_args(words))
    part = asked.pop("part")
    to_join = asked.pop("join")
    kind = asked.pop("kind")
    whole_of: Any = extract
    part_of: Any = extract_part
    join_of = resolve("mumu_lib.audio.shares:join")
    if kind in AUDIO_ENCODERS:
        # Encoders lie on a floor above, and depend on neither patches nor seed.
        whole_of = resolve("mumu_lib.encoders.store:encode")
        part_of = resolve("mumu_lib.encoders.store:encode_part")
        join_of = resolve("mumu_lib.encoders.store:join")
        del asked["patches"], asked["seed"]
    try:
        music = open_catalogue(asked.pop("catalogue"))
        if part:
            print(f"{part_of(music, *part, kind, **asked)} tracks")
        elif to_join is not None:
            print(join_of(music, to_join, kind, **asked).report().to_string())
        else:
            print(whole_of(music, kind, **asked).report().to_string())
    except MumuError as error:
        print(error, file=sys.stderr)
        return 1
    return 0
