"""Measurement of files: decode each once, in threads, and cache the results."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TYPE_CHECKING, NamedTuple

from aec.audio import Limits, SoundFacts, decode, inspect
from aec.errors import AudioDecodeError, UsageError
from aec.settings import usable_cores

if TYPE_CHECKING:
    from aec.corpora.measurement_cache import MeasurementCache

Progress = Callable[[int, int], None]

# With other settings, or at another time, these would not occur.
_PASSING_FAILURES = frozenset({"missing", "too_long", "too_large"})
# An interrupted scan loses at most this much.
_BATCH_FILES = 500
_BATCH_S = 2.0


class FileMeasurement(NamedTuple):
    """Facts about a file's sound; None where it could not be decoded.

    Parameters
    ----------
    failure : str
        The kind of `AudioDecodeError`; empty where the file was decoded.
    detail : str
        The error's message.
    duration_s : float or None
    sampling_rate : int or None
        In Hz.
    channels : int or None
    peak : float or None
        Largest magnitude, full scale at 1; 0 for a sound that is silent once its channels are averaged.
    clipped_runs : int or None
        Places with three or more consecutive samples at full scale.
    digest : str or None
        Equal for equal sound.
    """

    failure: str = ""
    detail: str = ""
    duration_s: float | None = None
    sampling_rate: int | None = None
    channels: int | None = None
    peak: float | None = None
    clipped_runs: int | None = None
    digest: str | None = None


class FileVersion(NamedTuple):
    """Size, time and inode of a file: another version of it differs in one of them."""

    size: int
    mtime_ns: int
    inode: int


# Of a path without a file; no file has this version.
NO_FILE = FileVersion(-1, 0, 0)


def file_version(path: str) -> FileVersion:
    """Return the version of a file, `NO_FILE` where there is none."""
    try:
        status = os.stat(path)  # noqa: PTH116 - 12,798 times
    except (OSError, ValueError):
        return NO_FILE
    # SQLite's integers are signed; some file systems use all 64 bits.
    return FileVersion(status.st_size, status.st_mtime_ns, status.st_ino & (2**63 - 1))


def measure(path: str, limits: Limits) -> FileMeasurement:
    """Decode a file and return its facts, or the reason why it cannot be decoded.

    Parameters
    ----------
    path : str
    limits : Limits
    """
    try:
        return _measurement(decode(path, limits=limits, measure=True).facts)
    except AudioDecodeError as error:
        if error.kind != "silent":
            return _failure(path, error)
    # `decode` refuses silence; the file's rate and length are still worth knowing.
    try:
        return _measurement(inspect(path, limits=limits))._replace(peak=0.0)
    except AudioDecodeError as error:
        return _failure(path, error)


def measure_files(
    paths: Sequence[str],
    cache: "MeasurementCache",
    *,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> list[FileMeasurement]:
    """Measure the files that are not in the cache, and add them to it.

    Interrupted, it adds the files that it has measured.

    Parameters
    ----------
    paths : sequence of str [shape=(n,)]
        One spelling per file: they are the cache's keys.
    cache : MeasurementCache
    jobs : int, optional
        Threads; default the cores that the process may use.
    progress : callable, optional
        Called with (files done, n), in the calling thread; an exception of it ends the work.

    Returns
    -------
    list of FileMeasurement [shape=(n,)]

    Raises
    ------
    UsageError
        `jobs` below one.
    """
    if jobs is not None and jobs < 1:
        raise UsageError(f"jobs is {jobs}", "one or more is expected")
    limits = Limits.from_environment()
    versions = [file_version(path) for path in paths]
    cached = cache.get(paths, versions)
    found = {n: one for n, one in cached.items() if _is_within(limits, one, versions[n])}
    report = progress or (lambda _done, _total: None)
    report(len(found), len(paths))
    batch: list[tuple[str, FileVersion, FileMeasurement]] = []
    batch_ends = time.monotonic() + _BATCH_S
    try:
        for n, one in _measure_in_threads(paths, [n for n in range(len(paths)) if n not in found], limits, jobs):
            found[n] = one
            if one.failure not in _PASSING_FAILURES and versions[n] != NO_FILE:
                batch.append((paths[n], versions[n], one))
            if len(batch) >= _BATCH_FILES or time.monotonic() > batch_ends:
                cache.put(batch)
                batch, batch_ends = [], time.monotonic() + _BATCH_S
            report(len(found), len(paths))
    finally:
        cache.put(batch)
    return [found[n] for n in range(len(paths))]


def _is_within(limits: Limits, one: FileMeasurement, version: FileVersion) -> bool:
    """Return whether the present limits would give the same measurement."""
    return (one.duration_s or 0.0) <= limits.max_seconds and version.size <= limits.max_mb * 1e6


def _measure_in_threads(
    paths: Sequence[str], numbers: Sequence[int], limits: Limits, jobs: int | None
) -> Iterator[tuple[int, FileMeasurement]]:
    if not numbers:
        return
    # Decoding and hashing release the GIL, so threads scale and cost nothing to start.
    pool = ThreadPoolExecutor(jobs or usable_cores(), thread_name_prefix="measure")
    try:
        futures = {pool.submit(measure, paths[n], limits): n for n in numbers}
        for future in as_completed(futures):
            yield futures[future], future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _failure(path: str, error: AudioDecodeError) -> FileMeasurement:
    if error.kind == "missing" and not os.path.lexists(path):
        return FileMeasurement("missing", "file not found")
    return FileMeasurement(error.kind, error.message)


def _measurement(facts: SoundFacts) -> FileMeasurement:
    levels = facts.levels
    return FileMeasurement(
        duration_s=facts.duration_s,
        sampling_rate=facts.sampling_rate,
        channels=facts.channels,
        peak=levels.peak if levels else None,
        clipped_runs=levels.clipped_runs if levels else None,
        digest=levels.digest if levels else None,
    )
