"""Levels of a sound: peak, clipping, digest, and its loudest stretch."""

import hashlib
from dataclasses import dataclass

import numpy as np

# A single sample at full scale is a normalised recording; a flat top of three is clipping.
CLIPPED_RUN = 3
_HOP_S = 0.1


@dataclass(frozen=True)
class Levels:
    """Peak, clipping and digest of a sound, from a pass over all samples.

    Parameters
    ----------
    peak : float
        Largest magnitude over all channels, full scale at 1; NaN where samples are not numbers.
    clipped_runs : int
        Places with three or more consecutive samples at full scale.
    digest : str
        Hash of rate, channels and samples: equal digests are equal sound, whatever the container.
    """

    peak: float
    clipped_runs: int
    digest: str

    @property
    def peak_dbfs(self) -> float:
        """The peak in dB relative to full scale; minus infinity for silence."""
        return float(20 * np.log10(self.peak)) if self.peak > 0 else -np.inf


class LevelMeter:
    """Accumulator of `Levels` over blocks of samples.

    Parameters
    ----------
    channels : int
    sampling_rate : int
        In Hz.
    full_scale : float
        The magnitude at which this encoding clips.
    """

    def __init__(self, channels: int, sampling_rate: int, full_scale: float) -> None:
        self._hash = hashlib.blake2b(f"{sampling_rate}:{channels}:".encode(), digest_size=16)
        self._full_scale = full_scale
        self._peak = 0.0
        self._runs = 0
        # The last samples of a block, so that a flat top across a border is counted, and once.
        self._tail = np.zeros((CLIPPED_RUN, channels), dtype=np.float32)

    def add(self, block: np.ndarray) -> None:
        """Add a block [shape=(samples, channels), dtype=float32]."""
        block = np.ascontiguousarray(block)
        self._hash.update(block.data)
        if not len(block):
            return
        # min and max propagate a NaN, as a peak should.
        peak = float(max(np.max(block), -np.min(block)))
        self._peak = peak if np.isnan(peak) else max(self._peak, peak)
        if peak >= self._full_scale:
            self._runs += self._count_runs(np.concatenate([self._tail, block]))
        self._tail = np.concatenate([self._tail, block])[-CLIPPED_RUN:]

    def result(self) -> Levels:
        """Return the levels of all blocks so far."""
        return Levels(self._peak, self._runs, self._hash.hexdigest())

    def _count_runs(self, samples: np.ndarray) -> int:
        runs = 0
        for flat in (samples >= self._full_scale, samples <= -self._full_scale):
            long_enough = flat[2:] & flat[1:-1] & flat[:-2]
            # A run of length n gives n - 2 consecutive trues; count where they begin. The first is the tail's own,
            # which was counted with the block before.
            runs += int((long_enough[1:] & ~long_enough[:-1]).sum())
        return runs


def loudest_start(waveform: np.ndarray, sampling_rate: int, width_s: float) -> float:
    """Return the start of the stretch with the most energy, to a tenth of a second.

    Parameters
    ----------
    waveform : np.ndarray [shape=(n,)]
    sampling_rate : int
        In Hz.
    width_s : float
        Length of the stretch.

    Returns
    -------
    float
        In seconds; 0 for a sound that is no longer than the stretch.
    """
    hop = round(_HOP_S * sampling_rate)
    pieces = waveform[: waveform.size // hop * hop].reshape(-1, hop)
    sums = np.concatenate([[0.0], np.cumsum(np.einsum("ij,ij->i", pieces, pieces), dtype=np.float64)])
    width = max(1, int(width_s / _HOP_S))
    if width >= len(sums):
        return 0.0
    return float(np.argmax(sums[width:] - sums[:-width])) * _HOP_S
