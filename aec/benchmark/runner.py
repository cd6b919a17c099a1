"""Clips + settings -> measurements, repeated in turn, and what they show."""

import logging
import os
import shutil
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import psutil

from aec.benchmark.machine import describe_machine
from aec.benchmark.measuring import Measured, measure
from aec.benchmark.networks import need_torch
from aec.benchmark.pacing import NetworkBench
from aec.benchmark.scaling import fit_engine
from aec.benchmark.settings import BenchmarkSettings, Configuration, configurations
from aec.benchmark.stages import TAKEN_APART, some_of
from aec.benchmark.summary import largest_difference, sentence, speed_ups, with_totals
from aec.corpora import Scan
from aec.emotions import EMOTIONS
from aec.errors import CancelledError, CorpusError, SplitError, UsageError, WorkerDiedError
from aec.evaluation.metrics import confusion_matrix, metrics_of, per_class
from aec.evaluation.splits import Split, make_split
from aec.features import DEFAULT_SPECS
from aec.runs.run import Run
from aec.settings import read_settings

log = logging.getLogger(__name__)
Progress = Callable[[dict[str, Any]], None]


def benchmark(
    scan: Scan,
    settings: BenchmarkSettings,
    run: Run,
    *,
    progress: Progress | None = None,
    cancel: threading.Event | None = None,
) -> dict[str, Any]:
    """Measure the versions on the same clips, each in new processes, the repeats in turn (A B C, A B C, ...).

    Parameters
    ----------
    scan : Scan
    settings : BenchmarkSettings
    run : Run
        Where progress and the report go.
    progress : callable, optional
        Called with each record that `run.add_progress` is given.
    cancel : threading.Event, optional
        Once set, the measurement under way is ended; whole repeats that are done already make the report.

    Returns
    -------
    dict
        The benchmark contract of the command line, JSON types only.

    Raises
    ------
    CorpusError
        Nothing to measure.
    CancelledError
        It was cancelled before its first repeat was done.
    TrainingError
        Networks are to be trained, and PyTorch is missing.
    WorkerDiedError
        The first version itself could not be measured.
    """
    stop = cancel or threading.Event()
    if settings.networks:
        need_torch()
    _check_limit(settings)
    table = _choose_clips(scan.usable_table, settings)
    bench = _Bench(table, settings, run, progress)
    scratch = read_settings().home / "scratch"
    scratch.mkdir(parents=True, exist_ok=True)
    _remove_orphans(scratch)
    with tempfile.TemporaryDirectory(prefix=f"benchmark-{os.getpid()}-", dir=scratch) as folder:
        bench.warm_up(Path(folder), stop)
        try:
            for repeat in range(settings.repeats):
                bench.one_repeat(repeat, Path(folder), stop)
        except CancelledError:
            if not bench.rows:
                raise
            bench.cancelled = True
            bench.notes.append(f"Cancelled: {bench.whole_repeats} of {settings.repeats} repeats were done.")
        bench.compare_features(Path(folder))
        if settings.networks and not bench.cancelled:
            bench.train_networks(Path(folder), stop)
    report = bench.report()
    # A wish to cancel that came after the last repeat has nothing to end any more.
    report["cancelled"] = bench.cancelled
    run.write_report(report)
    run.write_state("cancelled" if report["cancelled"] else "finished")
    return report


