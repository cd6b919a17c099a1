"""One measurement, in a process of its own: `python -m aec.benchmark.child TASK.json`.

It extracts the features twice (cold: from the start of the process; warm: once more in it), trains the network if
asked, times the stages of a few clips if asked, and says on standard output, as a line of JSON each, when a stage
begins and ends. Whoever started it looks at its memory from outside.
"""

import json
import math
import os
import signal
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

import msgspec
import numpy as np
import psutil

from aec.benchmark.settings import Configuration
from aec.features import FeatureSpec
from aec.features.feature_file import cannot_write


class _Version(Protocol):
    """How a version does the two stages."""

    def extract(self) -> None:
        """Extract the features, dropping those of the time before."""

    def load_training(self) -> None:
        """Load the libraries that training needs, before its clock starts."""

    def train(self) -> np.ndarray:
        """Train on the features, and return the predicted numbers of the test clips."""

    def save(self, path: Path) -> None:
        """Write the features into a .npy file [shape=(clips, frames, coefficients), dtype=float32]."""

    def close(self) -> None:
        """Give back what lies on disk."""


class _Described:
    def __init__(self, task: dict[str, Any], configuration: Configuration, spec: FeatureSpec) -> None:
        self._task, self._spec = task, spec
        self._jobs = configuration.jobs if configuration.version == "final" else None
        self._features = np.empty(0, dtype=np.float32)

    def extract(self) -> None:
        from aec.benchmark.described import extract_described

        self._features = np.empty(0, dtype=np.float32)
        self._features = extract_described(self._task["paths"], self._spec, self._jobs)

    def load_training(self) -> None:
        import sklearn.neural_network
        import sklearn.preprocessing  # noqa: F401

    def train(self) -> np.ndarray:
        from aec.benchmark.described import train_described
        from aec.models.mlp import MlpSettings

        train, test, targets = (np.array(self._task[name], dtype=np.int64) for name in ("train", "test", "targets"))
        return train_described(self._features, targets, train, test, MlpSettings(seed=self._task["seed"]))

    def save(self, path: Path) -> None:
        _write_npy(path, self._features.shape, [self._features])

    def close(self) -> None:
        pass


class _Ours:
    def __init__(self, task: dict[str, Any], configuration: Configuration, spec: FeatureSpec) -> None:
        from aec.features.extraction_settings import ExtractionSettings

        self._task, self._spec = task, spec
        self._plan = ExtractionSettings("fused", configuration.backend, configuration.jobs, blas_threads=1)
        self._done: Any = None

    def extract(self) -> None:
        from aec.features.extraction import extract_features

        self.close()
        self._done = extract_features(
            self._task["paths"], self._spec, self._plan, scratch=Path(self._task["scratch"])
        )
        if self._done.failures:
            raise self._done.failures[0].error

    def load_training(self) -> None:
        import aec.models.mlp  # noqa: F401

    def train(self) -> np.ndarray:
        from aec.models.mlp import MlpSettings, fit_mlp

        train, test, targets = (np.array(self._task[name], dtype=np.int64) for name in ("train", "test", "targets"))
        settings = MlpSettings(seed=self._task["seed"])
        fitted = fit_mlp(
            self._done.features, train, targets, len(self._task["labels"]), settings, threads=self._plan.jobs
        )
        return np.asarray(fitted.logits(self._done.features, test).argmax(axis=1), dtype=np.int64)

    def save(self, path: Path) -> None:
        features = self._done.features
        count = features.shape[0]
        batches = (np.arange(start, min(start + 256, count)) for start in range(0, count, 256))
        _write_npy(path, features.shape, (features.read(rows) for rows in batches))

    def close(self) -> None:
        if self._done is not None:
            self._done.features.delete()


def _write_npy(path: Path, shape: tuple[int, ...], parts: Iterable[np.ndarray]) -> None:
    # numpy's own writing says nothing of a full disk but how many values were left, and a map dies of it.
    try:
        with path.open("wb") as file:
            header = {"descr": "<f4", "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(file, header)
            for part in parts:
                file.write(np.ascontiguousarray(part, dtype="<f4").data)
    except OSError as error:
        raise cannot_write(path.parent, math.prod(shape) * 4, error) from error


def main(task: dict[str, Any]) -> None:
    """Carry out a task and tell the stages."""
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True, name="benchmark-parent").start()
    configuration = Configuration(**task["configuration"])
    spec = msgspec.convert(task["spec"], FeatureSpec)
    version: _Version = (_Ours if configuration.version == "engine" else _Described)(task, configuration, spec)
    # The first version's loop runs in this process; its threads of arithmetic are limited here.
    limit = configuration.blas_threads if configuration.version.startswith("first") else None
    with _blas_limit(limit):
        try:
            _tell("begin", "extraction", cold=True)
            version.extract()
            _tell("end", "extraction", cold=True, seconds=time.time() - task["spawned"], cpu_s=_cpu_s())
            _stage("extraction", version.extract)
            if task.get("save"):
                version.save(Path(task["save"]))
            if configuration.trains and task["train"]:
                version.load_training()
                predicted: list[np.ndarray] = []
                _stage("training", lambda: predicted.append(version.train()))
                _tell("answers", "training", predicted=predicted[0].tolist())
            if task.get("taken_apart"):
                _take_apart(configuration, task["taken_apart"], spec)
        finally:
            version.close()


def _end_with(parent: int) -> None:
    """End this process and its workers once whoever started it is gone: nobody else would."""
    while os.getppid() == parent:
        time.sleep(1)
    if sys.platform != "win32" and os.getpgid(0) == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def _take_apart(configuration: Configuration, paths: list[str], spec: FeatureSpec) -> None:
    from aec.benchmark.stages import stage_times

    # The engine limits its arithmetic to one thread where it works, and so does who times it.
    with _blas_limit(configuration.blas_threads):
        _tell("parts", "extraction", parts=stage_times(configuration.version, paths, spec))


def _stage(name: str, action: Any) -> None:
    _tell("begin", name, cold=False)
    before, started = _cpu_s(), time.perf_counter()
    action()
    seconds = time.perf_counter() - started
    _tell("end", name, cold=False, seconds=seconds, cpu_s=_cpu_s() - before)


def _tell(event: str, stage: str, **more: object) -> None:
    sys.stdout.write(json.dumps({"event": event, "stage": stage, "time": time.time(), **more}) + "\n")
    sys.stdout.flush()


def _cpu_s() -> float:
    """Return the processor time of this process and of its workers, dead or alive, in seconds."""
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


def _blas_limit(threads: int | None) -> Any:
    from threadpoolctl import threadpool_limits

    return threadpool_limits(threads, user_api="blas")


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
