"""Change of sampling rate, sample for sample as librosa does it."""

import math

import numpy as np
import soxr


def resample(waveform: np.ndarray, sampling_rate: int, target: int) -> np.ndarray:
    """Resample with soxr's HQ filter.

    Parameters
    ----------
    waveform : np.ndarray [shape=(n,), dtype=float32]
    sampling_rate, target : int
        In Hz.

    Returns
    -------
    np.ndarray [shape=(ceil(n * target / sampling_rate),), dtype=float32]
        Padded or cut by a sample to that length, as librosa does: without it a few clips would gain or lose a frame.
    """
    if sampling_rate == target:
        return waveform
    length = math.ceil(waveform.size * target / sampling_rate)
    result = soxr.resample(waveform, sampling_rate, target, quality="HQ")
    if result.size < length:
        result = np.pad(result, (0, length - result.size))
    return np.asarray(result[:length], dtype=np.float32)
