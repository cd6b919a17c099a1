"""Process of one measurement, `python -m aec.benchmark.measurement_process`.

Its argument is a file with a task. It extracts the features twice (cold: timed from the start of the process; warm:
once more), trains the network and times the stages of some clips if the task says so, and writes a report into its
scratch folder for `aec.benchmark.measurement`, which samples its memory from outside meanwhile.
"""

import math
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import psutil

from aec.benchmark.results import ClipStage, MeasuredStage
from aec.benchmark.settings import PlannedConfiguration
from aec.features import FeatureSpec
from aec.features.feature_file import cannot_write
from aec.system.blas import blas_threads
from aec.system.processes import end_with_parent

if TYPE_CHECKING:
    from aec.features.extraction import Extraction


# Name of the report in the scratch folder.
REPORT = "report.json"


class MeasurementTask(msgspec.Struct, frozen=True, kw_only=True):
    """Task of one measurement.

    Parameters
    ----------
    configuration : PlannedConfiguration
    paths : tuple of str
    spec : FeatureSpec
    labels : tuple of str
    targets : tuple of int
        Index of each clip's label.
    train, test : tuple of int
        Rows of the training and the test clips; empty without training.
    seed : int
    scratch : str
        Folder of temporary files.
    save : str or None
        Path of a .npy file for the features.
    staged_clips : tuple of str
        Clips whose stages are timed.
    parent : int or None
        Process that waits for the report; without it the measurement ends.
    started : float
        Time at which the process was started, in seconds since the epoch.
    """

    configuration: PlannedConfiguration
    paths: tuple[str, ...]
    spec: FeatureSpec
    labels: tuple[str, ...] = ()
    targets: tuple[int, ...] = ()
    train: tuple[int, ...] = ()
    test: tuple[int, ...] = ()
    seed: int = 0
    scratch: str
    save: str | None = None
    staged_clips: tuple[str, ...] = ()
    parent: int | None = None
    started: float = 0.0

    def rows(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return targets, training rows and test rows [dtype=int64]."""
        targets, train, test = (np.array(rows, dtype=np.int64) for rows in (self.targets, self.train, self.test))
        return targets, train, test


class TimedStage(msgspec.Struct, frozen=True, kw_only=True):
    """A timed stage, with begin and end in seconds since the epoch.

    Parameters
    ----------
    stage : {"extraction", "training"}
    cold : bool
        Timed from the start of the process.
    begin, end : float
    seconds : float
    cpu_s : float
        Processor time of the process and its workers.
    """

    stage: MeasuredStage
    cold: bool
    begin: float
    end: float
    seconds: float
    cpu_s: float


class ProcessReport(msgspec.Struct, frozen=True, kw_only=True):
    """Report of a measurement process.

    Parameters
    ----------
    stages : tuple of TimedStage
    predicted : tuple of int or None
        Predicted label indices of the test clips; None without training.
    clip_stages : tuple of ClipStage
        Empty unless the task asked for them.
    """

    stages: tuple[TimedStage, ...]
    predicted: tuple[int, ...] | None = None
    clip_stages: tuple[ClipStage, ...] = ()


class _Baseline:
    """First or final version, with the same methods as `_Engine`."""

    def __init__(self, task: MeasurementTask) -> None:
        self._task = task
        self._jobs = task.configuration.jobs if task.configuration.version == "final" else None
        self._features = np.empty(0, dtype=np.float32)

    def extract(self) -> None:
        """Extract the features and discard those of the extraction before."""
        from aec.benchmark.baseline import extract_baseline

        self._features = np.empty(0, dtype=np.float32)
        self._features = extract_baseline(self._task.paths, self._task.spec, self._jobs)

    def load_training(self) -> None:
        """Load the libraries that training needs, before it is timed."""
        import sklearn.neural_network
        import sklearn.preprocessing  # noqa: F401

    def train(self) -> np.ndarray:
        """Train on the features and return the predicted label indices of the test clips."""
        from aec.benchmark.baseline import train_baseline
        from aec.models.mlp import MlpSettings

        return train_baseline(self._features, *self._task.rows(), MlpSettings(seed=self._task.seed))

    def save(self, path: Path) -> None:
        """Write the features into a .npy file (clips, frames, coefficients; float32)."""
        _write_npy(path, self._features.shape, [self._features])

    def close(self) -> None:
        """Delete temporary files."""


class _Engine:
    """Our engine."""

    def __init__(self, task: MeasurementTask) -> None:
        from aec.features.extraction_settings import ExtractionSettings

        self._task = task
        self._settings = ExtractionSettings(
            "fused", task.configuration.backend, task.configuration.jobs, blas_threads=1
        )
        self._done: Extraction | None = None

    def extract(self) -> None:
        from aec.features.extraction import extract_features

        self.close()
        self._done = extract_features(
            self._task.paths, self._task.spec, self._settings, scratch=Path(self._task.scratch)
        )
        if self._done.failures:
            raise self._done.failures[0].error

    def load_training(self) -> None:
        import aec.models.mlp  # noqa: F401

    def train(self) -> np.ndarray:
        from aec.models.mlp import MlpSettings, fit_mlp

        targets, train, test = self._task.rows()
        features, recipe = self._extraction.features, MlpSettings(seed=self._task.seed)
        fitted = fit_mlp(features, train, targets, len(self._task.labels), recipe, threads=self._settings.jobs)
        return np.asarray(fitted.logits(features, test).argmax(axis=1), dtype=np.int64)

    def save(self, path: Path) -> None:
        features = self._extraction.features
        count = features.shape[0]
        batches = (np.arange(start, min(start + 256, count)) for start in range(0, count, 256))
        _write_npy(path, features.shape, (features.read(rows) for rows in batches))

    def close(self) -> None:
        if self._done is not None:
            self._done.features.delete()

    @property
    def _extraction(self) -> "Extraction":
        if self._done is None:
            raise RuntimeError("nothing was extracted")
        return self._done


def _write_npy(path: Path, shape: tuple[int, ...], parts: Iterable[np.ndarray]) -> None:
    # numpy.save does not report a full disk plainly, and a memory map is killed by it.
    try:
        with path.open("wb") as file:
            header = {"descr": "<f4", "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(file, header)
            for part in parts:
                file.write(np.ascontiguousarray(part, dtype="<f4").data)
    except OSError as error:
        raise cannot_write(path.parent, math.prod(shape) * 4, error) from error


def main(task: MeasurementTask) -> ProcessReport:
    """Carry out a task."""
    end_with_parent(task.parent)
    configuration = task.configuration
    version = _Engine(task) if configuration.version == "engine" else _Baseline(task)
    predicted: list[int] = []
    # The first version's loop runs in this process; its BLAS threads are limited here.
    limit = configuration.blas_threads if configuration.version.startswith("first") else None
    with blas_threads(limit):
        try:
            version.extract()
            end = time.time()
            seconds, cpu_s = end - task.started, _cpu_s()
            stages = [
                TimedStage(stage="extraction", cold=True, begin=task.started, end=end, seconds=seconds, cpu_s=cpu_s),
                _timed("extraction", version.extract),
            ]
            if task.save:
                version.save(Path(task.save))
            if configuration.trains and task.train:
                version.load_training()
                stages.append(_timed("training", lambda: predicted.extend(version.train().tolist())))
            clip_stages = _time_clip_stages(task) if task.staged_clips else ()
        finally:
            version.close()
    return ProcessReport(stages=tuple(stages), predicted=tuple(predicted) or None, clip_stages=clip_stages)


def _time_clip_stages(task: MeasurementTask) -> tuple[ClipStage, ...]:
    from aec.benchmark.clip_stages import time_clip_stages

    # The engine limits its BLAS threads to one while it extracts; the same applies here.
    with blas_threads(task.configuration.blas_threads):
        engine = task.configuration.version == "engine"
        return tuple(time_clip_stages("engine" if engine else "first", task.staged_clips, task.spec))


def _timed(stage: MeasuredStage, action: Callable[[], None]) -> TimedStage:
    begin, before, started = time.time(), _cpu_s(), time.perf_counter()
    action()
    seconds = time.perf_counter() - started
    cpu_s = _cpu_s() - before
    return TimedStage(stage=stage, cold=False, begin=begin, end=time.time(), seconds=seconds, cpu_s=cpu_s)


def _cpu_s() -> float:
    """Return the processor time of this process and all its workers in seconds."""
    me = psutil.Process()
    times = me.cpu_times()
    total = times.user + times.system + getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)
    for worker in me.children(recursive=True):
        try:
            spent = worker.cpu_times()
        except psutil.Error:
            continue
        total += spent.user + spent.system
    return float(total)


if __name__ == "__main__":
    _task = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=MeasurementTask)
    (Path(_task.scratch) / REPORT).write_bytes(msgspec.json.encode(main(_task)))
