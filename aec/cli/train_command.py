"""`aec train`: train a model, test it honestly, keep it as a run."""

import threading
import time
from argparse import Namespace
from pathlib import Path
from typing import Any

from aec.cli.busy import remark_if_busy
from aec.cli.data import exit_code, left_out_lines
from aec.cli.long_work import cancel_on_signals, refuse_changes
from aec.cli.output import print_json, progress_bar, remark, table
from aec.corpora import Scan, scan
from aec.errors import RunError, UsageError
from aec.runs.run import Run, create_run, open_run, recording

# An epoch that takes longer is told.
_SLOW_S = 2.0
# What a run has of its own.
_OWN = ("model", "features", "split", "folds", "labels", "epochs", "seed", "device", "workers", "parallel", "run")


def run(arguments: Namespace) -> int:
    """Train and print the report."""
    from aec.evaluation.splits import make_split
    from aec.training import TrainingSettings, check_model, check_team, train

    if arguments.resume:
        work = open_run(Path(arguments.resume))
        refuse_changes(arguments, _OWN)
        if work.state().get("state") == "running":
            raise RunError(f"{work.id} is under way in another process", "", "Wait for it, or stop it first")
        config = work.config()
        settings = TrainingSettings.from_dict(config)
        data = arguments.data or config.get("data")
        if not isinstance(data, list) or not data:
            raise RunError(f"{work.id} does not say which data it is about", "", "Name the DATA")
    else:
        settings, data = _settings(arguments), arguments.data
        if not data:
            raise UsageError("no DATA is named", "a folder or a manifest is expected")
        # Absolute, so that pages find the clips from wherever they are started; but not resolved: the name of a
        # linked folder may be the corpus's name.
        data = [str(Path(source).absolute()) for source in data]
    check_model(settings.model)
    check_team(settings.model, settings.team)
    # The data is looked at first: a run that cannot begin leaves no folder behind.
    found = scan(data, labels=settings.labels, progress=progress_bar("Scanning"))
    remark(*found.notes, *left_out_lines(found))
    make_split(found.usable_table, settings.split, settings.folds, settings.recipe.seed)
    if not arguments.resume:
        config = {**settings.to_dict(), "data": data}
        work = create_run(config, Path(arguments.run) if arguments.run else None, state="running")
    remark_if_busy(besides=work.id)
    cancel = cancel_on_signals("the best so far is kept")
    with recording(work):
        report = train(found, settings, work, progress=_Narrator(), cancel=cancel)
    return _tell(report, found, arguments, work)


def _settings(arguments: Namespace) -> Any:
    from aec.models.deep.settings import NetworkSettings, Team
    from aec.models.mlp import MlpSettings
    from aec.training import TrainingSettings, spec_for

    recipe: dict[str, Any] = {"seed": arguments.seed}
    if arguments.epochs is not None:
        if arguments.epochs < 1:
            raise UsageError(f"the number of epochs is {arguments.epochs}", "1 or more is expected")
        recipe["max_epochs"] = arguments.epochs
    own = {"mlp": MlpSettings(**recipe)} if arguments.model == "mlp" else {"network": NetworkSettings(**recipe)}
    return TrainingSettings(
        model=arguments.model,
        spec=spec_for(arguments.model, arguments.features),
        split=arguments.split,
        folds=arguments.folds,
        labels=arguments.labels,
        team=Team(arguments.workers, arguments.parallel, arguments.device),
        **own,
    )


class _Narrator:
    """Draws progress records on standard error."""

    def __init__(self) -> None:
        self._bar = progress_bar("Extracting")
        self._lock = threading.Lock()
        self._told = time.monotonic()

    def _slow(self, record: dict[str, Any]) -> bool:
        """Return whether an epoch takes so long that each is worth a line."""
        now = time.monotonic()
        took, self._told = now - self._told, now
        return took > _SLOW_S and record["epoch"] > 1

    def __call__(self, record: dict[str, Any]) -> None:
        # Folds report from several threads.
        with self._lock:
            if record["stage"] == "extract":
                self._bar(record["done"], record["total"])
            elif record["stage"] in {"fold", "final"} and (record["epoch"] % 10 == 0 or self._slow(record)):
                where = f"Fold {record['fold']} of {record['folds']}" if record["stage"] == "fold" else "Final model"
                uar = record["validation_uar"]
                tail = "" if uar is None else f", validation UAR {uar:.2f}"
                remark(f"{where}, epoch {record['epoch']}: loss {record['loss']:.3f}{tail}")


def _tell(report: dict[str, Any], found: Scan, arguments: Namespace, work: Run) -> int:
    code = 130 if report["cancelled"] else exit_code(found)
    if report["folds_done"] < report["folds"]:
        folds = f"{report['folds_done']} of {report['folds']} folds"
        remark(f"Warning: the figures are of {folds}; do not compare them with figures of all folds.")
    if arguments.json:
        print_json({name: value for name, value in report.items() if name != "predictions"})
        return code
    print_report(report)
    print(f"Kept in {work.folder}")
    return code


def print_report(report: dict[str, Any]) -> None:
    """Print the figures of a report for people."""
    names = {"uar": "UAR", "accuracy": "Accuracy", "f1_weighted": "Weighted F1", "f1_macro": "Macro F1"}
    table((title, _figure(report[name], report["intervals"][name])) for name, title in names.items())
    print(report["interval_note"])
    print(f"Protocol: {report.get('split_title') or 'a saved model on other data'}; {report['n_test']:,} test clips.")
    for leak in report["leaks"]:
        mark = {True: "LEAK", False: "ok", None: "unknown"}[leak["found"]]
        print(f"  [{mark}] {leak['detail']}")
    for label, row in report["per_class"].items():
        print(
            f"  {label:<11} precision {row['precision']:.2f}  recall {row['recall']:.2f}  F1 {row['f1']:.2f}"
            f"  of {row['support']}"
        )
    for note in report["notes"]:
        print(note)


def _figure(value: float, interval: list[float] | None) -> str:
    return f"{value:.3f}" + (f"  [{interval[0]:.3f}, {interval[1]:.3f}]" if interval else "")
