"""Table of clips -> features, in parallel; the engine and the described versions are picked by name."""

import contextlib
import importlib
import logging
import time
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from aec.errors import AecError, AudioDecodeError, UsageError, WorkerDiedError
from aec.features import FeatureSpec
from aec.features.clusters import CLUSTERS, cluster, results
from aec.features.feature_file import FeatureFile
from aec.features.feature_store import FeatureStore, feature_key
from aec.settings import read_settings, usable_cores
from aec.system.memory import PeakMemory

log = logging.getLogger(__name__)

# Named as modules and imported at call, so that librosa is loaded only by those who ask for it.
ENGINES = {"fused": "aec.features.fused", "librosa": "aec.features.librosa_reference"}
BACKENDS = ("sequential", "threading", "loky", *CLUSTERS)
_STORE_BATCH = 64
# Clips per task: enough that handing them out costs nothing, few enough that no worker waits long for the others.
_MOST_CLIPS, _TASKS_PER_WORKER = 16, 8


@dataclass(frozen=True)
class Plan:
    """How to extract: with which engine, on what kind of worker, on how many.

    Parameters
    ----------
    engine : str
        A key of `ENGINES`.
    backend : {"sequential", "threading", "loky", "dask", "ray"}
        A plain loop, joblib's threads, joblib's processes, or the workers of a cluster (see `aec.features.clusters`).
    jobs : int
        Workers; -1 for all usable cores. A cluster that is running already has its own, whatever is asked for.
    blas_threads : int or None
        Threads of the linear algebra library per worker; None leaves them as they come.
    """

    engine: str = "fused"
    backend: str = "threading"
    jobs: int = -1
    blas_threads: int | None = 1

    def __post_init__(self) -> None:
        if self.engine not in ENGINES:
            raise UsageError(f"the engine is {self.engine!r}", f"one of {', '.join(ENGINES)} is expected")
        if self.backend not in BACKENDS:
            raise UsageError(f"the backend is {self.backend!r}", f"one of {', '.join(BACKENDS)} is expected")
        if self.jobs == 0 or self.jobs < -1:
            raise UsageError(f"the number of jobs is {self.jobs}", "1 or more is expected, or -1 for all cores")

    def workers(self) -> int:
        """Return how many workers that is on this machine."""
        if self.backend == "sequential":
            return 1
        limit = read_settings().jobs
        wanted = usable_cores() if self.jobs == -1 else self.jobs
        return wanted if limit is None else min(wanted, limit)


# The described system's two versions, each in its own setting, and ours.
VERSIONS: dict[str, Plan] = {
    "first": Plan("librosa", "sequential", 1, blas_threads=None),
    "final": Plan("librosa", "loky", -1, blas_threads=None),
    "engine": Plan("fused", "threading", -1, blas_threads=1),
}


@dataclass(frozen=True)
class Failure:
    """A clip without features: its row in the table, its path, and why."""

    row: int
    path: str
    error: AecError


@dataclass(frozen=True, eq=False)
class Extraction:
    """What an extraction gave.

    Parameters
    ----------
    features : FeatureFile
        One row per clip of the table; the rows of failed clips are zero.
    lengths : np.ndarray [shape=(clips,), dtype=int64]
        Frames before padding; 0 for a failed clip.
    failures : tuple of Failure
    cached : int
        Clips whose features were remembered.
    seconds : float
        From after the imports to the last feature written.
    peak_memory_mb : float
        Of the process tree on this machine, while extracting.
    plan : Plan
    """

    features: FeatureFile
    lengths: np.ndarray
    failures: tuple[Failure, ...]
    cached: int
    seconds: float
    peak_memory_mb: float
    plan: Plan = field(default_factory=Plan)

    @property
    def rows(self) -> np.ndarray:
        """Rows that have features [dtype=int64]."""
        return np.flatnonzero(self.lengths > 0)


