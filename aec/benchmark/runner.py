"""Benchmark run: measurements of all versions, repeated in turn, and their result."""

import os
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypedDict

import msgspec
import numpy as np
import pandas as pd

from aec.benchmark.clip_stages import evenly_spread
from aec.benchmark.machine import describe_machine
from aec.benchmark.measurement import MeasuredProcess, measure
from aec.benchmark.measurement_process import MeasurementTask
from aec.benchmark.network_measurement import NetworkBenchmark
from aec.benchmark.network_speed import need_torch
from aec.benchmark.results import (
    STAGED_VERSIONS,
    BenchmarkData,
    BenchmarkResult,
    ClipStage,
    Measurement,
    Parity,
    Scores,
    Timeline,
)
from aec.benchmark.settings import (
    BenchmarkSettings,
    Configuration,
    PlannedConfiguration,
    Version,
    configurations,
)
from aec.benchmark.summary import largest_difference, summarise, with_totals
from aec.corpora import Scan
from aec.emotions import EMOTIONS
from aec.errors import CancelledError, CorpusError, SplitError, UsageError, WorkerDiedError
from aec.evaluation.metrics import confusion_matrix, metrics_of, per_class
from aec.evaluation.splits import Split, make_split
from aec.features import DEFAULT_SPECS
from aec.runs.run import Run
from aec.settings import read_settings
from aec.system.files import remove_orphans


class ProgressRecord(TypedDict):
    """Progress of a benchmark; `repeat` counts from 1, `title` is the current step."""

    stage: str
    done: int
    total: int
    repeat: int
    repeats: int
    title: str


Progress = Callable[[ProgressRecord], None]


def benchmark(
    scan: Scan,
    settings: BenchmarkSettings,
    run: Run,
    *,
    progress: Progress | None = None,
    cancel: threading.Event | None = None,
) -> BenchmarkResult:
    """Measure the versions on the same clips, the repeats in turn (A B C, A B C).

    Each measurement runs in a new process.

    Parameters
    ----------
    scan : Scan
    settings : BenchmarkSettings
    run : Run
        Receives progress and the report.
    progress : callable, optional
        Called with each progress record of the run.
    cancel : threading.Event, optional
        Once set, the current measurement is ended; the complete repeats make the result.

    Returns
    -------
    BenchmarkResult

    Raises
    ------
    CorpusError
        Fewer than two usable clips.
    CancelledError
        It was cancelled before the first repeat was complete.
    TrainingError
        Networks are to be trained, and PyTorch is missing.
    WorkerDiedError
        The first version itself could not be measured.
    """
    cancel = cancel or threading.Event()
    if settings.networks:
        need_torch()
    _check_limit(settings)
    table = _choose_clips(scan.usable_table, settings)
    bench = _Benchmark(table, settings, run, progress, cancel)
    scratch = read_settings().home / "scratch"
    scratch.mkdir(parents=True, exist_ok=True)
    remove_orphans(scratch, "benchmark")
    with tempfile.TemporaryDirectory(prefix=f"benchmark-{os.getpid()}-", dir=scratch) as folder:
        bench.measure(Path(folder))
    result = summarise(bench.data())
    # A cancellation after the last repeat has nothing left to end.
    run.write_report(msgspec.to_builtins(result, str_keys=True))
    run.write_state("cancelled" if result.cancelled else "finished")
    return result


