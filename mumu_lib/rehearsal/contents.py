"""Generate the contents of the stores: patterns of an album's labels with noise, instead of audio features and covers.

Used by :mod:`mumu_lib.features.build`, so that its processes, shards and joining are rehearsed as well.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from mumu_lib import audio
from mumu_lib.audio.store import Settings
from mumu_lib.core.fingerprints import hash_of
from mumu_lib.image.store import CoverRecipe
from mumu_lib.rehearsal.tables import LABELS, labels_of, number_of

SECONDS = 30.0
TIMBRE = 48
# Decibels: mean level, and standard deviations of the patterns and of the noise.
MIDDLE = -45.0
LOUD = 4.0
NOISE = 8.0
CELLS = 4
SIZE = 500


@cache
def patterns(seed: int, kind: str, length: int) -> np.ndarray:
    """Return the pattern of each label in one kind of store [shape=(labels, length), float32]."""
    kinds = ("cqt", "timbre", "cover")
    rng = np.random.default_rng([seed, 7, kinds.index(kind)])
    return rng.standard_normal((LABELS, length), np.float32)


@cache
def _bank(seed: int) -> np.ndarray:
    """Return noise that is drawn once, of which :func:`noise` returns parts [shape=(n,), float32]."""
    return np.random.default_rng([seed, 8]).standard_normal(1 << 20, np.float32)


def noise(seed: int, rng: np.random.Generator, n: int) -> np.ndarray:
    """Return ``n`` consecutive numbers of the noise from a random position."""
    bank = _bank(seed)
    start = rng.integers(0, len(bank) - n)
    return bank[start : start + n]


def seen(seed: int, item: str, kind: str, length: int) -> np.ndarray:
    """Return the sum of the patterns of an album's labels, with the variance of one [shape=(length,), float32]."""
    labels = labels_of(seed, number_of(item))
    return patterns(seed, kind, length)[labels].sum(axis=0) / np.sqrt(len(labels))


def _rng(seed: int, item: str) -> np.random.Generator:
    return np.random.default_rng([seed, 9, int(item[5:])])


@dataclass(frozen=True)
class MadeSound(Settings):
    """Make up audio features; the store has the name of extracted ones."""

    made: int

    def row(self, item: str, path: str, source: str) -> tuple[np.ndarray, dict[str, Any]]:
        """Return the made-up features of a track, and their metadata."""
        facts = {"status": "ok", "message": "", "seconds": SECONDS, "start": 0}
        rng = _rng(self.made, item)
        if self.kind == "timbre":
            values = seen(self.made, item, "timbre", TIMBRE) + noise(self.made, rng, TIMBRE)
            return 10 * values, facts
        level = MIDDLE + LOUD * seen(self.made, item, "cqt", audio.BINS)
        values = noise(self.made, rng, int(np.prod(self.shape))).reshape(self.shape)
        return np.clip(level + NOISE * values, audio.FLOOR_DB, 0), facts


@dataclass(frozen=True)
class MadeCovers(CoverRecipe):
    """Make up covers; the store has the name of decoded ones."""

    made: int

    def row(self, item: str, path: str, source: str) -> tuple[np.ndarray, dict[str, Any]]:
        """Return the made-up pixels of a cover, and their metadata."""
        side = self.shape[0]
        colours = seen(self.made, item, "cover", CELLS * CELLS * 3).reshape(CELLS, CELLS, 3)
        cells = colours.repeat(side // CELLS, axis=0).repeat(side // CELLS, axis=1)
        grain = noise(self.made, _rng(self.made, item), side * side).reshape(side, side, 1)
        pixels = np.clip(128 + 40 * cells + 20 * grain, 0, 255).astype(np.uint8)
        content = hash_of(pixels.tobytes(), length=16)
        return pixels, {"status": "ok", "message": "", "width": SIZE, "height": SIZE, "content": content}
