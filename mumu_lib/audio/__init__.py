"""From a recording to a log-CQT.

Paper: Section 5.1.  Notebooks: 04_audio.
"""

import os
import shlex
import warnings
from functools import lru_cache
from pathlib import Path

import lazy_loader
import numpy as np
import scipy.fft
import soxr

from mumu_lib.audio import decoding
from mumu_lib.core.errors import AudioError, ParameterError, did_you_mean

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__, submodules=["contents", "decoding", "ffmpeg", "mpeg", "store", "timbre"]
)


SAMPLE_RATE = 22050
HOP = 1024
BINS = 96
BINS_PER_OCTAVE = 12
FLOOR_DB = -80.0
PATCH_FRAMES = int(15 * SAMPLE_RATE / HOP)


MIN_SECONDS, MAX_SECONDS = 3.0, 600.0
METHODS = ("fast", "librosa")
# What features depend on besides a recording: those made with other values are never taken for them.
RECIPE = SAMPLE_RATE, HOP, BINS, BINS_PER_OCTAVE, FLOOR_DB, PATCH_FRAMES, MIN_SECONDS


_C1 = 440.0 * 2 ** (-45 / 12)
_WAVELET = 128
# An mp3's header counts the codec's own delay, up to 0.2 s at 8 kHz, which no decoder returns.
_SLACK_SECONDS = 0.5
# The mean of channels that are alike but for the sign is 40 dB or more below them; of usual ones it is 3 dB.
_CANCELLED = 1e-4
_NEARLY_CANCELLED = 10**-1.5


class AudioWarning(UserWarning):
    """Something is wrong with a recording that is used all the same."""


class CancellingChannelsWarning(AudioWarning):
    """The channels of a recording nearly cancel each other, so that their mean is mostly what differs."""


class TruncatedAudioWarning(AudioWarning):
    """A recording holds less than its header promises; what could be decoded is used."""


def load(path: str | Path, rate: int = SAMPLE_RATE) -> np.ndarray:
    """Decode a recording.

    Equal to ``librosa.load(path, sr=rate)``, of a recording longer than ten minutes to its first ten.

    Parameters
    ----------
    path : str or Path
        mp3, flac, ogg, wav or what else libsndfile reads; m4a, wma and others where ffmpeg is installed.
    rate : int [Hz]
        Of the samples returned; the file's own rate is turned into it at once.

    Returns
    -------
    y : np.ndarray [shape=(n,), float32]
        Mono samples.

    Raises
    ------
    AudioError
        Names the file; its ``reason`` is ``missing``, ``corrupt`` (not audio, not finite, or damaged
        within the first 3 s), ``short`` (under 3 s), ``silent`` (never above -80 dB of full scale, or of channels
        that cancel each other), ``unread`` (needs ffmpeg, which is not installed) or ``timeout``.

    Warns
    -----
    TruncatedAudioWarning
        The file breaks off before its header says, or is damaged; of it, what decodes is returned if that is 3 s or
        more.
    CancellingChannelsWarning
        The mean of the channels is 15 dB or more below them.
    """
    path = Path(path)
    if not os.path.isfile(path):
        raise AudioError("missing", f"{path}: no such file")
    # Of such a file soundfile wants to be told rate and channels.
    if path.suffix.lower() == ".raw":
        raise AudioError("corrupt", f"{path}: samples without a header; convert it to wav or flac")
    decoded = decoding.decode(path, MAX_SECONDS)
    seconds = len(decoded.y) / decoded.rate
    broken = _broken(decoded, seconds)
    if seconds < MIN_SECONDS:
        if broken:
            raise AudioError("corrupt", f"{path}: {broken}")
        raise AudioError("short", f"{path}: {seconds:.1f} s, at least {MIN_SECONDS:.0f} s are needed")
    _check_level(path, decoded)
    if broken:
        warnings.warn(f"{path}: {broken}", TruncatedAudioWarning, stacklevel=2)
    return _resample(decoded.y, decoded.rate, rate)