class _Benchmark:
    """A benchmark in progress."""

    def __init__(
        self,
        table: pd.DataFrame,
        settings: BenchmarkSettings,
        run: Run,
        progress: Progress | None,
        cancel: threading.Event,
    ) -> None:
        self._table, self._settings, self._cancel = table, settings, cancel
        self._run, self._progress = run, progress
        self._labels = tuple(emotion for emotion in EMOTIONS if (table["emotion"] == emotion).any())
        self._targets = table["emotion"].map(self._labels.index).to_numpy(dtype=np.int64)
        self._configurations = configurations(settings)
        self._notes: list[str] = []
        self._split = _split(table, settings, self._notes)
        self._measurements: list[Measurement] = []
        self._complete_repeats = 0
        self._cancelled = False
        self._networks = NetworkBenchmark(settings)
        self._predicted: dict[Version, list[tuple[int, ...]]] = {}
        self._timelines: dict[object, Timeline] = {}
        self._differences: dict[Version, float | None] = {}
        self._failed: set[object] = set()
        self._clip_stages: dict[Version, tuple[ClipStage, ...]] = {}

    def measure(self, folder: Path) -> None:
        """Measure all repeats and the networks; `folder` is for temporary files."""
        self._warm_up(folder)
        try:
            for repeat in range(self._settings.repeats):
                self._measure_repeat(repeat, folder)
        except CancelledError:
            if not self._measurements:
                raise
            self._cancelled = True
            self._notes.append(f"Cancelled: {self._complete_repeats} of {self._settings.repeats} repeats were done.")
        self._compare_features(folder)
        if self._settings.networks and not self._cancelled:
            before = self._settings.repeats * len(self._configurations)
            self._networks.measure(
                folder, self._cancel, lambda done, repeat, title: self._add_progress(before + done, repeat, title)
            )
            self._notes += self._networks.notes
            self._cancelled = self._networks.cancelled

    def data(self) -> BenchmarkData:
        """Return all measurements."""
        split = self._split.title if self._split else None
        corpora = self._table["corpus"].value_counts().sort_index()
        return BenchmarkData(
            machine=describe_machine(),
            clips=len(self._table),
            duration_s=round(float(self._table["duration_s"].sum()), 1),
            corpora={str(name): int(number) for name, number in corpora.items()},
            settings=self._settings,
            measurements=with_totals(self._measurements),
            parity=Parity(largest_difference=self._differences, scores=self._scores(), split=split),
            stages=tuple(row for rows in self._clip_stages.values() for row in rows),
            networks=self._networks.rows(),
            features=DEFAULT_SPECS["mfcc"],
            timelines=tuple(self._timelines.values()),
            notes=tuple(self._notes),
            cancelled=self._cancelled,
        )

    def _warm_up(self, folder: Path) -> None:
        """Compile librosa's cached functions and read the files into the page cache."""
        self._report_progress(0, 0, "Warming up")
        task = self._task(PlannedConfiguration("first", "sequential", 1), 0, folder)
        measure(msgspec.structs.replace(task, paths=task.paths[:2], save=None, staged_clips=()), self._cancel)
        for path in task.paths:
            if self._cancel.is_set():
                break
            Path(path).read_bytes()

    def _measure_repeat(self, repeat: int, folder: Path) -> None:
        """Measure every configuration once; the measurements count only if all were made."""
        done: list[MeasuredProcess] = []
        for number, configuration in enumerate(self._configurations):
            self._report_progress(repeat, number, configuration.title)
            if configuration.key in self._failed:
                continue
            try:
                done.append(measure(self._task(configuration, repeat, folder), self._cancel))
            except WorkerDiedError as died:
                if configuration.version == "first":
                    raise
                # The other versions can still be compared; this one would most likely fail again.
                self._failed.add(configuration.key)
                text = str(died)
                self._notes.append(text[:1].upper() + text[1:])
        for measured in done:
            self._add(measured, repeat)
        self._complete_repeats += 1
        self._report_progress(repeat + 1, 0, "")

    def _compare_features(self, folder: Path) -> None:
        for configuration in sorted(self._configurations, key=lambda each: each.version):
            path = folder / f"{configuration.version}.npy"
            if configuration.version != "first" and path.exists():
                self._differences[configuration.version] = largest_difference(folder / "first.npy", path)

    def _task(self, configuration: PlannedConfiguration, repeat: int, folder: Path) -> MeasurementTask:
        fold = self._split.folds[0] if self._split else None
        # One file of features per version is enough for the comparison; the others are the same work.
        saves = repeat == 0 and configuration.version != "first, one BLAS thread"
        saves = saves and (configuration.version == "first" or configuration.jobs == max(self._settings.jobs))
        return MeasurementTask(
            configuration=configuration,
            paths=tuple(self._table["path"]),
            spec=DEFAULT_SPECS["mfcc"],
            labels=self._labels,
            targets=tuple(self._targets.tolist()),
            train=tuple(fold.train.tolist()) if fold else (),
            test=tuple(fold.test.tolist()) if fold else (),
            seed=self._settings.seed + repeat,
            scratch=str(folder),
            save=str(folder / f"{configuration.version}.npy") if saves else None,
            staged_clips=self._staged_clips(configuration, repeat),
        )

    def _staged_clips(self, configuration: Configuration, repeat: int) -> tuple[str, ...]:
        """Return clips for timing by stage, once per version in its first configuration."""
        first = next(each for each in self._configurations if each.version == configuration.version)
        if repeat > 0 or configuration.key != first.key or configuration.version not in STAGED_VERSIONS:
            return ()
        return tuple(evenly_spread(self._table["path"].tolist()))

    def _add(self, measured: MeasuredProcess, repeat: int) -> None:
        version = measured.configuration.version
        self._measurements += measured.measurements(repeat + 1)
        self._timelines[measured.configuration.key] = measured.timeline()
        if measured.report.clip_stages:
            self._clip_stages[version] = measured.report.clip_stages
        if measured.report.predicted is not None:
            self._predicted.setdefault(version, []).append(measured.report.predicted)

    def _scores(self) -> tuple[Scores, ...]:
        if self._split is None:
            return ()
        truth = self._targets[self._split.folds[0].test]
        return tuple(
            _scores_of(version, truth, predicted, self._labels) for version, predicted in self._predicted.items()
        )

    def _report_progress(self, repeat: int, number: int, title: str) -> None:
        self._add_progress(repeat * len(self._configurations) + number, repeat, title)

    def _add_progress(self, done: int, repeat: int, title: str) -> None:
        record: ProgressRecord = {
            "stage": "benchmark",
            "done": done,
            "total": self._settings.repeats * len(self._configurations) + self._networks.total,
            "repeat": repeat + 1,
            "repeats": self._settings.repeats,
            "title": title,
        }
        self._run.add_progress({**record})
        if self._progress is not None:
            self._progress(record)


