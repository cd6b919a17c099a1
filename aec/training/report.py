"""Report of a training, computed from the pooled predictions of its folds."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from aec.evaluation.calibration import apply_temperature, expected_calibration_error, fit_temperature
from aec.evaluation.metrics import ClipPrediction, evaluate
from aec.evaluation.splits import audit_leaks
from aec.training.folds import FoldResult, TrainingSession
from aec.training.preparation import PreparedClips
from aec.training.results import VERSION, TrainingReport
from aec.training.settings import TrainingSettings


@dataclass(frozen=True, eq=False)
class PooledPredictions:
    """Predictions of all folds, in the order of the table.

    Parameters
    ----------
    rows : np.ndarray [dtype=int64]
    logits : np.ndarray [shape=(len(rows), labels), dtype=float32]
    folds : np.ndarray [shape=(len(rows),), dtype=int64]
        The fold of each row, counted from 0.
    """

    rows: np.ndarray
    logits: np.ndarray
    folds: np.ndarray

    @property
    def folds_done(self) -> int:
        """Number of folds with predictions."""
        return len(np.unique(self.folds))


def pool(results: Sequence[FoldResult]) -> PooledPredictions:
    """Return the predictions of all folds together."""
    rows = np.concatenate([result.rows for result in results])
    logits = np.concatenate([result.logits for result in results])
    folds = np.repeat(np.arange(len(results)), [len(result.rows) for result in results])
    order = np.argsort(rows, kind="stable")
    return PooledPredictions(rows[order], logits[order], folds[order])


def make_report(session: TrainingSession, pooled: PooledPredictions, seconds: float) -> TrainingReport:
    """Return the report of a training."""
    clips, settings, split = session.clips, session.settings, session.clips.split
    table, truth = clips.table, clips.samples.targets[pooled.rows]
    speakers = table["speaker"].to_numpy(dtype=object)[pooled.rows]
    evaluation = evaluate(truth, pooled.logits.argmax(axis=1), clips.labels, speakers, settings.recipe.seed)
    calibrated = _cross_calibrated(pooled, truth)
    return TrainingReport(
        **msgspec.structs.asdict(evaluation),
        version=VERSION,
        model=settings.model,
        split=settings.split,
        split_title=split.title_of(pooled.folds_done),
        folds=len(split.folds),
        folds_done=pooled.folds_done,
        n_train=len(split.folds[0].train) if len(split.folds) == 1 else len(table),
        n_test=len(pooled.rows),
        leaks=audit_leaks(table, split),
        temperature=fit_temperature(pooled.logits, truth),
        # With a single fold, the temperature would be judged on the clips that it was fitted on.
        calibration_error=None if pooled.folds_done < 2 else expected_calibration_error(calibrated, truth),
        notes=(*clips.notes, *_notes(settings, pooled, len(split.folds))),
        corpora={str(k): int(v) for k, v in table["corpus"].value_counts().sort_index().items()},
        speakers=int(table["speaker"].nunique()),
        data_digest=clips.digest,
        features=settings.spec,
        predictions=_predictions(clips, pooled, calibrated),
        cancelled=session.stop.is_set(),
        seconds=round(seconds, 3),
        run=str(session.run.folder),
    )


def _notes(settings: TrainingSettings, pooled: PooledPredictions, folds: int) -> list[str]:
    notes = []
    if settings.recipe.validation_share:
        held = round(100 * settings.recipe.validation_share)
        notes.append(f"About {held} % of each fold's training clips were validation clips and not trained on.")
    if pooled.folds_done < folds:
        notes.append(f"Cancelled: the figures are of {pooled.folds_done} of {folds} folds.")
    return notes


def _cross_calibrated(pooled: PooledPredictions, truth: np.ndarray) -> np.ndarray:
    """Calibrate each fold with the temperature fitted on the other folds."""
    if pooled.folds_done < 2:
        return apply_temperature(pooled.logits, fit_temperature(pooled.logits, truth))
    calibrated = np.empty(pooled.logits.shape)
    for fold in np.unique(pooled.folds):
        own = pooled.folds == fold
        temperature = fit_temperature(pooled.logits[~own], truth[~own])
        calibrated[own] = apply_temperature(pooled.logits[own], temperature)
    return calibrated


def _predictions(
    clips: PreparedClips, pooled: PooledPredictions, calibrated: np.ndarray
) -> tuple[ClipPrediction, ...]:
    table = clips.table.iloc[pooled.rows]
    best = calibrated.argmax(axis=1)
    return tuple(
        ClipPrediction(
            path=path,
            emotion=emotion,
            predicted=clips.labels[winner],
            confidence=round(float(row[winner]), 4),
            speaker=speaker if isinstance(speaker, str) else None,
        )
        for path, emotion, speaker, winner, row in zip(
            table["path"], table["emotion"], table["speaker"], best, calibrated, strict=True
        )
    )
