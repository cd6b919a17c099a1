"""Processing before and after an engine: resampling, trimming, level, padding."""

import math

import numpy as np

from aec.audio import resample
from aec.features.spec import FeatureSpec


def prepare(waveform: np.ndarray, sampling_rate: int, spec: FeatureSpec) -> np.ndarray:
    """Resample, trim and level a waveform by the spec.

    Parameters
    ----------
    waveform : np.ndarray [shape=(n,), dtype=float32]
    sampling_rate : int
        In Hz.
    spec : FeatureSpec

    Returns
    -------
    np.ndarray [shape=(m,), dtype=float32]
        At `spec.sampling_rate`.
    """
    # A single mel band far below the others would show the rounding; MFCCs, sums over all bands, do not.
    return condition(resample(waveform, sampling_rate, spec.sampling_rate, quick=spec.kind == "mfcc"), spec)


def condition(waveform: np.ndarray, spec: FeatureSpec) -> np.ndarray:
    """Trim and level a waveform [shape=(n,)] that is already at `spec.sampling_rate`."""
    if spec.trim_db is not None:
        start, end = speech_bounds(waveform, spec.trim_db)
        waveform = waveform[start:end]
    if spec.level_db is not None:
        rms = math.sqrt(float(np.mean(np.square(waveform, dtype=np.float64)))) if waveform.size else 0.0
        if rms > 0:
            waveform = waveform * np.float32(10 ** (spec.level_db / 20) / rms)
    return waveform


def speech_bounds(waveform: np.ndarray, trim_db: float, frame: int = 2048, hop: int = 512) -> tuple[int, int]:
    """Return the bounds of the samples within `trim_db` of the loudest frame.

    Parameters
    ----------
    waveform : np.ndarray [shape=(n,)]
    trim_db : float
        In dB below the RMS of the loudest frame.
    frame, hop : int
        In samples; frames are centred and padded with zeros.

    Returns
    -------
    tuple of int
        First sample, and the one after the last; (0, n) for a silent waveform.
    """
    padded = np.pad(np.square(waveform, dtype=np.float64), frame // 2)
    sums = np.concatenate([[0.0], np.cumsum(padded)])
    starts = np.arange(1 + waveform.size // hop) * hop
    power = (sums[starts + frame] - sums[starts]) / frame
    if not power.max() > 0:
        return 0, waveform.size
    loud = np.flatnonzero(power > power.max() * 10 ** (-trim_db / 10))
    return int(loud[0]) * hop, min(waveform.size, (int(loud[-1]) + 1) * hop)


def fit_frames(matrix: np.ndarray, max_frames: int | None) -> np.ndarray:
    """Cut or zero-pad a matrix [shape=(frames, coefficients)] to `max_frames` rows."""
    if max_frames is None or len(matrix) == max_frames:
        return matrix
    if len(matrix) > max_frames:
        return matrix[:max_frames]
    return np.pad(matrix, ((0, max_frames - len(matrix)), (0, 0)))
