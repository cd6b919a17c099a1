"""Clips + split -> a trained model, its report and its run.

Each fold trains on its own clips and answers for the clips it never saw; all figures come from those pooled answers.
The kept model is then trained on everything. Folds run side by side, each on one thread of arithmetic: the numbers
are then the same on any number of cores.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from aec.corpora import Scan
from aec.errors import CancelledError
from aec.evaluation.calibration import UNSURE_BELOW
from aec.evaluation.metrics import METRICS
from aec.evaluation.splits import make_split
from aec.models.card import ModelCard, TrainingData
from aec.models.learner import Fitted, Learner, check_model, check_team, make_learner
from aec.runs.run import Run
from aec.settings import usable_cores
from aec.training.assessment import fingerprint
from aec.training.folds import FoldResult, train_final, train_folds
from aec.training.material import Material, Progress, digest_of, extract, make_material
from aec.training.report import Pooled, make_report, pool
from aec.training.settings import TrainingSettings


def train(
    scan: Scan,
    settings: TrainingSettings,
    run: Run,
    *,
    jobs: int | None = None,
    use_store: bool = True,
    progress: Progress | None = None,
    cancel: threading.Event | None = None,
) -> dict[str, Any]:
    """Train, test and keep a model.

    Parameters
    ----------
    scan : Scan
        The clips; its label set is the model's.
    settings : TrainingSettings
    run : Run
        Where progress, checkpoints, report and model go. Folds whose answers lie in its checkpoints already, for
        the same clips and settings, are not trained again.
    jobs : int, optional
        Folds side by side and threads of extraction; default the usable cores.
    use_store : bool
        Remember features between runs.
    progress : callable, optional
        Called with each record that `run.add_progress` is given.
    cancel : threading.Event, optional
        Once set, folds stop at their next epoch, keep their best, and the report is made of what is there.

    Returns
    -------
    dict
        The report contract of the command line, JSON types only.

    Raises
    ------
    SplitError, TrainingError, StoreError, WorkerDiedError
        Data that cannot be trained on, a full disk, a killed worker.
    """
    started = time.perf_counter()
    tell = _teller(run, progress)
    stop = cancel or threading.Event()
    check_model(settings.model)
    check_team(settings.model, settings.team)
    table = scan.usable_table
    make_split(table, settings.split, settings.folds, settings.recipe.seed)  # Say what is wrong before the long work.
    extraction = extract(table, settings, jobs, use_store, tell, stop)
    with extraction.features:
        material, notes = make_material(table, extraction, settings, scan)
        learner = make_learner(settings.model, material.samples, settings.recipe, settings.team)
        results = train_folds(learner, material, settings, run, jobs or usable_cores(), tell, stop)
        if not results:
            raise CancelledError("the training was cancelled before its first epoch", "", "Start it again")
        tell({"stage": "report"})
        pooled = pool(results)
        keep = _choose_model(learner, material, settings, results, run, tell, stop)
        report = make_report(material, settings, pooled, notes, run)
        report["cancelled"] = stop.is_set()
        report["seconds"] = round(time.perf_counter() - started, 3)
        # Before the model: the figures are those of the folds, and remain if the model cannot be written.
        run.write_report(report)
        run.write_state("running", uar=report["uar"])
        if keep is not None:
            tell({"stage": "saving"})
            _keep_model(keep, learner, material, settings, pooled, report, run)
    run.write_state("cancelled" if stop.is_set() else "finished")
    return report


def _teller(run: Run, progress: Progress | None) -> Progress:
    def tell(record: dict[str, Any]) -> None:
        run.add_progress(record)
        if progress is not None:
            progress(record)

    return tell


@dataclass(frozen=True, eq=False)
class _Kept:
    """The model to keep, the clips that taught it, and what there is to say about it."""

    fitted: Fitted
    rows: np.ndarray
    notes: tuple[str, ...] = ()


def _choose_model(
    learner: Learner,
    material: Material,
    settings: TrainingSettings,
    results: Sequence[FoldResult],
    run: Run,
    tell: Progress,
    stop: threading.Event,
) -> _Kept | None:
    """Train on everything; if that was cancelled before it began, take a fold's model that was trained just now."""
    if not stop.is_set():
        final = train_final(learner, material, settings, results, run, tell, stop)
        short = f"The training was cancelled: this model learned for {final.kept_epoch} epochs only."
        if final.kept_epoch:
            return _Kept(final, np.arange(len(material.table)), (short,) if final.cancelled else ())
    for result in results:
        if result.fitted is not None and result.trained_on is not None:
            note = f"The training was cancelled: this is one fold's model, after {result.kept_epoch} epochs."
            return _Kept(result.fitted, result.trained_on, (note,))
    return None


def _keep_model(
    kept: _Kept,
    learner: Learner,
    material: Material,
    settings: TrainingSettings,
    pooled: Pooled,
    report: dict[str, Any],
    run: Run,
) -> None:
    taught = material.table.iloc[kept.rows]
    corpora = {str(name): int(count) for name, count in taught["corpus"].value_counts().sort_index().items()}
    card = ModelCard(
        name=settings.name or f"{settings.model.upper()}, {', '.join(corpora)}"[:100],
        family=settings.model,
        labels=material.labels,
        features=(settings.spec,),
        training=TrainingData(
            corpora=corpora,
            clips=len(taught),
            speakers=int(taught["speaker"].nunique()),
            digest=digest_of(taught),
            synthetic=settings.synthetic,
        ),
        split=report["split_title"],
        metrics={name: report[name] for name in METRICS},
        intervals=report["intervals"],
        interval_note=report["interval_note"],
        per_class=report["per_class"],
        unsure_below=UNSURE_BELOW,
        temperature=report["temperature"],
        versions=learner.versions(),
        licences=settings.licences,
        notes=kept.notes,
        extra={"calibration_error": report["calibration_error"], **fingerprint(taught)},
    )
    kept.fitted.keep(run.model_path, pooled.rows[:64], card)
