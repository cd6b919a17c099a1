"""Change of sampling rate, sample for sample as librosa does it."""

import math

import numpy as np
import soxr

from aec.audio.filter_bank import HEAD, HEAD_SOURCE, is_worthwhile, measure_filter_bank


def resample(waveform: np.ndarray, sampling_rate: int, target: int, *, quick: bool = False) -> np.ndarray:
    """Resample with soxr's HQ filter.

    Parameters
    ----------
    waveform : np.ndarray [shape=(n,), dtype=float32]
    sampling_rate, target : int
        In Hz.
    quick : bool
        Use `aec.audio.filter_bank` where it is faster: equal to soxr but for rounding, some 3e-7 of the sound.

    Returns
    -------
    np.ndarray [shape=(ceil(n * target / sampling_rate),), dtype=float32]
        Padded or cut by a sample to that length, as librosa does: without it a few clips would gain or lose a frame.
    """
    if sampling_rate == target:
        return waveform
    length = math.ceil(waveform.size * target / sampling_rate)
    if quick and waveform.size > HEAD_SOURCE and is_worthwhile(sampling_rate, target):
        bank = measure_filter_bank(sampling_rate, target, _soxr)
        if bank is not None:
            result = bank.apply(waveform, length)
            result[:HEAD] = _soxr(waveform[:HEAD_SOURCE], sampling_rate, target)[:HEAD]
            # soxr's own result ends here, with its rounding.
            result[int(waveform.size / (sampling_rate / target) + 0.5) :] = 0
            return result
    result = _soxr(waveform, sampling_rate, target)
    if result.size < length:
        result = np.pad(result, (0, length - result.size))
    return np.asarray(result[:length], dtype=np.float32)


def _soxr(waveform: np.ndarray, sampling_rate: int, target: int) -> np.ndarray:
    return np.asarray(soxr.resample(waveform, sampling_rate, target, quality="HQ"))
