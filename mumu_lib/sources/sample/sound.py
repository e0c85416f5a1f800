"""What the sample's albums sound like: short band arrangements from wavetables and noise bursts.

Rhythm, harmony and timbre of a track are drawn one by one from the styles that its album shows to
the ear, so that no single descriptor gives a genre away.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
import scipy.signal

from mumu_lib.sources.sample.styles import NAMES

BARS, STEPS, CYCLE = 4, 16, 2048

# Kick, snare and hat on the sixteenths of a bar.
DRUMS = {
    "rock": ("x.......x.x.....", "....x.......x...", "x.x.x.x.x.x.x.x."),
    "ballad": ("x.........x.....", "........x.......", "x...x...x...x..."),
    "four": ("x...x...x...x...", "....x.......x...", "..x...x...x...x."),
    "machine": ("x...x...x...x..x", "............x..x", "x.xxx.xxx.xxx.xx"),
    "swing": ("x...............", "............x...", "x...x.x.x...x.x."),
    "shuffle": ("x.......x.......", "....x.......x...", "x.x.x.x.x.x.x.x."),
    "punk": ("x.x...x.x.x...x.", "....x.......x...", "x.x.x.x.x.x.x.x."),
    "blast": ("xxxxxxxxxxxxxxxx", "..x...x...x...x.", "x...x...x...x..."),
    "break": ("x..x......x..x..", "....x..x.x..x...", "x.x.x.x.xxx.x.x."),
    "one drop": ("........x.......", "........x.......", "x.x.x.x.x.x.x.xx"),
    "dembow": ("x...x...x...x...", "...x..x....x..x.", "x.x.x.x.x.x.x.x."),
    "train": ("x...x...x...x...", "..x...x...x...x.", "xxxxxxxxxxxxxxxx"),
    "none": ("." * 16, "." * 16, "." * 16),
}
SCALES = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "blues": (0, 3, 5, 6, 7, 10, 11),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
}
COMPING = {
    "held": "x...............",
    "halves": "x.......x.......",
    "strum": "x...x.x...x.x.x.",
    "offbeat": "..x...x...x...x.",
    "chug": "x.xxx.xxx.xxx.xx",
    "charleston": "x.....x.........",
    "arpeggio": "x.x.x.x.x.x.x.x.",
}
BASS = {
    "root": "x.......x.......",
    "eighths": "x.x.x.x.x.x.x.x.",
    "walk": "x...x...x...x...",
    "octaves": "..x...x...x...x.",
    "deep": "x..x..x.........",
    "none": "................",
}
# voice: (roll-off of the harmonics, odd ones only, attack s, decay 1/s, how fast it dulls 1/s, vibrato)
VOICES = {
    "piano": (1.5, False, 0.004, 2.0, 4.0, 0.0),
    "organ": (1.0, True, 0.02, 0.1, 0.0, 0.002),
    "strings": (1.1, False, 0.12, 0.3, 0.0, 0.004),
    "guitar": (1.2, False, 0.003, 2.5, 6.0, 0.0),
    "fuzz": (0.7, False, 0.004, 0.6, 0.5, 0.0),
    "banjo": (0.7, False, 0.002, 7.0, 9.0, 0.0),
    "brass": (0.8, False, 0.05, 0.4, 0.0, 0.003),
    "reed": (0.9, True, 0.03, 0.5, 0.0, 0.005),
    "flute": (2.6, False, 0.06, 0.3, 0.0, 0.006),
    "singer": (1.3, False, 0.07, 0.3, 0.0, 0.009),
    "saw": (0.9, False, 0.01, 0.8, 1.5, 0.0),
    "square": (0.9, True, 0.005, 1.0, 1.0, 0.0),
    "pad": (1.7, False, 0.4, 0.1, 0.0, 0.002),
}
# tempo, swing, drums | scale, chords, comping, bass, melody notes a bar, octave | lead, comp, drive, echo, hiss
# Styles on one line sound alike; their words tell them apart.
TABLE = """
Vocal Pop, Adult Contemporary: 92 0 ballad | major 1564 held root 4 5 | singer piano 0 .1 0
Traditional Pop, Vocal Jazz: 84 .3 swing | major 1625 halves walk 3 5 | singer strings 0 .1 .4
Dance Pop: 122 0 four | minor 6415 offbeat octaves 5 5 | singer saw .1 .2 0
Blues Rock, Chicago Blues: 104 .6 shuffle | blues 1145 strum walk 5 4 | guitar organ .5 .1 .3
Folk Rock: 110 0 rock | mixolydian 1745 strum root 4 4 | singer guitar .1 .1 .1
Progressive Rock: 98 0 break | dorian 1374 arpeggio eighths 6 4 | saw organ .4 .4 .1
Indie & Lo-Fi: 116 0 rock | major 1465 strum eighths 3 4 | singer guitar .3 .2 .8
Hardcore & Punk: 178 0 punk | major 1454 chug eighths 3 4 | singer fuzz .9 0 .3
New Wave: 132 0 four | minor 1637 offbeat eighths 4 5 | square pad .1 .4 .1
Death Metal: 196 0 blast | phrygian 1212 chug eighths 2 2 | fuzz fuzz 1 0 .3
Thrash & Speed Metal: 184 0 punk | minor 1612 chug eighths 4 3 | fuzz fuzz .9 0 .2
Bebop: 208 .6 swing | dorian 2516 charleston walk 10 5 | reed piano 0 0 .3
Big Band: 152 .6 swing | major 1625 charleston walk 5 5 | brass brass .1 .1 .5
Bluegrass: 138 0 train | major 1451 strum root 10 5 | banjo guitar 0 0 .2
East Coast: 90 .2 break | minor 1161 halves deep 2 4 | piano strings .2 0 .5
Soul: 98 .2 ballad | mixolydian 1426 strum deep 4 4 | singer organ .1 .1 .2
House: 124 0 four | minor 1111 offbeat octaves 3 5 | saw organ .1 .2 0
Techno: 132 0 machine | phrygian 1111 chug eighths 6 3 | square saw .4 .4 .1
Ambient: 70 0 none | major 1414 held none 1 5 | pad pad 0 .8 .3
Dancehall: 96 0 dembow | minor 1717 offbeat deep 4 5 | singer square .1 .3 .1
Dub: 74 .2 one drop | minor 1414 offbeat deep 2 4 | reed organ .1 .9 .3
Celtic: 124 .1 train | mixolydian 1717 arpeggio none 10 6 | flute guitar 0 .2 .1
Contemporary Folk: 88 0 none | mixolydian 1745 arpeggio root 4 4 | singer guitar 0 .1 .3
Chamber Music: 76 0 none | major 1452 arpeggio root 6 5 | strings strings 0 .4 .1
"""


class Rhythm(NamedTuple):
    """Tempo in beats a minute, lateness of the off-beats in sixteenths, drum pattern."""

    tempo: float
    swing: float
    drums: str


class Harmony(NamedTuple):
    """Scale, a chord a bar as scale degrees, patterns of comping and bass, melody notes a bar, melody octave."""

    scale: str
    chords: str
    comping: str
    bass: str
    notes: float
    octave: float


class Timbre(NamedTuple):
    """Voices of melody and comping, distortion, echo and hiss in [0, 1]."""

    lead: str
    comp: str
    drive: float
    echo: float
    hiss: float


def _parse(row: type, text: str) -> NamedTuple:
    # "one drop" is the only value of two words.
    values = text.replace("one drop", "one_drop").split()
    numeric = [value.replace("_", " ") if kind is str else float(value) for value, kind in zip(values, row.__annotations__.values(), strict=True)]
    return row(*numeric)


def _read(table: str) -> dict[str, tuple[Rhythm, Harmony, Timbre]]:
    sounds = {}
    for line in table.strip().splitlines():
        names, parts = line.split(":")
        read = tuple(_parse(row, part) for row, part in zip((Rhythm, Harmony, Timbre), parts.split("|"), strict=True))
        sounds |= dict.fromkeys(names.split(", "), read)
    return sounds


SOUNDS = _read(TABLE)


def render(seen: np.ndarray, seconds: float, rate: int, rng: np.random.Generator) -> np.ndarray:
    """One track.

    Parameters
    ----------
    seen : np.ndarray [shape=(styles,)]
        What the ear gets of the album's mixture (``styles.view``).
    seconds : float > 0 [s]
    rate : int > 0 [Hz]

    Returns
    -------
    y : np.ndarray [shape=(n,), float32]
        Mono, peak between 0.3 and 0.95.
    """
    rhythm, harmony, timbre = (SOUNDS[NAMES[i]][part] for part, i in enumerate(rng.choice(len(NAMES), 3, p=seen)))
    tempo = rhythm.tempo * rng.uniform(0.88, 1.13)
    beat = 60 / tempo
    grid = (np.arange(BARS * STEPS) + rhythm.swing * (np.arange(BARS * STEPS) % 4 == 2) * 0.66) * beat / 4
    loop = np.zeros(int(BARS * 4 * beat * rate), np.float32)
    levels = rng.uniform((0.5, 0.5, 0.5, 0.3), (1.0, 1.0, 1.0, 1.1))
    _drums(loop, rhythm.drums, grid, rate, 0.5 * levels[0], rng)
    key = 36 + int(rng.integers(12))
    _bass(loop, harmony, key, grid, rate, 0.5 * levels[1])
    _comping(loop, harmony, timbre, key, grid, rate, 0.22 * levels[2])
    melody = np.zeros(2 * len(loop), np.float32)
    _melody(melody, harmony, timbre, key, grid, rate, 0.4 * levels[3], rng)
    y = np.resize(loop, len(melody)) + melody
    return _master(y, timbre, int(seconds * rate), beat, rate, rng)


@cache
def _cycle(slope: float, odd: bool, partials: int) -> np.ndarray:
    """One period of a waveform of so many harmonics, ``k ** -slope`` strong."""
    k = np.arange(1, partials + 1)
    spectrum = np.zeros(CYCLE // 2 + 1, complex)
    # Fixed scattered phases: without them all harmonics peak together.
    spectrum[k] = np.where(k % 2 == 1, 1.0, 0.15 if odd else 1.0) * k**-slope * np.exp(2.4j * k * k)
    wave = np.fft.irfft(spectrum)
    return (wave / np.abs(wave).max()).astype(np.float32)


def _tone(voice: str, pitch: float, seconds: float, rate: int) -> np.ndarray:
    """One note of a voice; ``pitch`` in semitones as in MIDI."""
    slope, odd, attack, decay, dulling, vibrato = VOICES[voice]
    frequency = 440 * 2 ** ((pitch - 69) / 12)
    partials = int(np.clip(0.45 * rate / frequency, 1, 40))
    t = np.arange(int((seconds + 0.05) * rate), dtype=np.float32) / rate
    phase = t * frequency
    if vibrato:
        phase += vibrato * frequency / 34 * np.sin(34 * t)
    index = (phase * CYCLE).astype(np.int32) & (CYCLE - 1)
    y = _cycle(slope, odd, partials)[index]
    if dulling:
        dull = _cycle(slope + 1.5, odd, partials)[index]
        y = dull + (y - dull) * np.exp(-dulling * t)
    return y * np.minimum(t / attack, 1) * np.exp(-decay * t) * np.clip((t[-1] - t) / 0.05, 0, 1)


def _place(buffer: np.ndarray, sound: np.ndarray, start: float, rate: int) -> None:
    """Add a sound to a loop; what runs over the end goes on at the beginning."""
    first = int(start * rate) % len(buffer)
    sound = sound[: len(buffer)]
    room = min(len(sound), len(buffer) - first)
    buffer[first : first + room] += sound[:room]
    buffer[: len(sound) - room] += sound[room:]


def _steps(pattern: str) -> list[int]:
    return [step for step, mark in enumerate(pattern) if mark == "x"]


def _drums(loop: np.ndarray, name: str, grid: np.ndarray, rate: int, level: float, rng: np.random.Generator) -> None:
    t = np.arange(int(0.25 * rate), dtype=np.float32) / rate
    noise = rng.standard_normal(len(t), dtype=np.float32)
    low = rng.uniform(45, 65)
    kick = np.sin(2 * np.pi * (low * t + 4 * (1 - np.exp(-30 * t)))) * np.exp(-12 * t)
    snare = (0.5 * noise + 0.5 * np.sin(2 * np.pi * rng.uniform(170, 230) * t)) * np.exp(-rng.uniform(14, 24) * t)
    hat = 0.3 * np.diff(noise, prepend=np.float32(0)) * np.exp(-rng.uniform(30, 70) * t)
    for sound, pattern in zip((kick, snare, hat), DRUMS[name], strict=True):
        for bar in range(BARS):
            for step in _steps(pattern):
                _place(loop, level * rng.uniform(0.75, 1) * sound, grid[bar * STEPS + step], rate)


def _degree(scale: str, degree: int) -> int:
    """Semitones above the key of a scale degree that counts from 0 and may leave the octave."""
    octave, step = divmod(degree, 7)
    return 12 * octave + SCALES[scale][step]


def _chord(harmony: Harmony, key: int, bar: int) -> list[int]:
    root = int(harmony.chords[bar % len(harmony.chords)]) - 1
    return [key + _degree(harmony.scale, root + third) for third in (0, 2, 4)]


def _bass(loop: np.ndarray, harmony: Harmony, key: int, grid: np.ndarray, rate: int, level: float) -> None:
    length = 3 * float(grid[4]) / 4
    for bar in range(BARS):
        chord = _chord(harmony, key, bar)
        for i, step in enumerate(_steps(BASS[harmony.bass])):
            pitch = chord[i % 3] if harmony.bass == "walk" else chord[0]
            _place(loop, level * _tone("flute", pitch - 12 * (pitch > 45), length, rate), grid[bar * STEPS + step], rate)


def _comping(
    loop: np.ndarray, harmony: Harmony, timbre: Timbre, key: int, grid: np.ndarray, rate: int, level: float
) -> None:
    steps = _steps(COMPING[harmony.comping])
    length = float(grid[4]) / 4 * max(16 / len(steps), 1.5)
    for bar in range(BARS):
        chord = _chord(harmony, key + 12, bar)
        if harmony.comping == "arpeggio":
            sounds = [2 * _tone(timbre.comp, pitch, length, rate) for pitch in (*chord, chord[1])]
        else:
            # Distorted thirds only rumble: fuzz plays root and fifth.
            pitches = chord[::2] if timbre.comp == "fuzz" else chord
            sounds = [np.sum([_tone(timbre.comp, pitch, length, rate) for pitch in pitches], axis=0)]
        for i, step in enumerate(steps):
            _place(loop, level * sounds[i % len(sounds)], grid[bar * STEPS + step], rate)


def _melody(
    loop: np.ndarray,
    harmony: Harmony,
    timbre: Timbre,
    key: int,
    grid: np.ndarray,
    rate: int,
    level: float,
    rng: np.random.Generator,
) -> None:
    """A walk along the scale that starts each bar on a note of its chord."""
    for bar in range(2 * BARS):
        count = int(np.clip(rng.poisson(harmony.notes), 1, 12))
        steps = np.sort(rng.choice(STEPS // 2, min(count, STEPS // 2), replace=False) * 2)
        ends = np.append(steps[1:], STEPS)
        degree = int(harmony.chords[bar % len(harmony.chords)]) - 1 + 2 * int(rng.integers(3))
        for step, end in zip(steps, ends, strict=True):
            pitch = key + 12 * (harmony.octave - 3) + _degree(harmony.scale, degree)
            length = min(float(end - step), 6) * float(grid[4]) / 4
            start = grid[bar % BARS * STEPS + step] + (bar >= BARS) * len(loop) / 2 / rate
            _place(loop, level * _tone(timbre.lead, pitch, length, rate), start, rate)
            degree += int(rng.integers(-2, 3))


def _master(
    y: np.ndarray, timbre: Timbre, n: int, beat: float, rate: int, rng: np.random.Generator
) -> np.ndarray:
    """Distortion, echo, hiss and the tone of one production, cut to ``n`` samples."""
    y = y / np.abs(y).max()
    drive = float(np.clip(timbre.drive + rng.normal(0, 0.1), 0, 1))
    y = (np.tanh((1 + 12 * drive) * y) / (1 + 2 * drive)).astype(np.float32)
    delay = int(0.75 * beat * rate)
    # The loop is periodic, so a rolled copy is its echo.
    y = y + timbre.echo * (0.5 * np.roll(y, delay) + 0.25 * np.roll(y, 2 * delay))
    y = np.resize(np.roll(y, -int(rng.integers(len(y)))), n)
    y = y + 0.02 * timbre.hiss * rng.uniform(0.3, 1.5) * rng.standard_normal(n, dtype=np.float32)
    # A first-order shelf, so that no two records are equally bright.
    tilt = rng.uniform(-0.2, 0.75)
    y = scipy.signal.lfilter(np.float32([1 - tilt]), np.float32([1, -tilt]), y)
    return (rng.uniform(0.3, 0.95) * y / np.abs(y).max()).astype(np.float32)