def extract_features(
    paths: Sequence[str],
    spec: FeatureSpec,
    plan: Plan | None = None,
    *,
    digests: Sequence[object] | None = None,
    store: FeatureStore | None = None,
    scratch: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Extraction:
    """Extract the features of clips.

    Parameters
    ----------
    paths : sequence of str
    spec : FeatureSpec
        With `max_frames` set, because all rows have one length.
    plan : Plan, optional
        Default: our engine on all usable cores.
    digests : sequence, optional
        Of the clips' samples, from a scan; without them (or where one is missing) the store is not asked.
    store : FeatureStore, optional
        Where features are remembered.
    scratch : Path, optional
        Folder of the feature file; default `AEC_HOME/scratch`. The caller deletes the file.
    progress : callable, optional
        Called with (clips done, clips in all).

    Returns
    -------
    Extraction

    Raises
    ------
    WorkerDiedError
        A worker process was killed.
    StoreError
        The disk is full.
    """
    plan = plan or Plan()
    if spec.max_frames is None:
        raise UsageError("these features have no fixed number of frames", "max_frames is needed to extract in rows")
    engine = importlib.import_module(ENGINES[plan.engine])
    folder = scratch or read_settings().home / "scratch"
    _load_libraries(plan, engine, spec)
    started = time.perf_counter()
    features = FeatureFile.create(folder, len(paths), spec.max_frames, spec.coefficients)
    try:
        with PeakMemory() as memory:
            keys = _keys(digests, spec, plan.engine, engine.ALGORITHM_VERSION) if store else {}
            work = _Work(features, spec, plan, store, keys, progress)
            work.take_remembered()
            work.extract_rest(paths)
    except BaseException:
        features.delete()
        raise
    return Extraction(
        features=features,
        lengths=work.lengths,
        failures=tuple(sorted(work.failures, key=lambda failure: failure.row)),
        cached=work.cached,
        seconds=time.perf_counter() - started,
        peak_memory_mb=memory.mb,
        plan=replace(plan, jobs=plan.workers()),
    )


def _load_libraries(plan: Plan, engine: Any, spec: FeatureSpec) -> None:
    """Load what the work needs before the clock starts; librosa loads most of itself, and compiles, at first use."""
    import joblib  # noqa: F401
    import threadpoolctl  # noqa: F401

    if plan.backend != "loky":
        noise = np.random.default_rng(0).standard_normal(spec.sampling_rate // 10).astype(np.float32)
        engine.from_waveform(noise, spec)


def _keys(digests: Sequence[object] | None, spec: FeatureSpec, engine: str, version: object) -> dict[int, bytes]:
    found = enumerate(digests if digests is not None else ())
    return {row: feature_key(d, spec, engine, version) for row, d in found if isinstance(d, str) and d}


class _Work:
    """One extraction under way: what is done, what failed, what is to be remembered."""

    def __init__(
        self,
        features: FeatureFile,
        spec: FeatureSpec,
        plan: Plan,
        store: FeatureStore | None,
        keys: dict[int, bytes],
        progress: Callable[[int, int], None] | None,
    ) -> None:
        self.features, self.spec, self.plan, self.store, self.keys = features, spec, plan, store, keys
        self.lengths = np.zeros(features.shape[0], dtype=np.int64)
        self.failures: list[Failure] = []
        self.cached = 0
        self._done = 0
        self._progress = progress
        self._unsaved: list[int] = []

    def take_remembered(self) -> None:
        """Copy what the store knows into the feature file."""
        if self.store is None or not self.keys:
            return
        rows_of: dict[bytes, list[int]] = {}
        for row, key in self.keys.items():
            rows_of.setdefault(key, []).append(row)
        known = ((key, matrix) for key, matrix in self.store.read(list(rows_of)) if self._fits(matrix))
        self.features.write_all(self._accepted((row, matrix) for key, matrix in known for row in rows_of[key]))

    def extract_rest(self, paths: Sequence[str]) -> None:
        """Extract every clip that the store did not know, in parallel."""
        rest = [row for row in range(len(paths)) if not self.lengths[row]]
        # Closed at once when the work is cancelled or fails, so that no worker goes on for nobody.
        with contextlib.closing(_run(self.plan, self.features, self.spec, rest, paths)) as results:
            for row, length, error in results:
                if error is None:
                    self.lengths[row] = length
                    self._remember(row)
                else:
                    self.failures.append(Failure(row, paths[row], error))
                self._step()
        self._flush()

    def _fits(self, matrix: np.ndarray) -> bool:
        _, frames, coefficients = self.features.shape
        return matrix.shape[1] == coefficients and len(matrix) <= frames

    def _accepted(self, remembered: Iterable[tuple[int, np.ndarray]]) -> Iterator[tuple[int, np.ndarray]]:
        for row, matrix in remembered:
            yield row, matrix
            self.lengths[row] = len(matrix)
            self.cached += 1
            self._step()

    def _step(self) -> None:
        self._done += 1
        if self._progress is not None:
            self._progress(self._done, len(self.lengths))

    def _remember(self, row: int) -> None:
        if self.store is not None and row in self.keys:
            self._unsaved.append(row)
            if len(self._unsaved) >= _STORE_BATCH:
                self._flush()

    def _flush(self) -> None:
        if self.store is not None and self._unsaved:
            matrices = self.features.read(np.array(self._unsaved))
            items = ((self.keys[row], m[: self.lengths[row]]) for row, m in zip(self._unsaved, matrices, strict=True))
            self.store.write(items)
            self._unsaved = []


_Result = tuple[int, int, AecError | None]


def _run(
    plan: Plan, features: FeatureFile, spec: FeatureSpec, rows: list[int], paths: Sequence[str]
) -> Generator[_Result, None, None]:
    """Yield (row, frames, error) for each row as it is done, in no fixed order."""
    if plan.backend == "sequential":
        with _blas_limit(plan.blas_threads):
            for row in rows:
                yield _extract_row(row, paths[row], plan.engine, spec, features)
        return
    if plan.backend in CLUSTERS:
        yield from _run_on_cluster(plan, features, spec, rows, paths)
        return
    # joblib comes late: a plain loop and the commands that never extract do without it.
    import joblib
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    in_processes = plan.backend == "loky"
    per_task = plan.blas_threads if in_processes else None
    task = joblib.delayed(_extract_rows)
    workers = plan.workers()
    calls = (task(batch, plan.engine, spec, features, per_task) for batch in _batches(rows, paths, workers))
    parallel = joblib.Parallel(n_jobs=workers, backend=plan.backend, batch_size=1, return_as="generator_unordered")
    with _blas_limit(None if in_processes else plan.blas_threads):
        found: Generator[list[_Result], None, None] = parallel(calls)
        try:
            # Not "yield from found": that closes the generator by itself, and warns, when the work is cancelled.
            for batch in found:
                yield from batch
        except TerminatedWorkerError as died:
            raise WorkerDiedError(
                "a worker process was killed while extracting features",
                "",
                "Most often memory ran out: use fewer --jobs, or the engine fused, which needs no processes",
            ) from died
        finally:
            with warnings.catch_warnings():
                # Work that is cancelled leaves finished tasks unread; joblib would advise to ask for fewer.
                warnings.filterwarnings("ignore", "[0-9]+ tasks ", UserWarning)
                found.close()


def _run_on_cluster(
    plan: Plan, features: FeatureFile, spec: FeatureSpec, rows: list[int], paths: Sequence[str]
) -> Generator[_Result, None, None]:
    import joblib

    task = joblib.delayed(_extract_elsewhere)
    with cluster(plan.backend, plan.workers()) as cores:
        calls = (task(batch, plan.engine, spec, plan.blas_threads) for batch in _batches(rows, paths, cores))
        with contextlib.closing(results(plan.backend, calls, cores)) as found:
            for batch in found:
                for row, matrix, error in batch:
                    if matrix is not None:
                        features.write(row, matrix)
                    yield row, 0 if matrix is None else len(matrix), error


_Clips = list[tuple[int, str]]


def _batches(rows: list[int], paths: Sequence[str], workers: int) -> Iterator[_Clips]:
    size = min(_MOST_CLIPS, max(1, len(rows) // (workers * _TASKS_PER_WORKER)))
    for start in range(0, len(rows), size):
        yield [(row, paths[row]) for row in rows[start : start + size]]


def _extract_rows(
    clips: _Clips, engine: str, spec: FeatureSpec, features: FeatureFile, blas_threads: int | None
) -> list[_Result]:
    with _blas_limit(blas_threads):
        return [_extract_row(row, path, engine, spec, features) for row, path in clips]


def _extract_row(row: int, path: str, engine: str, spec: FeatureSpec, features: FeatureFile) -> _Result:
    matrix, error = _matrix_of(path, engine, spec)
    if matrix is None:
        return row, 0, error
    features.write(row, matrix)
    return row, len(matrix), None


def _extract_elsewhere(
    clips: _Clips, engine: str, spec: FeatureSpec, blas_threads: int | None
) -> list[tuple[int, np.ndarray | None, AecError | None]]:
    """Extract where the feature file is out of reach: the matrices travel, some 17 kB each."""
    with _blas_limit(blas_threads):
        return [(row, *_matrix_of(path, engine, spec)) for row, path in clips]


def _matrix_of(path: str, engine: str, spec: FeatureSpec) -> tuple[np.ndarray | None, AecError | None]:
    module: Any = importlib.import_module(ENGINES[engine])
    try:
        return module.extract_file(path, spec)[: spec.max_frames], None
    except AudioDecodeError as error:
        # The cause may not survive the way between processes, and nobody reads it there.
        error.__cause__ = error.__context__ = None
        return None, error


@contextlib.contextmanager
def _blas_limit(threads: int | None) -> Iterator[None]:
    if threads is None:
        yield
        return
    from threadpoolctl import threadpool_limits

    with threadpool_limits(threads, user_api="blas"):
        yield