class _Bench:
    """A benchmark under way."""

    def __init__(self, table: pd.DataFrame, settings: BenchmarkSettings, run: Run, progress: Progress | None) -> None:
        self.table, self.settings = table, settings
        self.labels = tuple(emotion for emotion in EMOTIONS if (table["emotion"] == emotion).any())
        self.targets = table["emotion"].map(self.labels.index).to_numpy(dtype=np.int64)
        self.notes: list[str] = []
        self.split = _split(table, settings, self.notes)
        self.rows: list[dict[str, Any]] = []
        self.whole_repeats = 0
        self.cancelled = False
        self.networks = NetworkBench(settings)
        self._answers: dict[str, list[list[int]]] = {}
        self._timelines: dict[tuple[str, str, int], dict[str, Any]] = {}
        self._differences: dict[str, float | None] = {}
        self._broken: set[tuple[str, str, int]] = set()
        self._parts: dict[str, list[dict[str, Any]]] = {}
        self._run, self._progress = run, progress

    def warm_up(self, folder: Path, stop: threading.Event) -> None:
        """Let librosa compile what it keeps, and the system read the files once; neither is any version's merit."""
        self._tell(0, 0, len(configurations(self.settings)), "Warming up")
        first = Configuration("first", "sequential", 1)
        task = self._task(first, 0, folder)
        measure({**task, "paths": task["paths"][:2], "save": None, "taken_apart": []}, first, stop)
        for path in task["paths"]:
            if stop.is_set():
                break
            Path(path).read_bytes()

    def one_repeat(self, repeat: int, folder: Path, stop: threading.Event) -> None:
        """Measure every version once; what was measured counts only when all were."""
        done: list[Measured] = []
        todo = configurations(self.settings)
        for number, configuration in enumerate(todo):
            self._tell(repeat, number, len(todo), configuration.title)
            if configuration.key in self._broken:
                continue
            try:
                done.append(measure(self._task(configuration, repeat, folder), configuration, stop))
            except WorkerDiedError as died:
                if configuration.version == "first":
                    raise
                # The others still tell something; this one would most likely die again.
                self._broken.add(configuration.key)
                text = str(died)
                self.notes.append(text[:1].upper() + text[1:])
        for measured in done:
            self._take(measured, repeat)
        self.whole_repeats += 1
        self._tell(repeat + 1, 0, len(todo), "")

    def compare_features(self, folder: Path) -> None:
        """Hold the features of the other versions against the first one's."""
        for path in sorted(folder.glob("*.npy")):
            if path.stem != "first":
                self._differences[path.stem] = largest_difference(folder / "first.npy", path)

    def train_networks(self, folder: Path, stop: threading.Event) -> None:
        """Measure how fast a network learns alone and in several processes."""
        self.networks.measure(folder, stop, self._tell_network)
        self.notes += self.networks.notes
        self.cancelled = self.networks.cancelled

    def report(self) -> dict[str, Any]:
        """Return what all the measurements show."""
        rows = with_totals(self.rows)
        summary, machine = speed_ups(rows), describe_machine()
        parity = {"largest_difference": self._differences, "scores": self._scores(), "split": self._split_title()}
        return {
            "machine": machine,
            "clips": len(self.table),
            "duration_s": round(float(self.table["duration_s"].sum()), 1),
            "corpora": {str(name): int(n) for name, n in self.table["corpus"].value_counts().sort_index().items()},
            "settings": {name: value for name, value in self.settings.to_dict().items() if name != "kind"},
            "repeats": self.whole_repeats,
            "measurements": rows,
            "summary": summary,
            "amdahl": fit_engine(rows, self.settings.backends[0], machine["cores"]),
            "parity": parity,
            "stages": [row for rows in self._parts.values() for row in rows],
            "networks": self.networks.rows(),
            "features": msgspec.to_builtins(DEFAULT_SPECS["mfcc"]),
            "timelines": list(self._timelines.values()),
            "notes": self.notes,
            "sentence": sentence(len(self.table), machine["cores"], summary, parity),
        }

    def _task(self, configuration: Configuration, repeat: int, folder: Path) -> dict[str, Any]:
        fold = self.split.folds[0] if self.split else None
        most = max(self.settings.jobs)
        # One file of features a version is enough to compare; the others are the same work on other workers.
        saves = repeat == 0 and configuration.version != "first, one BLAS thread"
        saves = saves and (configuration.version == "first" or configuration.jobs == most)
        return {
            "paths": self.table["path"].tolist(),
            "spec": msgspec.to_builtins(DEFAULT_SPECS["mfcc"]),
            "labels": list(self.labels),
            "targets": self.targets.tolist(),
            "train": fold.train.tolist() if fold else [],
            "test": fold.test.tolist() if fold else [],
            "seed": self.settings.seed + repeat,
            "scratch": str(folder),
            "save": str(folder / f"{configuration.version}.npy") if saves else None,
            "taken_apart": self._to_take_apart(configuration, repeat),
        }

    def _to_take_apart(self, configuration: Configuration, repeat: int) -> list[str]:
        """Return the clips whose stages are timed: once for a version, by the first of its configurations."""
        first = next(each for each in configurations(self.settings) if each.version == configuration.version)
        asked = repeat == 0 and configuration == first and configuration.version in TAKEN_APART
        return some_of(self.table["path"].tolist()) if asked else []

    def _take(self, measured: Measured, repeat: int) -> None:
        configuration = measured.configuration
        for stage in measured.stages:
            self.rows.append(
                {
                    "version": configuration.version,
                    "backend": configuration.backend,
                    "jobs": configuration.jobs,
                    "cold": stage.cold,
                    "repeat": repeat + 1,
                    "stage": stage.name,
                    "seconds": round(stage.seconds, 4),
                    "cpu_s": round(stage.cpu_s, 3),
                    "peak_memory_mb": round(stage.peak_memory_mb, 1),
                }
            )
        self._timelines[configuration.key] = measured.timeline()
        if measured.parts:
            self._parts[configuration.version] = list(measured.parts)
        if measured.predicted is not None:
            self._answers.setdefault(configuration.version, []).append(measured.predicted)

    def _scores(self) -> list[dict[str, Any]]:
        if self.split is None:
            return []
        truth = self.targets[self.split.folds[0].test]
        found = []
        for version, answers in self._answers.items():
            matrices = [confusion_matrix(truth, np.array(each), len(self.labels)) for each in answers]
            accuracies = [float(metrics_of(matrix)["accuracy"]) for matrix in matrices]
            pooled = np.sum(matrices, axis=0)
            metrics = {name: float(value) for name, value in metrics_of(pooled).items()}
            rows = per_class(pooled, self.labels)
            f1 = {label: float(row["f1"]) for label, row in rows.items() if row["support"]}
            found.append({"version": version, **metrics, "low": min(accuracies), "high": max(accuracies), "f1": f1})
        return found

    def _split_title(self) -> str | None:
        return self.split.title if self.split else None

    def _tell(self, repeat: int, number: int, of: int, title: str) -> None:
        self._record(repeat * of + number, repeat, title)

    def _tell_network(self, done: int, repeat: int, title: str) -> None:
        self._record(self.settings.repeats * len(configurations(self.settings)) + done, repeat, title)

    def _record(self, done: int, repeat: int, title: str) -> None:
        record = {
            "stage": "benchmark",
            "done": done,
            "total": self.settings.repeats * len(configurations(self.settings)) + self.networks.total,
            "repeat": repeat + 1,
            "repeats": self.settings.repeats,
            "title": title,
        }
        self._run.add_progress(record)
        if self._progress is not None:
            self._progress(record)


