"""How much memory this process and its children hold, sampled while work runs."""

import contextlib
import threading
from types import TracebackType

import psutil


def tree_memory_mb() -> float:
    """Return the memory of this process and all its descendants in MB (10^6 bytes).

    On Linux it is the proportional set size, so that pages shared between processes count once; elsewhere the
    resident set size.
    """
    me = psutil.Process()
    processes = [me]
    with contextlib.suppress(psutil.Error):
        processes += me.children(recursive=True)
    return sum(_memory(process) for process in processes) / 1e6


def _memory(process: psutil.Process) -> int:
    # A process may end between being listed and being read.
    with contextlib.suppress(psutil.Error):
        full = process.memory_full_info()
        return int(getattr(full, "pss", full.rss))
    return 0


class PeakMemory:
    """Context manager that samples the process tree; `.mb` is the largest sum seen.

    Parameters
    ----------
    interval_s : float
        Seconds between samples.
    """

    def __init__(self, interval_s: float = 0.1) -> None:
        self.mb = 0.0
        self._interval_s = interval_s
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True, name="peak-memory")

    def __enter__(self) -> "PeakMemory":
        self._sample()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()
        self._sample()

    def _watch(self) -> None:
        while not self._done.wait(self._interval_s):
            self._sample()

    def _sample(self) -> None:
        self.mb = max(self.mb, tree_memory_mb())
