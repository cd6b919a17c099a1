"""The command `aec train`: train a model, evaluate it, and keep both as a run."""

import threading
import time
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from aec.cli.data import exit_code, left_out_lines
from aec.cli.long_work import cancel_on_signals, refuse_changes, remark_if_busy
from aec.cli.output import print_json, progress_bar, remark, table
from aec.corpora import scan
from aec.errors import RunError, UsageError
from aec.runs.run import create_run, open_run, recording

if TYPE_CHECKING:
    from aec.training import EvaluationReport
    from aec.training.progress import ProgressRecord

# Epochs that take longer are printed one by one.
_SLOW_S = 2.0
# Options that are part of a run's configuration.
_CONFIGURED = (
    "model",
    "features",
    "split",
    "folds",
    "labels",
    "epochs",
    "seed",
    "device",
    "workers",
    "parallel",
    "run",
)
_METRIC_TITLES = {"uar": "UAR", "accuracy": "Accuracy", "f1_weighted": "Weighted F1", "f1_macro": "Macro F1"}


def run(arguments: Namespace) -> int:
    """Train and print the report."""
    from aec.models.learner import check_model, check_team
    from aec.training import TrainingSettings, split_for, train
    from aec.training.settings import training_settings

    if arguments.resume:
        work = open_run(Path(arguments.resume))
        refuse_changes(arguments, _CONFIGURED)
        if work.state().name == "running":
            raise RunError(f"{work.id} is under way in another process", "", "Wait for it, or stop it first")
        settings = TrainingSettings.from_config(work.config())
        data = arguments.data or settings.data
        if not data:
            raise RunError(f"{work.id} does not say which data it is about", "", "Name the DATA")
    else:
        if not arguments.data:
            raise UsageError("no DATA is named", "a folder or a manifest is expected")
        options = {name: getattr(arguments, name) for name in _CONFIGURED if name != "run"}
        settings = training_settings(arguments.data, **options)
        data = settings.data
    check_model(settings.model)
    check_team(settings.model, settings.team)
    # Scanned and split first: a run that cannot begin leaves no folder behind.
    found = scan(list(data), labels=settings.labels, progress=progress_bar("Scanning"))
    remark(*found.notes, *left_out_lines(found))
    split = split_for(found.usable_table, settings)
    if not arguments.resume:
        folder = Path(arguments.run) if arguments.run else None
        work = create_run(settings.to_config(), folder, state="running")
    remark_if_busy(besides=work.id)
    cancel = cancel_on_signals("the best so far is kept")
    with recording(work):
        report = train(found, settings, work, split=split, progress=_ProgressPrinter(), cancel=cancel)
    if not report.is_complete:
        folds = f"{report.folds_done} of {report.folds} folds"
        remark(f"Warning: the figures are of {folds}; do not compare them with figures of all folds.")
    if arguments.json:
        print_json({name: value for name, value in msgspec.to_builtins(report).items() if name != "predictions"})
    else:
        print_report(report, report.split_title)
        print(f"Kept in {work.folder}")
    return 130 if report.cancelled else exit_code(found)


class _ProgressPrinter:
    """Progress records as a bar and as lines on standard error."""

    def __init__(self) -> None:
        self._bar = progress_bar("Extracting")
        self._lock = threading.Lock()
        self._last_epoch = time.monotonic()

    def __call__(self, record: "ProgressRecord") -> None:
        from aec.training.progress import EpochProgress, ExtractionProgress

        # Folds report from several threads.
        with self._lock:
            if isinstance(record, ExtractionProgress):
                self._bar(record.done, record.total)
            elif isinstance(record, EpochProgress) and (record.epoch % 10 == 0 or self._is_slow(record.epoch)):
                title = f"Fold {record.fold} of {record.folds}" if record.fold else "Final model"
                uar = "" if record.validation_uar is None else f", validation UAR {record.validation_uar:.2f}"
                remark(f"{title}, epoch {record.epoch}: loss {record.loss:.3f}{uar}")

    def _is_slow(self, epoch: int) -> bool:
        """Return whether the epoch took long enough for a line of its own."""
        now = time.monotonic()
        seconds, self._last_epoch = now - self._last_epoch, now
        return seconds > _SLOW_S and epoch > 1


def print_report(report: "EvaluationReport", protocol: str) -> None:
    """Print the metrics of a report as text, after a protocol in words."""
    metrics, intervals = report.metrics, report.intervals
    table((title, _figure(metrics[name], intervals[name])) for name, title in _METRIC_TITLES.items())
    print(report.interval_note)
    print(f"Protocol: {protocol}; {report.n_test:,} test clips.")
    for leak in report.leaks:
        mark = {True: "LEAK", False: "ok", None: "unknown"}[leak.found]
        print(f"  [{mark}] {leak.detail}")
    for label, row in report.per_class.items():
        print(
            f"  {label:<11} precision {row.precision:.2f}  recall {row.recall:.2f}  F1 {row.f1:.2f}  of {row.support}"
        )
    for note in report.notes:
        print(note)


def _figure(value: float, interval: tuple[float, float] | None) -> str:
    return f"{value:.3f}" + (f"  [{interval[0]:.3f}, {interval[1]:.3f}]" if interval else "")
