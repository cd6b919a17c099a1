"""Pooled answers -> the report of a training, as the command line prints it and the page draws it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from aec.evaluation.calibration import apply_temperature, expected_calibration_error, fit_temperature
from aec.evaluation.metrics import Evaluation, evaluate
from aec.evaluation.splits import audit_leaks
from aec.runs.run import Run
from aec.training.folds import FoldResult
from aec.training.material import Material
from aec.training.settings import TrainingSettings


@dataclass(frozen=True, eq=False)
class Pooled:
    """The answers of all folds, in the order of the table.

    Parameters
    ----------
    rows : np.ndarray [dtype=int64]
    logits : np.ndarray [shape=(len(rows), labels), dtype=float32]
    folds : np.ndarray [shape=(len(rows),), dtype=int64]
        Which fold answered, counted from 0.
    """

    rows: np.ndarray
    logits: np.ndarray
    folds: np.ndarray

    @property
    def folds_done(self) -> int:
        """How many folds there are answers of."""
        return len(np.unique(self.folds))


def pool(results: Sequence[FoldResult]) -> Pooled:
    """Put the answers of the folds together."""
    rows = np.concatenate([result.rows for result in results])
    logits = np.concatenate([result.logits for result in results])
    folds = np.repeat(np.arange(len(results)), [len(result.rows) for result in results])
    order = np.argsort(rows, kind="stable")
    return Pooled(rows[order], logits[order], folds[order])


def _evaluate(material: Material, pooled: Pooled, seed: int) -> Evaluation:
    return evaluate(
        material.samples.targets[pooled.rows],
        pooled.logits.argmax(axis=1),
        material.labels,
        material.table["speaker"].to_numpy(dtype=object)[pooled.rows],
        seed,
    )


def make_report(
    material: Material, settings: TrainingSettings, pooled: Pooled, notes: list[str], run: Run
) -> dict[str, Any]:
    """Return the report contract of the command line, and what the pages draw besides; JSON types only."""
    evaluation = _evaluate(material, pooled, settings.recipe.seed)
    truth = material.samples.targets[pooled.rows]
    calibrated = _cross_calibrated(pooled, truth)
    split = material.split
    single = len(split.folds) == 1
    folds_missing = len(split.folds) - pooled.folds_done
    if settings.recipe.validation_share:
        held = round(100 * settings.recipe.validation_share)
        notes = [
            *notes,
            f"About {held} % of each fold's training side drew the validation curve and taught nothing.",
        ]
    if folds_missing:
        notes = [*notes, f"Cancelled: the figures are of {pooled.folds_done} of {len(split.folds)} folds."]
    return {
        "model": settings.model,
        "split": settings.split,
        "split_title": split.title_of(pooled.folds_done),
        "folds": len(split.folds),
        "folds_done": pooled.folds_done,
        "n_train": len(split.folds[0].train) if single else len(material.table),
        "n_test": len(pooled.rows),
        **evaluation.to_dict(),
        "leaks": audit_leaks(material.table, split),
        "temperature": fit_temperature(pooled.logits, truth),
        # Of one fold's answers alone, the temperature would be judged on the clips that it was fitted on.
        "calibration_error": None if pooled.folds_done < 2 else expected_calibration_error(calibrated, truth),
        "notes": notes,
        "corpora": {str(k): int(v) for k, v in material.table["corpus"].value_counts().sort_index().items()},
        "speakers": int(material.table["speaker"].nunique()),
        "data_digest": material.digest,
        "features": msgspec.to_builtins(settings.spec),
        "predictions": _predictions(material, pooled, calibrated),
        "run": str(run.folder),
    }


def _cross_calibrated(pooled: Pooled, truth: np.ndarray) -> np.ndarray:
    """Return calibrated answers, those of each fold with the temperature that the other folds ask for."""
    if pooled.folds_done < 2:
        return apply_temperature(pooled.logits, fit_temperature(pooled.logits, truth))
    calibrated = np.empty(pooled.logits.shape)
    for fold in np.unique(pooled.folds):
        own = pooled.folds == fold
        temperature = fit_temperature(pooled.logits[~own], truth[~own])
        calibrated[own] = apply_temperature(pooled.logits[own], temperature)
    return calibrated


def _predictions(material: Material, pooled: Pooled, calibrated: np.ndarray) -> list[dict[str, Any]]:
    """Every tested clip with its answer, for the hardest clips and for paired comparisons of runs."""
    table = material.table.iloc[pooled.rows]
    best = calibrated.argmax(axis=1)
    return [
        {
            "path": path,
            "emotion": emotion,
            "predicted": material.labels[winner],
            "confidence": round(float(row[winner]), 4),
            "speaker": speaker if isinstance(speaker, str) else None,
        }
        for path, emotion, speaker, winner, row in zip(
            table["path"], table["emotion"], table["speaker"], best, calibrated, strict=True
        )
    ]
