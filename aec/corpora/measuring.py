"""Measure many files in parallel threads, reading only those that are not remembered."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from aec.audio import Limits
from aec.corpora.measured import NO_STAMP, Measured, Stamp, measure, stamp_of
from aec.corpora.memory import ClipMemory
from aec.errors import UsageError
from aec.settings import usable_cores

Progress = Callable[[int, int], None]

# What another setting, or another moment, would answer differently.
_PASSING_FAILURES = frozenset({"missing", "too_long", "too_large"})
# An interrupted scan loses at most this much.
_BATCH_FILES = 500
_BATCH_S = 2.0


def measure_files(
    paths: Sequence[str],
    memory: ClipMemory,
    *,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> list[Measured]:
    """Measure files and remember what was found, also when interrupted.

    Parameters
    ----------
    paths : sequence of str [shape=(n,)]
        One spelling per file: they are the memory's keys.
    memory : ClipMemory
    jobs : int, optional
        Threads; default the cores that the process may use.
    progress : callable, optional
        Called with (files done, n), in the calling thread; what it raises ends the work.

    Returns
    -------
    list of Measured [shape=(n,)]

    Raises
    ------
    UsageError
        `jobs` below one.
    """
    if jobs is not None and jobs < 1:
        raise UsageError(f"jobs is {jobs}", "one or more is expected")
    limits = Limits.from_environment()
    stamps = [stamp_of(path) for path in paths]
    recalled = memory.recall(paths, stamps)
    found = {at: one for at, one in recalled.items() if _within(one, stamps[at], limits)}
    todo = [at for at in range(len(paths)) if at not in found]
    report = progress or (lambda _done, _total: None)
    report(len(found), len(paths))
    with _Batches(memory) as batches:
        for at, one in _measured(paths, todo, limits, jobs):
            found[at] = one
            if one.failure not in _PASSING_FAILURES and stamps[at] != NO_STAMP:
                batches.add(paths[at], stamps[at], one)
            report(len(found), len(paths))
    return [found[at] for at in range(len(paths))]


def _within(one: Measured, stamp: Stamp, limits: Limits) -> bool:
    """Return whether the limits of today would give the same answer."""
    return (one.duration_s or 0.0) <= limits.max_seconds and stamp.size <= limits.max_mb * 1e6


def _measured(
    paths: Sequence[str], todo: Sequence[int], limits: Limits, jobs: int | None
) -> Iterator[tuple[int, Measured]]:
    if not todo:
        return
    # Decoding and hashing release the GIL, so threads scale and cost nothing to start.
    pool = ThreadPoolExecutor(jobs or usable_cores(), thread_name_prefix="measure")
    try:
        futures = {pool.submit(measure, paths[at], limits): at for at in todo}
        for future in as_completed(futures):
            yield futures[future], future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


class _Batches:
    """Hands measurements to the memory some at a time, and the rest on the way out, however one leaves."""

    def __init__(self, memory: ClipMemory) -> None:
        self._memory = memory
        self._entries: list[tuple[str, Stamp, Measured]] = []
        self._since = time.monotonic()

    def __enter__(self) -> "_Batches":
        return self

    def __exit__(self, *_reason: object) -> None:
        self._flush()

    def add(self, path: str, stamp: Stamp, one: Measured) -> None:
        self._entries.append((path, stamp, one))
        if len(self._entries) >= _BATCH_FILES or time.monotonic() - self._since > _BATCH_S:
            self._flush()

    def _flush(self) -> None:
        self._memory.remember(self._entries)
        self._entries = []
        self._since = time.monotonic()
