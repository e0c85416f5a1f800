"""Load recordings and compute their log-CQT.

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
# Constants that features depend on; part of the fingerprint of stored features.
RECIPE = SAMPLE_RATE, HOP, BINS, BINS_PER_OCTAVE, FLOOR_DB, PATCH_FRAMES, MIN_SECONDS


_C1 = 440.0 * 2 ** (-45 / 12)
_WAVELET = 128
# An mp3's header includes the codec's delay, up to 0.2 s at 8 kHz, which decoders remove.
_SLACK_SECONDS = 0.5
# Energy of the mean relative to the channels: 40 dB below for channels of opposite sign, usually about 3 dB below.
_CANCELLED = 1e-4
_NEARLY_CANCELLED = 10**-1.5


class AudioWarning(UserWarning):
    """A recording has a defect but is used."""


class CancellingChannelsWarning(AudioWarning):
    """The channels of a recording nearly cancel each other, which leaves mostly their difference."""


class TruncatedAudioWarning(AudioWarning):
    """A recording is shorter than its header states; the decoded part is used."""


def load(path: str | Path, rate: int = SAMPLE_RATE) -> np.ndarray:
    """Decode a recording to mono.

    The result equals ``librosa.load(path, sr=rate)``, limited to the first ten minutes.

    Parameters
    ----------
    path : str or Path
        mp3, flac, ogg, wav and other formats that libsndfile reads; m4a, wma and others if ffmpeg is installed.
    rate : int [Hz]
        Rate of the samples returned; the recording is resampled if necessary.

    Returns
    -------
    y : np.ndarray [shape=(n,), float32]
        Mono samples.

    Raises
    ------
    AudioError
        If the recording cannot be used. Its ``reason`` is ``missing``, ``corrupt`` (not audio, not finite, or damaged
        within the first 3 s), ``short`` (under 3 s), ``silent`` (never above -80 dB of full scale, or channels that
        cancel each other), ``unread`` (needs ffmpeg, which is not installed) or ``timeout``.

    Warns
    -----
    TruncatedAudioWarning
        If the file is shorter than its header states, or damaged, and 3 s or more can be decoded.
    CancellingChannelsWarning
        If the mean of the channels is 15 dB or more below them.

    Examples
    --------
    >>> load("01 So What.flac").shape  # doctest: +SKIP
    (661500,)
    """
    path = Path(path)
    if not os.path.isfile(path):
        raise AudioError("missing", f"{path}: no such file")
    # soundfile cannot open headerless files without rate and channels.
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
    """Describe how a recording is damaged; empty for an intact one."""
    if min(decoded.promised, MAX_SECONDS) - seconds > _SLACK_SECONDS:
        return f"breaks off after {seconds:.1f} of {decoded.promised:.1f} s"
    if decoded.fault:
        return f"is read to {seconds:.1f} s: {decoded.fault}"
    return ""


def _check_level(path: Path, decoded: decoding.Decoded) -> None:
    """Refuse samples that are not finite, and silence; warn if channels nearly cancel."""
    peak = float(np.abs(decoded.y).max())
    if not np.isfinite(peak):
        raise AudioError("corrupt", f"{path}: has samples that are not finite")
    energy_of_mean = float(np.vdot(decoded.y, decoded.y))
    if energy_of_mean < _NEARLY_CANCELLED * decoded.energy:
        _report_cancelling(path, energy_of_mean / decoded.energy)
    if peak <= 10 ** (FLOOR_DB / 20):
        raise AudioError("silent", f"{path}: nothing above {FLOOR_DB:.0f} dB of full scale")


def _report_cancelling(path: Path, share: float) -> None:
    """Refuse a recording whose channels cancel, warn if they nearly do; both messages name a command that helps."""
    left = shlex.quote(str(path.with_name(f"{path.stem} left.flac")))
    hint = f"keep one of them: ffmpeg -i {shlex.quote(str(path))} -af 'pan=mono|c0=c0' {left}"
    if share < _CANCELLED:
        raise AudioError("silent", f"{path}: its channels cancel each other, their mean is silent; {hint}")
    message = f"{path}: its channels nearly cancel each other, their mean is {-10 * np.log10(share):.0f} dB below them; {hint}"
    warnings.warn(message, CancellingChannelsWarning, stacklevel=4)


def _resample(y: np.ndarray, rate: int, new_rate: int) -> np.ndarray:
    """Resample to a length of ``ceil(len(y) * new_rate / rate)``, as librosa does."""
    if rate == new_rate:
        return y
    length = int(np.ceil(len(y) * new_rate / rate))
    out = soxr.resample(y, rate, new_rate, quality="HQ")[:length]
    return np.pad(out, (0, length - len(out)))


def log_cqt(y: np.ndarray, method: str = "fast") -> np.ndarray:
    """Compute the log-amplitude constant-Q transform of a clip (paper 5.1).

    The result equals ``power_to_db(abs(librosa.cqt(y, sr=22050, hop_length=1024, n_bins=96)) ** 2, ref=max)``. The fast
    method builds the wavelets once and computes a strided matrix product per octave, on a signal that soxr downsamples
    by 2 from one octave to the next.

    Parameters
    ----------
    y : np.ndarray [shape=(n,), float32]
        Mono samples at 22,050 Hz.
    method : {'fast', 'librosa'}

    Returns
    -------
    spectrogram : np.ndarray [shape=(1 + n // 1024, 96), float32, dB]
        Time first; relative to the clip's maximum, at least -80. Digital silence gives 0 everywhere, as in librosa.

    Raises
    ------
    ParameterError
        If the method is unknown, or ``y`` is empty or has more than one channel.

    Examples
    --------
    >>> a4 = np.sin(2 * np.pi * 440 * np.arange(SAMPLE_RATE) / SAMPLE_RATE).astype(np.float32)
    >>> spectrogram = log_cqt(a4)
    >>> spectrogram.shape
    (22, 96)
    >>> spectrogram.mean(axis=0).argmax()  # 45 semitones above C1
    np.int64(45)
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
    """Compute the power of all frames and bins, one octave at a time from the highest [shape=(frames, 96)]."""
    kernels = _wavelets()
    frames = 1 + len(y) // HOP
    power = np.empty((frames, BINS), np.float32)
    for octave in range(BINS // BINS_PER_OCTAVE):
        if octave:
            # Scale after each step and in double precision, exactly as librosa does: soxr rounds to single precision
            # internally, and any other order differs by up to 0.03 dB in quiet bins.
            y = soxr.resample(y, 2, 1, quality="HQ")
            y /= np.sqrt(0.5)
        response = _windows(y, HOP >> octave, frames) @ kernels
        top = BINS - octave * BINS_PER_OCTAVE
        response *= response
        real, imaginary = np.split(response, 2, axis=1)
        np.add(real, imaginary, out=power[:, top - BINS_PER_OCTAVE : top])
    return power


def _windows(y: np.ndarray, hop: int, frames: int) -> np.ndarray:
    """Return the samples around each frame's centre [shape=(frames, 128)], padded with zeros."""
    padded = np.empty((frames - 1) * hop + _WAVELET, np.float32)
    before = _WAVELET // 2
    end = min(before + len(y), len(padded))
    padded[:before] = 0
    padded[before:end] = y[: end - before]
    padded[end:] = 0
    rows = np.lib.stride_tricks.sliding_window_view(padded, _WAVELET)[::hop]
    if hop < _WAVELET:
        # numpy does not use BLAS for overlapping rows.
        return rows.copy()
    return rows


def _decibels(power: np.ndarray) -> np.ndarray:
    """Convert power to decibels relative to its maximum, at least -80."""
    least = 1e-10  # librosa's amin
    peak = max(power.max(), least)
    # numpy vectorises only the natural logarithm.
    level = np.log(np.maximum(power, least) / peak) * np.float32(10 / np.log(10))
    return np.maximum(level, np.float32(FLOOR_DB))


@lru_cache(maxsize=1)
def _wavelets() -> np.ndarray:
    """Return the kernels of an octave for one frame, real parts then imaginary parts [shape=(128, 24), float32].

    librosa multiplies spectra with a sparse basis; summed over frequency this is one product with a fixed kernel in time,
    the same for every octave. Values are rounded where librosa rounds: a basis that differs by 1e-7 changes quiet bins
    next to loud ones by up to 0.01 dB. librosa's own functions are not called because numba compiles them for seconds in
    every process.
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
    """Do the same as ``librosa.util.sparsify_rows``, but return a dense array."""
    magnitude = np.abs(spectrum)
    ascending = np.sort(magnitude, axis=1)
    cumulative = np.cumsum(ascending / magnitude.sum(axis=1, keepdims=True), axis=1)
    threshold = np.take_along_axis(ascending, np.argmin(cumulative < share, axis=1)[:, None], axis=1)
    return np.where(magnitude >= threshold, spectrum, 0)
