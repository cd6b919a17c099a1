"""Workers of an extraction: a loop, threads, processes, or a cluster."""

import contextlib
import warnings
from collections.abc import Generator, Iterator

import numpy as np

from aec.errors import AecError, AudioDecodeError, WorkerDiedError
from aec.features.clusters import CLUSTERS, cluster, results
from aec.features.engines import load_engine
from aec.features.extraction_settings import ExtractionSettings
from aec.features.feature_file import FeatureFile
from aec.features.spec import FeatureSpec
from aec.system import blas

# Clips per task: enough that dispatch costs nothing, few enough that no worker waits long for the others.
_MOST_CLIPS, _TASKS_PER_WORKER = 16, 8

Clips = list[tuple[int, str]]
_Result = tuple[int, int, AecError | None]
_Matrix = tuple[int, np.ndarray | None, AecError | None]


def run(
    settings: ExtractionSettings, clips: Clips, spec: FeatureSpec, features: FeatureFile
) -> Generator[_Result, None, None]:
    """Extract clips into a feature file.

    Parameters
    ----------
    settings : ExtractionSettings
    clips : list of (int, str)
        Row and path of each.
    spec : FeatureSpec
    features : FeatureFile

    Yields
    ------
    tuple of (int, int, AecError or None)
        Row, frames and error of each clip as it is done, in no fixed order.

    Raises
    ------
    WorkerDiedError
        A worker was killed.
    StoreError
        The disk is full.
    """
    if settings.backend == "sequential":
        with blas.blas_threads(settings.blas_threads):
            for clip in clips:
                yield from _extract([clip], settings.engine, spec, features, None)
    elif settings.backend in CLUSTERS:
        yield from _run_on_cluster(settings, clips, spec, features)
    else:
        yield from _run_on_joblib(settings, clips, spec, features)


def _run_on_joblib(
    settings: ExtractionSettings, clips: Clips, spec: FeatureSpec, features: FeatureFile
) -> Generator[_Result, None, None]:
    # Imported late: a plain loop, and commands that extract nothing, do without it.
    import joblib
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    workers, in_processes = settings.workers(), settings.backend == "loky"
    per_task = settings.blas_threads if in_processes else None
    task = joblib.delayed(_extract)
    calls = (task(batch, settings.engine, spec, features, per_task) for batch in _batches(clips, workers))
    parallel = joblib.Parallel(
        n_jobs=workers, backend=settings.backend, batch_size=1, return_as="generator_unordered"
    )
    with blas.blas_threads(None if in_processes else settings.blas_threads):
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
                # Cancelled work leaves finished tasks unread; joblib would warn of that.
                warnings.filterwarnings("ignore", "[0-9]+ tasks ", UserWarning)
                found.close()


def _run_on_cluster(
    settings: ExtractionSettings, clips: Clips, spec: FeatureSpec, features: FeatureFile
) -> Generator[_Result, None, None]:
    import joblib

    # The feature file is out of reach there: the matrices are sent back, some 17 kB each.
    task = joblib.delayed(_matrices)
    with cluster(settings.backend, settings.workers()) as cores:
        calls = (task(batch, settings.engine, spec, settings.blas_threads) for batch in _batches(clips, cores))
        with contextlib.closing(results(settings.backend, calls, cores)) as found:
            for batch in found:
                yield from _written(batch, features)


def _batches(clips: Clips, workers: int) -> Iterator[Clips]:
    size = min(_MOST_CLIPS, max(1, len(clips) // (workers * _TASKS_PER_WORKER)))
    for start in range(0, len(clips), size):
        yield clips[start : start + size]


def _extract(
    clips: Clips, engine: str, spec: FeatureSpec, features: FeatureFile, blas_threads: int | None
) -> list[_Result]:
    with blas.blas_threads(blas_threads):
        return [result for row, path in clips for result in _written([(row, *_matrix(path, engine, spec))], features)]


def _matrices(clips: Clips, engine: str, spec: FeatureSpec, blas_threads: int | None) -> list[_Matrix]:
    with blas.blas_threads(blas_threads):
        return [(row, *_matrix(path, engine, spec)) for row, path in clips]


def _matrix(path: str, engine: str, spec: FeatureSpec) -> tuple[np.ndarray | None, AecError | None]:
    try:
        return load_engine(engine).extract_file(path, spec)[: spec.max_frames], None
    except AudioDecodeError as error:
        # The cause may not survive the way between processes, and is not read there.
        error.__cause__ = error.__context__ = None
        return None, error


def _written(matrices: list[_Matrix], features: FeatureFile) -> Iterator[_Result]:
    for row, matrix, error in matrices:
        if matrix is not None:
            features.write(row, matrix)
        yield row, 0 if matrix is None else len(matrix), error
