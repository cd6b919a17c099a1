"""soxr's resampling as a matrix product, where that is quicker and gives the same samples.

A resampler between two rates is linear, and it repeats itself: from 48 to 44.1 kHz every 160 samples become 147, by
the same weights each time. Those weights are read off soxr once, as its answers to single impulses; the product of a
clip with them is soxr's own result within float32's rounding, in about two thirds of its time.
"""

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from aec.audio.buffers import kept_buffer

Resampler = Callable[[np.ndarray, int, int], np.ndarray]

# How far soxr's filter reaches to either side, in samples at the lower rate; measured, and verified by `learn`.
_REACH = 110
# Neighbouring results that share one product: wide enough for the processor, narrow enough to waste few weights.
_COLUMNS = 32
# Further down soxr is quick enough; upwards its result is longer, and so would be the products.
_NEAREST = 0.6
# Rates whose common period is longer would need matrices that leave the cache.
_LONGEST_PERIOD = 512
# soxr begins with a filter that is not filled yet; its first results are asked of itself.
HEAD, HEAD_SOURCE = 32, 1024
# Of the peak: weights below it drown in float32's rounding, and a bank further off than it is none.
_NEGLIGIBLE, _TOLERANCE = 1e-7, 2e-6


@dataclass(frozen=True, eq=False)
class FilterBank:
    """The weights between two rates.

    Parameters
    ----------
    taken, given : int
        Samples in and out per period.
    margin : int
        Zeros in front of the sound.
    products : tuple of (int, slice, np.ndarray [shape=(taps, columns)])
        Where the taps begin within a period (counted with the margin), which results they give, and the weights.
    """

    taken: int
    given: int
    margin: int
    products: tuple[tuple[int, slice, np.ndarray], ...]

    def apply(self, waveform: np.ndarray, length: int) -> np.ndarray:
        """Return the first `length` samples of a waveform [shape=(n,), dtype=float32] at the other rate."""
        periods = -(-length // self.given)
        # Each row of a product begins a period after the one before, wherever its taps begin.
        padded = kept_buffer("resampling", (periods + 2) * self.taken + 2 * self.margin)
        padded[: self.margin] = 0
        padded[self.margin : self.margin + waveform.size] = waveform
        padded[self.margin + waveform.size :] = 0
        result = np.empty((periods, self.given), dtype=np.float32)
        for start, columns, weights in self.products:
            rows = padded[start : start + periods * self.taken].reshape(periods, self.taken)
            np.matmul(rows[:, : len(weights)], weights, out=result[:, columns])
        return result.reshape(-1)[:length]


def is_worthwhile(sampling_rate: int, target: int) -> bool:
    """Return whether the product beats soxr: for rates near each other, with a short common period."""
    period = sampling_rate // math.gcd(sampling_rate, target)
    return _NEAREST <= target / sampling_rate < 1 and period <= _LONGEST_PERIOD


@functools.lru_cache(maxsize=8)
def learn(sampling_rate: int, target: int, resampler: Resampler) -> FilterBank | None:
    """Learn a resampler's weights from its answers to impulses.

    Parameters
    ----------
    sampling_rate, target : int
        In Hz.
    resampler : callable
        (waveform [shape=(n,), dtype=float64 or float32], from, to) -> waveform, linear, and the same in each period.

    Returns
    -------
    FilterBank or None
        None where the weights do not give the resampler's own result.
    """
    common = math.gcd(sampling_rate, target)
    margin = math.ceil(_REACH * max(1.0, sampling_rate / target))
    # A whole product must fit into a period: shorter ones are taken several times.
    times = math.ceil((2 * margin + _COLUMNS * sampling_rate / target + 2) * common / sampling_rate)
    taken, given = times * sampling_rate // common, times * target // common
    weights = _weights(sampling_rate, target, taken, given, margin, resampler)
    products = tuple(_products(weights))
    if any(len(each) > taken for _, _, each in products):
        return None
    bank = FilterBank(taken, given, margin, products)
    noise = np.random.default_rng(0).standard_normal(4 * taken + 3 * margin).astype(np.float32)
    wanted = resampler(noise, sampling_rate, target)
    worst = np.abs(bank.apply(noise, wanted.size) - wanted)[HEAD:].max()
    return bank if worst <= _TOLERANCE * np.abs(wanted).max() else None


def _weights(
    sampling_rate: int, target: int, taken: int, given: int, margin: int, resampler: Resampler
) -> np.ndarray:
    """Return what each result of a period takes of each sample around it [shape=(given, taken + 2 margin)]."""
    step = sampling_rate // math.gcd(sampling_rate, target)
    # One impulse for each place within the shortest period, far enough apart to be told from each other.
    gap = (math.ceil((2 * margin + 2 * taken) / step)) * step + 1
    places = 2 * taken + margin + gap * np.arange(step)
    impulses = np.zeros(int(places[-1]) + 2 * taken + 2 * margin)
    impulses[places] = 1.0
    answers = np.asarray(resampler(impulses, sampling_rate, target))
    weights = np.zeros((given, taken + 2 * margin))
    for place in places:
        # This impulse is the sample of each column that lies whole short periods away from it.
        for column in range((place + margin) % step, weights.shape[1], step):
            first = (place - (column - margin)) * target // sampling_rate
            weights[:, column] = answers[first : first + given]
    return weights


def _products(weights: np.ndarray) -> list[tuple[int, slice, np.ndarray]]:
    products = []
    heard = np.abs(weights) > _NEGLIGIBLE * np.abs(weights).max()
    for first in range(0, len(weights), _COLUMNS):
        columns = slice(first, min(first + _COLUMNS, len(weights)))
        taps = np.flatnonzero(heard[columns].any(axis=0))
        start, end = int(taps[0]), int(taps[-1]) + 1
        chosen = np.ascontiguousarray(weights[columns, start:end].T, dtype=np.float32)
        # Shared between threads: nobody may write into it.
        chosen.flags.writeable = False
        products.append((start, columns, chosen))
    return products
