"""soxr's resampling as a matrix product, where that is faster.

A resampler between two rates is linear and periodic: from 48 to 44.1 kHz every 160 samples become 147, by the same
weights each time. Those weights are measured once, as soxr's responses to impulses; the product of a clip with them
is soxr's own result within float32's rounding, in about two thirds of its time.
"""

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from aec.audio.scratch_buffers import scratch_buffer

Resampler = Callable[[np.ndarray, int, int], np.ndarray]

# Half length of soxr's filter, in samples at the lower rate; measured, and verified by `measure_filter_bank`.
_REACH = 110
# Neighbouring results that share one product: wide enough for the processor, narrow enough to waste few weights.
_COLUMNS = 32
# For lower ratios soxr is fast enough; upwards its result is longer, and so would be the products.
_NEAREST = 0.6
# Rates whose common period is longer would need matrices that leave the cache.
_LONGEST_PERIOD = 512
# soxr begins with a filter that is not filled yet; the first results are computed by soxr itself.
HEAD, HEAD_SOURCE = 32, 1024
# Relative to the peak: smaller weights vanish in float32's rounding; a bank with a larger error is not used.
_NEGLIGIBLE, _TOLERANCE = 1e-7, 2e-6


@dataclass(frozen=True, eq=False)
class FilterBank:
    """Weights of a resampler between two rates.

    Parameters
    ----------
    inputs, outputs : int
        Samples in and out per period.
    margin : int
        Zeros in front of the sound.
    products : tuple of (int, slice, np.ndarray [shape=(taps, columns)])
        Offset of the taps within a period (counted with the margin), their outputs, and the weights.
    """

    inputs: int
    outputs: int
    margin: int
    products: tuple[tuple[int, slice, np.ndarray], ...]

    def apply(self, waveform: np.ndarray, length: int) -> np.ndarray:
        """Return the first `length` samples of a waveform [shape=(n,)] at the other rate."""
        periods = -(-length // self.outputs)
        # Each row of a product begins a period after the one before, wherever its taps begin.
        padded = scratch_buffer("resampling", (periods + 2) * self.inputs + 2 * self.margin)
        padded[: self.margin] = 0
        padded[self.margin : self.margin + waveform.size] = waveform
        padded[self.margin + waveform.size :] = 0
        result = np.empty((periods, self.outputs), dtype=np.float32)
        for start, columns, weights in self.products:
            rows = padded[start : start + periods * self.inputs].reshape(periods, self.inputs)
            np.matmul(rows[:, : len(weights)], weights, out=result[:, columns])
        return result.reshape(-1)[:length]


def is_worthwhile(sampling_rate: int, target: int) -> bool:
    """Return whether the product is faster: for near rates of a short common period."""
    period = sampling_rate // math.gcd(sampling_rate, target)
    return _NEAREST <= target / sampling_rate < 1 and period <= _LONGEST_PERIOD


@functools.lru_cache(maxsize=8)
def measure_filter_bank(sampling_rate: int, target: int, resampler: Resampler) -> FilterBank | None:
    """Measure a resampler's weights as its responses to impulses.

    Parameters
    ----------
    sampling_rate, target : int
        In Hz.
    resampler : callable
        (waveform [shape=(n,), dtype=float64 or float32], from, to) -> waveform, linear, and the same in each period.

    Returns
    -------
    FilterBank or None
        None where the weights do not reproduce the resampler's result.
    """
    common = math.gcd(sampling_rate, target)
    margin = math.ceil(_REACH * max(1.0, sampling_rate / target))
    # A whole product must fit into a period: shorter ones are taken several times.
    times = math.ceil((2 * margin + _COLUMNS * sampling_rate / target + 2) * common / sampling_rate)
    inputs, outputs = times * sampling_rate // common, times * target // common
    weights = _weights(sampling_rate, target, inputs, outputs, margin, resampler)
    products = tuple(_products(weights))
    if any(len(each) > inputs for _, _, each in products):
        return None
    bank = FilterBank(inputs, outputs, margin, products)
    noise = np.random.default_rng(0).standard_normal(4 * inputs + 3 * margin).astype(np.float32)
    expected = resampler(noise, sampling_rate, target)
    worst = np.abs(bank.apply(noise, expected.size) - expected)[HEAD:].max()
    return bank if worst <= _TOLERANCE * np.abs(expected).max() else None


def _weights(
    sampling_rate: int, target: int, inputs: int, outputs: int, margin: int, resampler: Resampler
) -> np.ndarray:
    """Return the weight of each sample in each output of a period.

    Returns
    -------
    np.ndarray [shape=(outputs, inputs + 2 margin)]
    """
    step = sampling_rate // math.gcd(sampling_rate, target)
    # One impulse for each place within the shortest period, far enough apart not to overlap.
    gap = (math.ceil((2 * margin + 2 * inputs) / step)) * step + 1
    places = 2 * inputs + margin + gap * np.arange(step)
    impulses = np.zeros(int(places[-1]) + 2 * inputs + 2 * margin)
    impulses[places] = 1.0
    responses = np.asarray(resampler(impulses, sampling_rate, target))
    weights = np.zeros((outputs, inputs + 2 * margin))
    for place in places:
        # This impulse is the sample of each column that lies whole short periods away from it.
        for column in range((place + margin) % step, weights.shape[1], step):
            first = (place - (column - margin)) * target // sampling_rate
            weights[:, column] = responses[first : first + outputs]
    return weights


def _products(weights: np.ndarray) -> list[tuple[int, slice, np.ndarray]]:
    products = []
    audible = np.abs(weights) > _NEGLIGIBLE * np.abs(weights).max()
    for first in range(0, len(weights), _COLUMNS):
        columns = slice(first, min(first + _COLUMNS, len(weights)))
        taps = np.flatnonzero(audible[columns].any(axis=0))
        start, end = int(taps[0]), int(taps[-1]) + 1
        chosen = np.ascontiguousarray(weights[columns, start:end].T, dtype=np.float32)
        # Shared between threads, so read-only.
        chosen.flags.writeable = False
        products.append((start, columns, chosen))
    return products
