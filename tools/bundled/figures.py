"""What the answers of all folds say: scores by corpus and degradation, calibration, what confidence is worth."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from aec.evaluation.calibration import apply_temperature, expected_calibration_error, fit_temperature
from aec.evaluation.degradations import DEGRADATIONS
from aec.evaluation.metrics import Evaluation, evaluate
from tools.bundled.plan import CORPORA, LABELS
from tools.bundled.sounds import TESTED

_COVERAGES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1)


@dataclass(frozen=True, eq=False)
class Answers:
    """What an ensemble said of clips that it had not heard.

    Parameters
    ----------
    rows : np.ndarray [shape=(clips,), dtype=int64]
        In the table of clips.
    fold : np.ndarray [shape=(clips,), dtype=int64]
    logits : np.ndarray [shape=(clips, versions, labels)]
        Of the clip itself and of each degradation, in the order of `TESTED`.
    """

    rows: np.ndarray
    fold: np.ndarray
    logits: np.ndarray


def calibrated(answers: Answers, truth: np.ndarray) -> tuple[np.ndarray, float]:
    """Return calibrated probabilities, each fold's by the temperature of the others, and the temperature of all."""
    plain = answers.logits[:, 0]
    result = np.empty(answers.logits.shape)
    for fold in np.unique(answers.fold):
        own = answers.fold == fold
        temperature = fit_temperature(plain[~own], truth[~own])
        result[own] = apply_temperature(answers.logits[own], temperature)
    return result, fit_temperature(plain, truth)


def score(table: pd.DataFrame, rows: np.ndarray, logits: np.ndarray) -> Evaluation:
    """Return the figures of logits or probabilities [shape=(clips, labels)]; emotions without a clip do not count."""
    truth = table["emotion"].iloc[rows].map(LABELS.index).to_numpy(dtype=np.int64)
    return evaluate(truth, logits.argmax(axis=1), LABELS, table["speaker"].to_numpy(dtype=object)[rows])


def by_corpus(table: pd.DataFrame, answers: Answers) -> dict[str, dict[str, Any]]:
    """Return UAR, interval, accuracy, clips and speakers of each corpus."""
    corpus = table["corpus"].to_numpy(dtype=object)[answers.rows]
    result = {}
    for name in CORPORA:
        own = corpus == name
        rows = answers.rows[own]
        found = score(table, rows, answers.logits[own, 0])
        result[name] = {
            "uar": round(found.metrics["uar"], 4),
            "interval": _rounded(found.intervals["uar"]),
            "accuracy": round(found.metrics["accuracy"], 4),
            "clips": len(rows),
            "speakers": int(table["speaker"].iloc[rows].nunique()),
            "emotions": int(table["emotion"].iloc[rows].nunique()),
        }
    return result


def robustness(table: pd.DataFrame, answers: Answers) -> list[dict[str, Any]]:
    """Return the UAR of the clips as they are and under each degradation, and how much of the first is left."""
    corpus = table["corpus"].to_numpy(dtype=object)[answers.rows]
    rows = []
    for at, name in enumerate(TESTED):
        uars = {
            each: score(table, answers.rows[corpus == each], answers.logits[corpus == each, at]).metrics["uar"]
            for each in CORPORA
        }
        uar = score(table, answers.rows, answers.logits[:, at]).metrics["uar"]
        title = "as recorded" if name == "clean" else DEGRADATIONS[name].title
        rows.append({"name": name, "title": title, "uar": round(uar, 4), "by_corpus": _rounded_all(uars)})
    for row in rows:
        row["kept"] = round(row["uar"] / rows[0]["uar"], 4)
    return rows


def confidence(probabilities: np.ndarray, truth: np.ndarray) -> dict[str, Any]:
    """Return what confidence is worth: the calibration error, and how often answers are wrong among the surest.

    Parameters
    ----------
    probabilities : np.ndarray [shape=(clips, labels)]
        Calibrated, of clips that were not heard.
    truth : np.ndarray [shape=(clips,), dtype=int]
    """
    sure = probabilities.max(axis=1)
    wrong = probabilities.argmax(axis=1) != truth
    order = np.argsort(-sure, kind="stable")
    curve = []
    for coverage in _COVERAGES:
        taken = order[: max(1, round(coverage * len(order)))]
        curve.append(
            {
                "coverage": coverage,
                "risk": round(float(wrong[taken].mean()), 4),
                "confidence_from": round(float(sure[taken].min()), 4),
            }
        )
    return {"calibration_error": round(expected_calibration_error(probabilities, truth), 4), "risk_coverage": curve}


def _rounded(interval: tuple[float, float] | None) -> list[float] | None:
    return None if interval is None else [round(end, 4) for end in interval]


def _rounded_all(values: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in values.items()}
