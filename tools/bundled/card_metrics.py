"""Metrics of the card: by corpus and degradation, calibration, risk by coverage."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from aec.evaluation.calibration import apply_temperature, expected_calibration_error, fit_temperature
from aec.evaluation.degradations import DEGRADATIONS
from aec.evaluation.metrics import Evaluation, evaluate
from tools.bundled.splits import CORPORA, LABELS
from tools.bundled.variants import TESTED_VARIANTS

_COVERAGES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1)


@dataclass(frozen=True, eq=False)
class FoldPredictions:
    """Predictions of the ensemble for the test clips of all folds.

    Parameters
    ----------
    rows : np.ndarray [shape=(clips,), dtype=int64]
        Rows in the table of clips.
    fold : np.ndarray [shape=(clips,), dtype=int64]
    logits : np.ndarray [shape=(clips, variants, labels)]
        In the order of `TESTED_VARIANTS`.
    """

    rows: np.ndarray
    fold: np.ndarray
    logits: np.ndarray


def calibrated(predictions: FoldPredictions, truth: np.ndarray) -> tuple[np.ndarray, float]:
    """Return probabilities calibrated across folds, and the common temperature."""
    plain = predictions.logits[:, 0]
    result = np.empty(predictions.logits.shape)
    for fold in np.unique(predictions.fold):
        selected = predictions.fold == fold
        temperature = fit_temperature(plain[~selected], truth[~selected])
        result[selected] = apply_temperature(predictions.logits[selected], temperature)
    return result, fit_temperature(plain, truth)


def evaluate_rows(table: pd.DataFrame, rows: np.ndarray, logits: np.ndarray) -> Evaluation:
    """Evaluate logits or probabilities [shape=(clips, labels)] of rows of the table.

    Emotions without a clip do not count.
    """
    truth = table["emotion"].iloc[rows].map(LABELS.index).to_numpy(dtype=np.int64)
    return evaluate(truth, logits.argmax(axis=1), LABELS, table["speaker"].to_numpy(dtype=object)[rows])


def by_corpus(table: pd.DataFrame, predictions: FoldPredictions) -> dict[str, dict[str, Any]]:
    """Return UAR, interval, accuracy and counts of clips and speakers of each corpus."""
    corpus = table["corpus"].to_numpy(dtype=object)[predictions.rows]
    result = {}
    for name in CORPORA:
        selected = corpus == name
        rows = predictions.rows[selected]
        found = evaluate_rows(table, rows, predictions.logits[selected, 0])
        result[name] = {
            "uar": round(found.metrics["uar"], 4),
            "interval": _rounded(found.intervals["uar"]),
            "accuracy": round(found.metrics["accuracy"], 4),
            "clips": len(rows),
            "speakers": int(table["speaker"].iloc[rows].nunique()),
            "emotions": int(table["emotion"].iloc[rows].nunique()),
        }
    return result


def robustness(table: pd.DataFrame, predictions: FoldPredictions) -> list[dict[str, Any]]:
    """Return the UAR as recorded and under each degradation, and the share kept."""
    corpus = table["corpus"].to_numpy(dtype=object)[predictions.rows]
    rows: list[dict[str, Any]] = []
    for variant, name in enumerate(TESTED_VARIANTS):
        logits = predictions.logits[:, variant]
        uars = {}
        for each in CORPORA:
            selected = corpus == each
            uars[each] = evaluate_rows(table, predictions.rows[selected], logits[selected]).metrics["uar"]
        uar = evaluate_rows(table, predictions.rows, logits).metrics["uar"]
        title = "as recorded" if name == "clean" else DEGRADATIONS[name].title
        rows.append({"name": name, "title": title, "uar": round(uar, 4), "by_corpus": _rounded_all(uars)})
    for row in rows:
        row["kept"] = round(row["uar"] / rows[0]["uar"], 4)
    return rows


def confidence(probabilities: np.ndarray, truth: np.ndarray) -> dict[str, Any]:
    """Return the calibration error, and the error rate by share of clips covered.

    Parameters
    ----------
    probabilities : np.ndarray [shape=(clips, labels)]
        Calibrated, of test clips.
    truth : np.ndarray [shape=(clips,), dtype=int]
    """
    confidences = probabilities.max(axis=1)
    wrong = probabilities.argmax(axis=1) != truth
    order = np.argsort(-confidences, kind="stable")
    curve = []
    for coverage in _COVERAGES:
        taken = order[: max(1, round(coverage * len(order)))]
        curve.append(
            {
                "coverage": coverage,
                "risk": round(float(wrong[taken].mean()), 4),
                "confidence_from": round(float(confidences[taken].min()), 4),
            }
        )
    return {"calibration_error": round(expected_calibration_error(probabilities, truth), 4), "risk_coverage": curve}


def _rounded(interval: tuple[float, float] | None) -> list[float] | None:
    return None if interval is None else [round(end, 4) for end in interval]


def _rounded_all(values: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in values.items()}
