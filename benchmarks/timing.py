"""Timing of alternatives in turn on one core, and tables of the times."""

import contextlib
import gc
import os
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import psutil
from threadpoolctl import threadpool_limits

_THREAD_SETTINGS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
_QUIET = 0.95
_T = TypeVar("_T")


@dataclass(frozen=True)
class Spread:
    """Median, smallest and largest value of repeats."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Return the spread of values."""
        return cls(statistics.median(values), min(values), max(values))

    def rounded(self) -> dict[str, float]:
        """Return it as JSON types."""
        return {name: round(getattr(self, name), 4) for name in ("median", "low", "high")}


def as_text(figure: Mapping[str, float], digits: int = 2) -> str:
    """Return a rounded spread as `median (least–most)`, or the only value."""
    median, low, high = (f"{figure[name]:.{digits}f}" for name in ("median", "low", "high"))
    return median if figure["low"] == figure["high"] else f"{median} ({low}–{high})"


@contextlib.contextmanager
def one_core() -> Iterator[None]:
    """Bind this process to the least busy core, with one BLAS thread.

    Libraries that are loaded inside the block find one core and environment variables for one thread.
    """
    kept = {name: os.environ.get(name) for name in _THREAD_SETTINGS}
    os.environ.update(dict.fromkeys(_THREAD_SETTINGS, "1"))
    pinned = hasattr(os, "sched_setaffinity")
    cores = os.sched_getaffinity(0) if pinned else set()
    if pinned:
        os.sched_setaffinity(0, {_idlest(cores)})
    try:
        with threadpool_limits(1):
            yield
    finally:
        if pinned:
            os.sched_setaffinity(0, cores)
        for name, value in kept.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _idlest(cores: set[int]) -> int:
    loads = psutil.cpu_percent(interval=0.2, percpu=True)
    return min(cores, key=lambda core: loads[core] if core < len(loads) else 100.0)


@dataclass(frozen=True)
class Turns:
    """Processor times of actions that took turns.

    Parameters
    ----------
    seconds : dict of str to list of float
        Processor time of each action for each repeat.
    share : float
        Share of the core for this process; well below 1, other programs disturbed the timing.
    """

    seconds: dict[str, list[float]]
    share: float

    def remark(self) -> str:
        """Return a remark on disturbance by other programs."""
        share = f"This process had {self.share:.0%} of its core while it was timed"
        return (
            f"{share}."
            if self.share > _QUIET
            else f"{share}: other programs disturbed it; measure again on an idle machine."
        )


def timed_in_turn(actions: Mapping[str, Callable[[], object]], repeats: int) -> Turns:
    """Time each action once per repeat, in the order A B C, B C A, C A B.

    So a drift of the machine affects all alike. Processor times: on one core, with files in memory, they equal the
    elapsed time on an idle machine, and do not include other programs.

    Parameters
    ----------
    actions : mapping of str to callable
        Each has been called before, so that nothing is loaded or compiled while it is timed.
    repeats : int
    """
    seconds: dict[str, list[float]] = {name: [] for name in actions}
    passed = 0.0
    names = list(actions)
    for repeat in range(repeats):
        first = repeat % len(names)
        for name in names[first:] + names[:first]:
            gc.collect()
            begun, start = time.perf_counter(), time.process_time()
            actions[name]()
            seconds[name].append(time.process_time() - start)
            passed += time.perf_counter() - begun
    return Turns(seconds, sum(map(sum, seconds.values())) / passed)


def over(action: Callable[[_T], object], items: Sequence[_T]) -> Callable[[], None]:
    """Return a function that calls `action` with each item in turn."""

    def run() -> None:
        for item in items:
            action(item)

    return run


def ratios(of: Sequence[float], to: Sequence[float]) -> Spread:
    """Return the ratios of times, repeat by repeat."""
    return Spread.of([a / b for a, b in zip(of, to, strict=True)])


def per_clip_ms(seconds: Sequence[float], clips: int) -> Spread:
    """Return the milliseconds for one clip."""
    return Spread.of([1000 * each / clips for each in seconds])


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