def _broken(decoded: decoding.Decoded, seconds: float) -> str:
    """Say how a recording is damaged; empty for one that is whole."""
    if min(decoded.promised, MAX_SECONDS) - seconds > _SLACK_SECONDS:
        return f"breaks off after {seconds:.1f} of {decoded.promised:.1f} s"
    if decoded.fault:
        return f"is read to {seconds:.1f} s: {decoded.fault}"
    return ""


def _check_level(path: Path, decoded: decoding.Decoded) -> None:
    """Refuse samples that are no numbers, and silence."""
    peak = float(np.abs(decoded.y).max())
    if not np.isfinite(peak):
        raise AudioError("corrupt", f"{path}: holds samples that are not finite")
    own = float(np.vdot(decoded.y, decoded.y))
    if own < _NEARLY_CANCELLED * decoded.energy:
        _tell_of_cancelling(path, own / decoded.energy)
    if peak <= 10 ** (FLOOR_DB / 20):
        raise AudioError("silent", f"{path}: nothing above {FLOOR_DB:.0f} dB of full scale")


def _tell_of_cancelling(path: Path, share: float) -> None:
    one = shlex.quote(str(path.with_name(f"{path.stem} left.flac")))
    remedy = f"keep one of them: ffmpeg -i {shlex.quote(str(path))} -af 'pan=mono|c0=c0' {one}"
    if share < _CANCELLED:
        raise AudioError("silent", f"{path}: its channels cancel each other, their mean is silent; {remedy}")
    message = f"{path}: its channels nearly cancel each other, their mean is {-10 * np.log10(share):.0f} dB below them; {remedy}"
    warnings.warn(message, CancellingChannelsWarning, stacklevel=4)


def _resample(y: np.ndarray, rate: int, wanted: int) -> np.ndarray:
    if rate == wanted:
        return y
    length = int(np.ceil(len(y) * wanted / rate))
    out = soxr.resample(y, rate, wanted, quality="HQ")[:length]
    return np.pad(out, (0, length - len(out)))


def log_cqt(y: np.ndarray, method: str = "fast") -> np.ndarray:
    """Log-amplitude constant-Q transform of a clip (paper 5.1).

    Equal to ``power_to_db(abs(librosa.cqt(y, sr=22050, hop_length=1024, n_bins=96)) ** 2, ref=max)``.
    The fast method builds the wavelets once and is a strided matrix product per octave, on a signal
    halved by soxr from one octave to the next.

    Parameters
    ----------
    y : np.ndarray [shape=(n,), float32]
        Mono samples at 22,050 Hz.
    method : {'fast', 'librosa'}

    Returns
    -------
    spectrogram : np.ndarray [shape=(1 + n // 1024, 96), float32, dB]
        Time first; relative to the clip's maximum, at least -80. Digital silence is 0 throughout,
        as librosa has it.

    Raises
    ------
    ParameterError
        Unknown method; more than one channel, or no sample.
    """
    if method not in METHODS:
        raise ParameterError(f"method={method!r} is not one of {list(METHODS)}{did_you_mean(method, METHODS)}")
    if y.ndim != 1 or not y.size:
        raise ParameterError(f"log_cqt takes one channel of samples, got shape {y.shape}")
    y = np.ascontiguousarray(y, np.float32)
    if method == "fast":
        return _decibels(_cqt_power(y))
    import librosa

    power = np.abs(librosa.cqt(y, sr=SAMPLE_RATE, hop_length=HOP, n_bins=BINS)) ** 2
    return librosa.power_to_db(power, ref=np.max, top_db=-FLOOR_DB).T


