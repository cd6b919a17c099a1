"""Tables made of a training's report: figures, emotions, speakers, mistakes, curves."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from aec.charts.curves import CURVE_TITLES, curves_of
from aec.charts.words import METRIC_TITLES, titled
from aec.evaluation.metrics import METRICS, metrics_of, speaker_confusions


def guessing(report: Mapping[str, Any]) -> dict[str, float]:
    """Return what needs no model: the UAR of any constant answer, and the accuracy of the commonest emotion."""
    supports = [row["support"] for row in report["per_class"].values()]
    present = sum(support > 0 for support in supports)
    return {"uar": 1 / max(present, 1), "accuracy": max(supports) / max(sum(supports), 1)}


def score_table(report: Mapping[str, Any]) -> pd.DataFrame:
    """Return one row per figure: its value, 95 % interval, and what guessing reaches."""
    chance = guessing(report)
    rows = []
    for name in METRICS:
        interval = report["intervals"].get(name)
        rows.append(
            {
                "Score": METRIC_TITLES[name],
                "Value": round(report[name], 3),
                "95 % interval": f"{interval[0]:.3f} to {interval[1]:.3f}" if interval else "none",
                "Guessing": f"{chance[name]:.3f}" if name in chance else "",
            }
        )
    return pd.DataFrame(rows)


def confusion_table(labels: Sequence[str], confusion: Sequence[Sequence[int]]) -> pd.DataFrame:
    """Return the matrix with the true emotions as rows."""
    table = pd.DataFrame(np.asarray(confusion), columns=[titled(label) for label in labels])
    table.insert(0, "True", [titled(label) for label in labels])
    return table


def class_table(per_class: Mapping[str, Mapping[str, float]]) -> pd.DataFrame:
    """Return one row per emotion."""
    rows = [
        {
            "Emotion": titled(label),
            "Precision": round(row["precision"], 3),
            "Recall": round(row["recall"], 3),
            "F1": round(row["f1"], 3),
            "Clips": row["support"],
        }
        for label, row in per_class.items()
    ]
    return pd.DataFrame(rows)


def speaker_scores(predictions: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return the UAR of every known speaker.

    Parameters
    ----------
    predictions : sequence of mapping
        As in a report.

    Returns
    -------
    pd.DataFrame
        Columns `speaker`, `uar` (mean recall over the emotions that the speaker shows), `clips`; empty where no
        speaker is known.
    """
    known = [clip for clip in predictions if clip["speaker"]]
    if not known:
        return pd.DataFrame(columns=["speaker", "uar", "clips"])
    labels = sorted({word for clip in known for word in (clip["emotion"], clip["predicted"])})
    truth = np.array([labels.index(clip["emotion"]) for clip in known])
    answer = np.array([labels.index(clip["predicted"]) for clip in known])
    speakers = np.array([clip["speaker"] for clip in known], dtype=object)
    names, counts = speaker_confusions(truth, answer, len(labels), speakers)
    return pd.DataFrame({"speaker": names, "uar": metrics_of(counts)["uar"], "clips": counts.sum(axis=(1, 2))})


def hardest(predictions: Sequence[Mapping[str, Any]], most: int = 20) -> list[Mapping[str, Any]]:
    """Return the wrong answers, those given with the most confidence first."""
    wrong = [clip for clip in predictions if clip["predicted"] != clip["emotion"]]
    return sorted(wrong, key=lambda clip: -clip["confidence"])[:most]


def curve_table(records: Sequence[Mapping[str, Any]], field: str) -> pd.DataFrame:
    """Return the points of the curves, one per row."""
    rows = [
        {"Of": name, "Epoch": epoch, CURVE_TITLES[field]: round(value, 4)}
        for name, points in curves_of(records, field).items()
        for epoch, value in points
    ]
    return pd.DataFrame(rows)