def _check_limit(settings: BenchmarkSettings) -> None:
    limit = read_settings().jobs
    if limit is not None and max(settings.jobs) > limit:
        raise UsageError(
            f"{max(settings.jobs)} workers were asked for",
            f"AEC_JOBS allows {limit}",
            "Ask for fewer, or unset AEC_JOBS",
        )


def _remove_orphans(scratch: Path) -> None:
    """Remove what benchmarks that were killed left behind; nobody else would."""
    for folder in scratch.glob("benchmark-*-*"):
        owner = folder.name.split("-")[1]
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)


def _choose_clips(table: pd.DataFrame, settings: BenchmarkSettings) -> pd.DataFrame:
    if len(table) < 2:
        raise CorpusError("there are not two usable clips to measure with", "", "Choose other data or label set")
    if settings.clips is None or settings.clips >= len(table):
        return table
    # Drawn from all speakers and emotions, in the order of the table.
    rows = np.random.default_rng(settings.seed).permutation(len(table))[: settings.clips]
    return table.iloc[np.sort(rows)].reset_index(drop=True)


def _split(table: pd.DataFrame, settings: BenchmarkSettings, notes: list[str]) -> Split | None:
    """Return one 80/20 division to train on, by speakers where they are known."""
    if not settings.training:
        return None
    for kind in ("speaker", "random"):
        try:
            return make_split(table, kind, 1, settings.seed)
        except SplitError as error:
            reason = error
    notes.append(f"The network was not trained: {reason}")
    return None
