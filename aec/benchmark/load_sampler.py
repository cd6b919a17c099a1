"""Sampler of a process tree's memory and of the load of the cores."""

import threading
import time
from collections.abc import Sequence
from types import TracebackType

import msgspec
import psutil

from aec.system.memory import tree_memory

INTERVAL_S = 0.1


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


class LoadSampler:
    """Context manager that samples a process tree into `.samples`.

    A sample every `INTERVAL_S` seconds.

    Parameters
    ----------
    pid : int
    """

    def __init__(self, pid: int) -> None:
        self.samples: list[LoadSample] = []
        self._pid = pid
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True, name="load-sampler")

    def __enter__(self) -> "LoadSampler":
        psutil.cpu_percent(percpu=True)  # The first value is meaningless.
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._done.wait(INTERVAL_S):
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
