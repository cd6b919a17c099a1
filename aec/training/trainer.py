"""Training of a model: extraction, folds, report, final model.

Each fold trains on its own clips and predicts its test clips; all metrics are of those pooled predictions. The kept
model is then trained on everything. Folds run side by side, each on one thread of arithmetic: the numbers are then
the same on any number of cores.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from aec.corpora import Scan
from aec.evaluation.calibration import UNSURE_BELOW
from aec.evaluation.metrics import METRICS
from aec.evaluation.splits import Split
from aec.models.card import ModelCard, TrainingData
from aec.models.learner import FittedModel, check_model, check_team, make_learner
from aec.runs.run import Run
from aec.settings import usable_cores
from aec.training.assessment import fingerprint
from aec.training.folds import FoldResult, TrainingSession, train_final, train_folds
from aec.training.preparation import cancelled_too_early, digest_of, extract, prepare, split_for
from aec.training.progress import OnProgress, ProgressRecord, StageStart
from aec.training.report import make_report, pool
from aec.training.results import TrainingReport
from aec.training.settings import TrainingSettings


def train(
    scan: Scan,
    settings: TrainingSettings,
    run: Run,
    *,
    split: Split | None = None,
    jobs: int | None = None,
    use_store: bool = True,
    progress: OnProgress | None = None,
    cancel: threading.Event | None = None,
) -> TrainingReport:
    """Train, test and keep a model.

    Parameters
    ----------
    scan : Scan
        The clips; its label set is the model's.
    settings : TrainingSettings
    run : Run
        Folder of progress, checkpoints, report and model. Folds with checkpoints in it, of the same clips and
        settings, are not trained again.
    split : Split, optional
        Of the scan's usable clips, where it is made already; see `split_for`.
    jobs : int, optional
        Folds side by side and threads of extraction; default the usable cores.
    use_store : bool
        Remember features between runs.
    progress : callable, optional
        Called with each progress record of the run.
    cancel : threading.Event, optional
        Once set, folds stop at their next epoch, keep their best, and the report is of the folds so far.

    Returns
    -------
    TrainingReport

    Raises
    ------
    SplitError, TrainingError, StoreError, WorkerDiedError
        Data that cannot be trained on, a full disk, a killed worker. If only the model could not be written, the
        run has its report.
    """
    started = time.perf_counter()
    stop = cancel or threading.Event()

    def on_progress(record: ProgressRecord) -> None:
        run.add_progress(msgspec.to_builtins(record))
        if progress is not None:
            progress(record)

    check_model(settings.model)
    check_team(settings.model, settings.team)
    # Made before the long work, so that data that cannot be divided is refused at once.
    split = split or split_for(scan.usable_table, settings)
    extraction = extract(
        scan.usable_table, settings.spec, jobs=jobs, use_store=use_store, on_progress=on_progress, stop=stop
    )
    with extraction.features:
        clips = prepare(scan, extraction, settings, split)
        learner = make_learner(settings.model, clips.samples, settings.recipe, settings.team)
        session = TrainingSession(learner, clips, settings, run, on_progress, stop)
        results = train_folds(session, jobs or usable_cores())
        if not results:
            raise cancelled_too_early()
        on_progress(StageStart(stage="report"))
        chosen = _choose_model(session, results)
        pooled = pool(results)
        report = make_report(session, pooled, time.perf_counter() - started)
        # Before the model: the metrics are those of the folds, and remain if the model cannot be written.
        run.write_report(msgspec.to_builtins(report))
        run.write_state("running", uar=report.uar)
        if chosen is not None:
            on_progress(StageStart(stage="saving"))
            chosen.fitted.save(run.model_path, pooled.rows[:64], _card(session, chosen, report))
    run.write_state("cancelled" if stop.is_set() else "finished")
    return report


@dataclass(frozen=True, eq=False)
class _ChosenModel:
    """The model to keep, the rows of its training clips, and notes for its card."""

    fitted: FittedModel
    rows: np.ndarray
    notes: tuple[str, ...] = ()


def _choose_model(session: TrainingSession, results: Sequence[FoldResult]) -> _ChosenModel | None:
    """Train on all clips; if cancelled before that, return a model of a fold."""
    if not session.stop.is_set():
        final = train_final(session, results)
        short = f"The training was cancelled: this model was trained for {final.kept_epoch} epochs only."
        if final.kept_epoch:
            return _ChosenModel(final, np.arange(len(session.clips.table)), (short,) if final.cancelled else ())
    for result in results:
        if result.fitted is not None and result.trained_on is not None:
            note = f"The training was cancelled: this is one fold's model, after {result.kept_epoch} epochs."
            return _ChosenModel(result.fitted, result.trained_on, (note,))
    return None


def _card(session: TrainingSession, chosen: _ChosenModel, report: TrainingReport) -> ModelCard:
    settings, clips = session.settings, session.clips
    trained_on = clips.table.iloc[chosen.rows]
    corpora = {str(name): int(count) for name, count in trained_on["corpus"].value_counts().sort_index().items()}
    return ModelCard(
        name=settings.name or f"{settings.model.upper()}, {', '.join(corpora)}"[:100],
        family=settings.model,
        labels=clips.labels,
        features=(settings.spec,),
        training=TrainingData(
            corpora=corpora,
            clips=len(trained_on),
            speakers=int(trained_on["speaker"].nunique()),
            digest=digest_of(trained_on),
            synthetic=settings.synthetic,
        ),
        split=report.split_title,
        metrics={name: report.metrics[name] for name in METRICS},
        intervals=report.intervals,
        interval_note=report.interval_note,
        per_class=msgspec.to_builtins(report.per_class),
        unsure_below=UNSURE_BELOW,
        temperature=report.temperature,
        versions=session.learner.versions(),
        licences=settings.licences,
        notes=chosen.notes,
        extra={"calibration_error": report.calibration_error, **fingerprint(trained_on)},
    )
