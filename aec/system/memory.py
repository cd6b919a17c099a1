"""Memory of a process and its descendants, once or sampled while work runs."""

import contextlib
import os
import threading
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil


def tree_memory(pid: int | None = None) -> tuple[int, int]:
    """Return the memory of a process and all its descendants.

    On Linux these are proportional set sizes, so that pages shared between processes count once; elsewhere the
    resident set, all of it in the first number.

    Parameters
    ----------
    pid : int, optional
        Default: this process.

    Returns
    -------
    tuple of two int
        Bytes of its own, and bytes mapped from files; zeros once it has ended.
    """
    processes: list[psutil.Process] = []
    with contextlib.suppress(psutil.Error):
        root = psutil.Process(pid)
        processes = [root, *root.children(recursive=True)]
    found = [_memory(process) for process in processes]
    return sum(own for own, _ in found), sum(mapped for _, mapped in found)


def tree_memory_mb(pid: int | None = None) -> float:
    """Return both kinds of `tree_memory` together, in MB (10^6 bytes)."""
    return sum(tree_memory(pid)) / 1e6


def _memory(process: psutil.Process) -> tuple[int, int]:
    # A process may end between being listed and being read.
    with contextlib.suppress(OSError, ValueError):
        fields = {}
        for line in Path(f"/proc/{process.pid}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]:
            name, value, *_ = line.split()
            fields[name.rstrip(":")] = int(value) * 1024
        if "Pss_Anon" in fields:
            return fields["Pss_Anon"], fields.get("Pss_File", 0) + fields.get("Pss_Shmem", 0)
        if "Pss" in fields:
            return fields["Pss"], 0
    with contextlib.suppress(psutil.Error):
        return int(process.memory_info().rss), 0
    return 0, 0


class PeriodicSampler(ABC):
    """Context manager that calls `sample` in a thread, every `interval_s` seconds."""

    # Whether to sample at the beginning and at the end as well.
    samples_ends = True

    def __init__(self, interval_s: float = 0.1) -> None:
        self._interval_s = interval_s
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name=type(self).__name__)

    def __enter__(self) -> Self:
        if self.samples_ends:
            self.sample()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()
        if self.samples_ends:
            self.sample()

    @abstractmethod
    def sample(self) -> None:
        """Take one sample."""

    def _run(self) -> None:
        while not self._done.wait(self._interval_s):
            self.sample()


class PeakMemory(PeriodicSampler):
    """Sampler of this process tree's memory; `.mb` is the largest value seen."""

    mb = 0.0

    def sample(self) -> None:
        """Take one sample."""
        self.mb = max(self.mb, tree_memory_mb(os.getpid()))