def _scores_of(
    version: Version, truth: np.ndarray, predicted: list[tuple[int, ...]], labels: tuple[str, ...]
) -> Scores:
    """Return the scores over all repeats together, with the range of their accuracies."""
    matrices = [confusion_matrix(truth, np.array(each), len(labels)) for each in predicted]
    accuracies = [float(metrics_of(matrix)["accuracy"]) for matrix in matrices]
    pooled = np.sum(matrices, axis=0)
    metrics = {name: float(value) for name, value in metrics_of(pooled).items()}
    rows = per_class(pooled, labels)
    return Scores(
        version=version,
        accuracy=metrics["accuracy"],
        uar=metrics["uar"],
        f1_weighted=metrics["f1_weighted"],
        f1_macro=metrics["f1_macro"],
        low=min(accuracies),
        high=max(accuracies),
        f1={label: row.f1 for label, row in rows.items() if row.support},
    )


def _check_limit(settings: BenchmarkSettings) -> None:
    limit = read_settings().jobs
    if limit is not None and max(settings.jobs) > limit:
        raise UsageError(
            f"{max(settings.jobs)} workers were requested",
            f"AEC_JOBS allows {limit}",
            "Ask for fewer, or unset AEC_JOBS",
        )


def _choose_clips(table: pd.DataFrame, settings: BenchmarkSettings) -> pd.DataFrame:
    if len(table) < 2:
        raise CorpusError("there are not two usable clips to measure with", "", "Choose other data or label set")
    if settings.clips is None or settings.clips >= len(table):
        return table
    # From all speakers and emotions, in the order of the table.
    rows = np.random.default_rng(settings.seed).permutation(len(table))[: settings.clips]
    return table.iloc[np.sort(rows)].reset_index(drop=True)


def _split(table: pd.DataFrame, settings: BenchmarkSettings, notes: list[str]) -> Split | None:
    """Return one 80/20 split for training, by speakers if these are known."""
    if not settings.training:
        return None
    for kind in ("speaker", "random"):
        try:
            return make_split(table, kind, 1, settings.seed)
        except SplitError as error:
            reason = error
    notes.append(f"The network was not trained: {reason}")
    return None
