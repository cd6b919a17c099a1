"""The engine "fused": features in numpy and scipy alone.

The definitions are librosa's (`librosa.feature.mfcc`, `librosa.feature.melspectrogram` + `power_to_db`), so that the
reference in `aec.features.librosa_reference` and this module agree within 0.003.
"""

import functools
import math
import threading
from pathlib import Path

import numpy as np
import scipy.fft

from aec.audio import Sound, decode, scratch_buffer
from aec.features.conditioning import prepare
from aec.features.spec import FeatureSpec
from aec.features.transform import rfft

# Raise it when a change alters the numbers: stored features are then computed anew.
ALGORITHM_VERSION = 2

_AMIN = 1e-10
_TOP_DB = 80.0
_DB_PER_NEPER = np.float32(10 / math.log(10))
# Size of a transform, and frames per mel product. Smaller blocks are a little faster on one thread, but two threads
# then contend for the GIL.
_BLOCK_BYTES = 1 << 19
_BATCH = 128
# Mel bands per product; 16 neighbours leave few zeros between them.
_BANDS = 16


def extract(sound: Sound, spec: FeatureSpec) -> np.ndarray:
    """Return the feature matrix of a sound.

    Parameters
    ----------
    sound : Sound
    spec : FeatureSpec

    Returns
    -------
    np.ndarray [shape=(frames, coefficients), dtype=float32]
        Not yet cut or padded to `spec.max_frames`: see `fit_frames`.
    """
    return from_waveform(prepare(sound.waveform, sound.sampling_rate, spec), spec)


def extract_file(path: str | Path, spec: FeatureSpec) -> np.ndarray:
    """Decode a file and return its feature matrix [shape=(frames, coefficients)].

    Raises
    ------
    AudioDecodeError
        As `aec.audio.decode`.
    """
    return extract(decode(path), spec)


def from_waveform(waveform: np.ndarray, spec: FeatureSpec) -> np.ndarray:
    """Return the feature matrix of a waveform at the spec's rate.

    Parameters
    ----------
    waveform : np.ndarray [shape=(n,), dtype=float32]
    spec : FeatureSpec

    Returns
    -------
    np.ndarray [shape=(1 + n // hop_length, coefficients), dtype=float32]

    Examples
    --------
    >>> from_waveform(np.zeros(44_100, dtype=np.float32), FeatureSpec()).shape
    (87, 13)
    """
    mel = _mel_power(waveform, spec)
    _power_to_log(mel)
    if spec.kind == "logmel":
        mel *= _DB_PER_NEPER
        return mel
    return np.asarray(mel @ _cosines(spec.n_mels, spec.n_mfcc))