def _cqt_power(y: np.ndarray) -> np.ndarray:
    kernels, frames = _wavelets(), 1 + len(y) // HOP
    power = np.empty((frames, BINS), np.float32)
    for octave in range(BINS // BINS_PER_OCTAVE):
        if octave:
            # Scaled at each halving and in double precision, to the last bit as librosa does: soxr rounds to
            # single precision inside, so that any other way differs by up to 0.03 dB in quiet bins.
            y = soxr.resample(y, 2, 1, quality="HQ")
            y /= np.sqrt(0.5)
        response = _windows(y, HOP >> octave, frames) @ kernels
        top = BINS - octave * BINS_PER_OCTAVE
        response *= response
        real, imaginary = np.split(response, 2, axis=1)
        np.add(real, imaginary, out=power[:, top - BINS_PER_OCTAVE : top])
    return power


def _windows(y: np.ndarray, hop: int, frames: int) -> np.ndarray:
    """Samples around each frame's centre [shape=(frames, 128)], zeros beyond the ends."""
    padded = np.empty((frames - 1) * hop + _WAVELET, np.float32)
    before = _WAVELET // 2
    end = min(before + len(y), len(padded))
    padded[:before] = 0
    padded[before:end] = y[: end - before]
    padded[end:] = 0
    rows = np.lib.stride_tricks.sliding_window_view(padded, _WAVELET)[::hop]
    if hop < _WAVELET:
        # numpy hands no overlapping rows to BLAS.
        return rows.copy()
    return rows


def _decibels(power: np.ndarray) -> np.ndarray:
    least = 1e-10  # librosa's amin
    peak = max(power.max(), least)
    # numpy vectorises the natural logarithm, not the decimal one.
    level = np.log(np.maximum(power, least) / peak) * np.float32(10 / np.log(10))
    return np.maximum(level, np.float32(FLOOR_DB))


@lru_cache(maxsize=1)
def _wavelets() -> np.ndarray:
    """Kernels of an octave for one frame, real parts then imaginary parts [shape=(128, 24), float32].

    librosa multiplies spectra with a thinned-out basis; summed over frequency that is one product with
    a fixed kernel in time, and the same for every octave. Rounded where librosa rounds: a basis that
    differs by 1e-7 differs by up to 0.01 dB in quiet bins beside loud ones. librosa's own builders
    are not called because numba compiles them for seconds in every process.
    """
    freqs = _C1 * 2.0 ** (np.arange(BINS - BINS_PER_OCTAVE, BINS) / BINS_PER_OCTAVE)
    ratio = 2.0 ** (2 / BINS_PER_OCTAVE)
    lengths = (ratio + 1) / (ratio - 1) * SAMPLE_RATE / freqs
    basis = np.zeros((BINS_PER_OCTAVE, _WAVELET), np.complex64)
    for row, freq, length in zip(basis, freqs, lengths, strict=True):
        times = np.arange(-length // 2, length // 2)
        hann = 0.5 - 0.5 * np.cos(2 * np.pi / len(times) * np.arange(len(times)))
        wavelet = np.exp(2j * np.pi * freq / SAMPLE_RATE * times) * hann
        start = (_WAVELET - len(times)) // 2
        row[start : start + len(times)] = wavelet / np.abs(wavelet).sum()
    basis *= lengths[:, None] / _WAVELET
    thinned = _drop_weakest(scipy.fft.fft(basis)[:, : _WAVELET // 2 + 1])
    response = np.fft.fft(thinned.astype(complex), n=_WAVELET) / np.sqrt(lengths)[:, None]
    return np.concatenate([response.real, response.imag]).T.astype(np.float32, order="C")


def _drop_weakest(spectrum: np.ndarray, share: float = 0.01) -> np.ndarray:
    """``librosa.util.sparsify_rows``, dense."""
    magnitude = np.abs(spectrum)
    ascending = np.sort(magnitude, axis=1)
    cumulative = np.cumsum(ascending / magnitude.sum(axis=1, keepdims=True), axis=1)
    threshold = np.take_along_axis(ascending, np.argmin(cumulative < share, axis=1)[:, None], axis=1)
    return np.where(magnitude >= threshold, spectrum, 0)
