"""Synthesise the recordings of the sample: short arrangements from wavetables and noise bursts.

Rhythm, harmony and timbre of a track are drawn separately from the styles of its album; therefore a genre cannot be
recognised by a single descriptor.
"""

from functools import cache, lru_cache

import numpy as np
import scipy.signal

from mumu_lib.sources.sample.arrangements import BASS, COMPING, DRUMS, SCALES, SOUNDS, VOICES, Harmony, Timbre
from mumu_lib.sources.sample.styles import NAMES

BARS = 4
# Sixteenths per bar.
STEPS = 16
# Samples of a wavetable.
CYCLE = 2048


def render(weights: np.ndarray, seconds: float, rate: int, rng: np.random.Generator) -> np.ndarray:
    """Synthesise one track.

    Parameters
    ----------
    weights : np.ndarray [shape=(styles,)]
        Weights of the styles in the album, from ``styles.view``.
    seconds : float > 0 [s]
    rate : int > 0 [Hz]

    Returns
    -------
    y : np.ndarray [shape=(n,), float32]
        Mono, peak at most 0.8, root mean square at most 0.25.

    Examples
    --------
    >>> weights = np.full(len(NAMES), 1 / len(NAMES))
    >>> render(weights, 2.0, 8000, np.random.default_rng(0)).shape
    (16000,)
    """
    first, second, third = rng.choice(len(NAMES), 3, p=weights)
    rhythm = SOUNDS[NAMES[first]].rhythm
    harmony = SOUNDS[NAMES[second]].harmony
    timbre = SOUNDS[NAMES[third]].timbre
    tempo = rhythm.tempo * rng.uniform(0.88, 1.13)
    beat = 60 / tempo
    sixteenths = np.arange(BARS * STEPS)
    grid = (sixteenths + rhythm.swing * (sixteenths % 4 == 2) * 0.66) * beat / 4
    loop = np.zeros(int(BARS * 4 * beat * rate), np.float32)
    levels = rng.uniform(0.6, 1.0, 4)
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
    """Return one period of a waveform whose harmonic ``k`` has the amplitude ``k ** -slope``."""
    k = np.arange(1, partials + 1)
    even_level = 1.0
    if odd:
        even_level = 0.15
    spectrum = np.zeros(CYCLE // 2 + 1, complex)
    # Fixed scattered phases, since harmonics in phase would add up to a high peak.
    spectrum[k] = np.where(k % 2 == 1, 1.0, even_level) * k**-slope * np.exp(2.4j * k * k)
    wave = np.fft.irfft(spectrum)
    return (wave / np.abs(wave).max()).astype(np.float32)


@lru_cache(256)
def _tone(voice: str, pitch: float, seconds: float, rate: int) -> np.ndarray:
    """Return one note of a voice; ``pitch`` is a MIDI number."""
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
    """Add a sound to a loop; the part beyond the end continues at the beginning."""
    first = int(start * rate) % len(buffer)
    sound = sound[: len(buffer)]
    room = min(len(sound), len(buffer) - first)
    buffer[first : first + room] += sound[:room]
    buffer[: len(sound) - room] += sound[room:]


def _steps(pattern: str) -> list[int]:
    """Return the sixteenths with a mark in a pattern.

    Examples
    --------
    >>> _steps("x...x...")
    [0, 4]
    """
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
    """Return the semitones between the key and a scale degree, which counts from 0 across octaves.

    Examples
    --------
    >>> _degree("major", 4), _degree("major", 7)
    (7, 12)
    """
    octave, step = divmod(degree, 7)
    return 12 * octave + SCALES[scale][step]


def _chord(harmony: Harmony, key: int, bar: int) -> list[int]:
    """Return the MIDI numbers of the triad in a bar."""
    root = int(harmony.chords[bar % len(harmony.chords)]) - 1
    return [key + _degree(harmony.scale, root + third) for third in (0, 2, 4)]


def _bass(loop: np.ndarray, harmony: Harmony, key: int, grid: np.ndarray, rate: int, level: float) -> None:
    length = 3 * float(grid[4]) / 4
    for bar in range(BARS):
        chord = _chord(harmony, key, bar)
        for i, step in enumerate(_steps(BASS[harmony.bass])):
            pitch = chord[0]
            if harmony.bass == "walk":
                pitch = chord[i % 3]
            if pitch > 45:
                pitch -= 12
            _place(loop, level * _tone("flute", pitch, length, rate), grid[bar * STEPS + step], rate)


def _comping(
    loop: np.ndarray, harmony: Harmony, timbre: Timbre, key: int, grid: np.ndarray, rate: int, level: float
) -> None:
    steps = _steps(COMPING[harmony.comping])
    length = float(grid[4]) / 4 * max(16 / len(steps), 1.5)
    for bar in range(BARS):
        chord = _chord(harmony, key + 12, bar)
        if harmony.comping == "arpeggio":
            chord.append(chord[1])
            sounds = [2 * _tone(timbre.comp, pitch, length, rate) for pitch in chord]
        else:
            if timbre.comp == "fuzz":
                # Root and fifth, since distorted thirds sound muddy.
                chord = chord[::2]
            tones = [_tone(timbre.comp, pitch, length, rate) for pitch in chord]
            sounds = [np.sum(tones, axis=0)]
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
    """Add a random walk along the scale, which begins each bar on a note of its chord."""
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


def _master(y: np.ndarray, timbre: Timbre, n: int, beat: float, rate: int, rng: np.random.Generator) -> np.ndarray:
    """Apply distortion, echo, hiss and a tilt of the spectrum, and cut the track to ``n`` samples."""
    y = y / np.abs(y).max()
    drive = float(np.clip(timbre.drive + rng.normal(0, 0.1), 0, 1))
    y = (np.tanh((1 + 12 * drive) * y) / (1 + 2 * drive)).astype(np.float32)
    delay = int(0.75 * beat * rate)
    # The loop is periodic; a rolled copy is its echo.
    y = y + timbre.echo * (0.5 * np.roll(y, delay) + 0.25 * np.roll(y, 2 * delay))
    y = np.resize(np.roll(y, -int(rng.integers(len(y)))), n)
    y = y + 0.02 * timbre.hiss * rng.uniform(0.3, 1.5) * rng.standard_normal(n, dtype=np.float32)
    tilt = np.clip(timbre.darkness + rng.normal(0, 0.08), -0.2, 0.75)
    y = scipy.signal.lfilter(np.array([1 - tilt], np.float32), np.array([1, -tilt], np.float32), y)
    # Limit the root mean square: lossy coding doubles the peaks of distorted, nearly square waves.
    gain = min(rng.uniform(0.3, 0.8) / np.abs(y).max(), 0.25 / np.sqrt(np.mean(y**2)))
    return (gain * y).astype(np.float32)
