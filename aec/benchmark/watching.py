"""Memory and processor load of another process and its workers, looked at from outside while it works."""

import contextlib
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import psutil

INTERVAL_S = 0.1


@dataclass(frozen=True)
class Sample:
    """One look.

    Parameters
    ----------
    time : float
        Seconds since the epoch.
    anonymous_mb : float
        What the processes hold for themselves, in 10^6 bytes; pages shared between them count once.
    file_mb : float
        What is mapped from files: programs and libraries.
    cores : tuple of float
        Load of each core of the machine since the look before, in percent, whoever caused it.
    """

    time: float
    anonymous_mb: float
    file_mb: float
    cores: tuple[float, ...]

    @property
    def memory_mb(self) -> float:
        """Both kinds of memory."""
        return self.anonymous_mb + self.file_mb


class Watch:
    """Context manager that samples a process tree every `INTERVAL_S` seconds into `.samples`.

    Parameters
    ----------
    pid : int
    """

    def __init__(self, pid: int) -> None:
        self.samples: list[Sample] = []
        self._pid = pid
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look_on, daemon=True, name="benchmark-watch")

    def __enter__(self) -> "Watch":
        psutil.cpu_percent(percpu=True)  # The first answer of this function means nothing.
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    def peak_mb(self, begin: float, end: float) -> float:
        """Return the most memory seen between two times; outside all looks, the nearest one counts."""
        inside = [sample.memory_mb for sample in self.samples if begin <= sample.time <= end]
        if inside:
            return max(inside)
        nearest = min(self.samples, key=lambda sample: abs(sample.time - end), default=None)
        return nearest.memory_mb if nearest else 0.0

    def _look_on(self) -> None:
        while not self._done.wait(INTERVAL_S):
            anonymous, mapped = tree_memory(self._pid)
            if anonymous or mapped:
                cores = tuple(float(load) for load in psutil.cpu_percent(percpu=True))
                self.samples.append(Sample(time.time(), anonymous / 1e6, mapped / 1e6, cores))


def tree_memory(pid: int) -> tuple[int, int]:
    """Return the bytes (for itself, mapped from files) of a process and its descendants; zeros once it has ended.

    On Linux these are proportional set sizes; elsewhere the resident set, all of it in the first number.
    """
    processes = []
    with contextlib.suppress(psutil.Error):
        root = psutil.Process(pid)
        processes = [root, *root.children(recursive=True)]
    anonymous = mapped = 0
    for process in processes:
        own, shared = _memory(process)
        anonymous, mapped = anonymous + own, mapped + shared
    return anonymous, mapped


def _memory(process: psutil.Process) -> tuple[int, int]:
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
