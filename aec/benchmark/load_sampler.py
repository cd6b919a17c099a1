"""Sampler of a process tree's memory and of the load of the cores."""

import time
from collections.abc import Sequence

import msgspec
import psutil

from aec.system.memory import PeriodicSampler, tree_memory


class LoadSample(msgspec.Struct, frozen=True, kw_only=True):
    """Memory and load at one moment.

    Parameters
    ----------
    time : float
        Seconds since the epoch.
    anonymous_mb : float
        Private memory of the processes in 10^6 bytes; pages shared between them count once.
    file_mb : float
        Memory mapped from files (programs and libraries) in 10^6 bytes.
    cores : tuple of float
        Load of each core of the machine since the previous sample in percent, including other programs.
    """

    time: float
    anonymous_mb: float
    file_mb: float
    cores: tuple[float, ...]

    @property
    def memory_mb(self) -> float:
        """Both kinds of memory."""
        return self.anonymous_mb + self.file_mb


class LoadSampler(PeriodicSampler):
    """Sampler of a process tree's memory and of the load of the cores, in `.samples`.

    Parameters
    ----------
    pid : int
    """

    samples_ends = False  # Loads are differences from the sample before.

    def __init__(self, pid: int) -> None:
        super().__init__()
        self.samples: list[LoadSample] = []
        self._pid = pid
        psutil.cpu_percent(percpu=True)  # The first value is meaningless.

    def sample(self) -> None:
        """Take one sample; none once the process has ended."""
        anonymous, mapped = tree_memory(self._pid)
        if anonymous or mapped:
            cores = tuple(float(load) for load in psutil.cpu_percent(percpu=True))
            self.samples.append(
                LoadSample(time=time.time(), anonymous_mb=anonymous / 1e6, file_mb=mapped / 1e6, cores=cores)
            )


def peak_mb(samples: Sequence[LoadSample], begin: float, end: float) -> float:
    """Return the peak memory between two times, or of the nearest sample, in MB."""
    inside = [sample.memory_mb for sample in samples if begin <= sample.time <= end]
    if inside:
        return max(inside)
    nearest = min(samples, key=lambda sample: abs(sample.time - end), default=None)
    return nearest.memory_mb if nearest else 0.0