class Workspace:
    """Reusable buffers of one thread; fresh memory costs more than the arithmetic."""

    def __init__(self, n_fft: int) -> None:
        self.n_fft = n_fft
        self.block = max(1, _BLOCK_BYTES // (4 * n_fft))
        self.batch = self.block * max(1, _BATCH // self.block)
        bins = 1 + n_fft // 2
        self.windowed = np.empty((self.block, n_fft), dtype=np.float32)
        self.spectrum = np.empty((self.block, bins), dtype=np.complex64)
        self.squares = np.empty((self.block, bins), dtype=np.float32)
        self.power = np.empty((self.batch, bins), dtype=np.float32)


def _padded(waveform: np.ndarray, margin: int) -> np.ndarray:
    """Return a waveform with zeros at both ends, in scratch memory."""
    result = scratch_buffer("framing", waveform.size + 2 * margin)
    result[:margin] = result[margin + waveform.size :] = 0
    result[margin : margin + waveform.size] = waveform
    return result


_threads = threading.local()


def _workspace(n_fft: int) -> Workspace:
    space: Workspace | None = getattr(_threads, "workspace", None)
    if space is None or space.n_fft != n_fft:
        space = _threads.workspace = Workspace(n_fft)
    return space


def _mel_power(waveform: np.ndarray, spec: FeatureSpec) -> np.ndarray:
    space = _workspace(spec.n_fft)
    padded = _padded(waveform, spec.n_fft // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, spec.n_fft)[:: spec.hop_length]
    window = hann(spec.n_fft)
    groups = _mel_groups(spec.sampling_rate, spec.n_fft, spec.n_mels)
    mel = np.empty((len(frames), spec.n_mels), dtype=np.float32)
    for first in range(0, len(frames), space.batch):
        batch = frames[first : first + space.batch]
        power = space.power[: len(batch)]
        for start in range(0, len(batch), space.block):
            _block_power(batch[start : start + space.block], window, space, power[start : start + space.block])
        for bins, bands, weights in groups:
            np.matmul(power[:, bins], weights, out=mel[first : first + space.batch, bands])
    return mel


def spectra(frames: np.ndarray, window: np.ndarray, space: Workspace) -> np.ndarray:
    """Return the spectra of up to `space.block` frames; the next call overwrites them."""
    windowed, spectrum = space.windowed[: len(frames)], space.spectrum[: len(frames)]
    np.multiply(frames, window, out=windowed)
    rfft(windowed, spectrum)
    return spectrum


def _block_power(frames: np.ndarray, window: np.ndarray, space: Workspace, power: np.ndarray) -> None:
    spectrum, squares = spectra(frames, window, space), space.squares[: len(frames)]
    np.square(spectrum.real, out=power)
    np.square(spectrum.imag, out=squares)
    np.add(power, squares, out=power)


def _power_to_log(power: np.ndarray) -> None:
    """Take the natural logarithm in place, floored 80 dB below the maximum."""
    np.maximum(power, np.float32(_AMIN), out=power)
    np.log(power, out=power)
    np.maximum(power, power.max() - np.float32(_TOP_DB) / _DB_PER_NEPER, out=power)


@functools.lru_cache(maxsize=16)
def _cosines(n_mels: int, n_mfcc: int) -> np.ndarray:
    """Return the DCT-II from natural logarithms to MFCCs [shape=(n_mels, n_mfcc)]."""
    return _constant(cosines(n_mels, n_mfcc) * _DB_PER_NEPER)


def cosines(n_mels: int, n_mfcc: int) -> np.ndarray:
    """Return the orthonormal DCT-II from mel bands in dB to coefficients.

    Its transpose leads back, to the smooth spectrum that the coefficients hold.

    Parameters
    ----------
    n_mels, n_mfcc : int

    Returns
    -------
    np.ndarray [shape=(n_mels, n_mfcc), dtype=float64]
    """
    return np.asarray(scipy.fft.dct(np.eye(n_mels), type=2, norm="ortho", axis=1)[:, :n_mfcc])


@functools.lru_cache(maxsize=16)
def hann(n_fft: int) -> np.ndarray:
    """Return the periodic Hann window [shape=(n_fft,), dtype=float32]."""
    return _constant(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft))


@functools.lru_cache(maxsize=16)
def mel_basis(sampling_rate: int, n_fft: int, n_mels: int) -> np.ndarray:
    """Return triangular mel filters on Slaney's scale, each of unit area.

    Parameters
    ----------
    sampling_rate : int
        In Hz; the filters reach from 0 Hz to its half.
    n_fft, n_mels : int

    Returns
    -------
    np.ndarray [shape=(n_mels, 1 + n_fft // 2), dtype=float32]

    References
    ----------
    M. Slaney, Auditory Toolbox, Technical Report 1998-010, Interval Research Corporation, 1998.
    """
    bins = np.fft.rfftfreq(n_fft, 1 / sampling_rate)
    edges = mel_points(sampling_rate, n_mels)
    rising = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    return _constant(triangles * (2.0 / (edges[2:] - edges[:-2]))[:, None])


def mel_points(sampling_rate: int, n_mels: int) -> np.ndarray:
    """Return the frequencies at which mel bands begin, peak and end.

    Parameters
    ----------
    sampling_rate : int
        In Hz.
    n_mels : int

    Returns
    -------
    np.ndarray [shape=(n_mels + 2,), dtype=float64]
        In Hz: band k rises from point k to its peak at point k + 1 and falls to point k + 2.
    """
    return _mel_to_hz(np.linspace(0.0, _hz_to_mel(sampling_rate / 2), n_mels + 2))


@functools.lru_cache(maxsize=16)
def _mel_groups(sampling_rate: int, n_fft: int, n_mels: int) -> tuple[tuple[slice, slice, np.ndarray], ...]:
    """Return the mel filters in groups of neighbouring bands: (bins, bands, weights).

    Nearly all weights of the whole matrix are zero. Products this small also stay on one thread: a linear algebra
    library that spreads them over all cores takes many times as long once other work occupies a core.
    """
    basis = mel_basis(sampling_rate, n_fft, n_mels)
    groups = []
    for first in range(0, n_mels, _BANDS):
        rows = basis[first : first + _BANDS]
        touched = np.flatnonzero(rows.any(axis=0))
        bins = slice(int(touched[0]), int(touched[-1]) + 1) if touched.size else slice(0, 1)
        groups.append((bins, slice(first, first + len(rows)), _constant(rows[:, bins].T)))
    return tuple(groups)


# Slaney's mel scale: linear below 1 kHz (3 mel per 200 Hz), logarithmic above (27 mel per factor 6.4).
_KNEE_HZ, _KNEE_MEL, _LOG_STEP = 1000.0, 15.0, math.log(6.4) / 27.0


def _hz_to_mel(hz: float) -> float:
    return 3.0 * hz / 200.0 if hz < _KNEE_HZ else _KNEE_MEL + math.log(hz / _KNEE_HZ) / _LOG_STEP


def _mel_to_hz(mel: np.ndarray) -> np.ndarray:
    above = _KNEE_HZ * np.exp(_LOG_STEP * (mel - _KNEE_MEL))
    return np.where(mel < _KNEE_MEL, 200.0 * mel / 3.0, above)


def _constant(values: np.ndarray) -> np.ndarray:
    result = np.ascontiguousarray(values, dtype=np.float32)
    # Cached and shared between threads, so read-only.
    result.flags.writeable = False
    return result
