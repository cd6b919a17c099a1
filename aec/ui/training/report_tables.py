"""Tables of a report: metrics, emotions, speakers, wrong predictions."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from aec.charts.words import METRIC_TITLES, titled
from aec.evaluation.metrics import (
    METRICS,
    ClassScores,
    ClipPrediction,
    Evaluation,
    metrics_of,
    speaker_confusions,
)


def guessing(report: Evaluation) -> dict[str, float]:
    """Return UAR and accuracy of always predicting the commonest emotion."""
    supports = [row.support for row in report.per_class.values()]
    present = sum(support > 0 for support in supports)
    return {"uar": 1 / max(present, 1), "accuracy": max(supports) / max(sum(supports), 1)}


def score_table(report: Evaluation) -> pd.DataFrame:
    """Return one row per metric: its value, 95 % interval, and the value of guessing."""
    chance = guessing(report)
    rows = []
    for name in METRICS:
        interval = report.intervals.get(name)
        rows.append(
            {
                "Score": METRIC_TITLES[name],
                "Value": round(report.metrics[name], 3),
                "95 % interval": f"{interval[0]:.3f} to {interval[1]:.3f}" if interval else "none",
                "Guessing": f"{chance[name]:.3f}" if name in chance else "",
            }
        )
    return pd.DataFrame(rows)


def class_table(per_class: Mapping[str, ClassScores]) -> pd.DataFrame:
    """Return one row per emotion."""
    rows = [
        {
            "Emotion": titled(label),
            "Precision": round(row.precision, 3),
            "Recall": round(row.recall, 3),
            "F1": round(row.f1, 3),
            "Clips": row.support,
        }
        for label, row in per_class.items()
    ]
    return pd.DataFrame(rows)


def speaker_scores(predictions: Sequence[ClipPrediction]) -> pd.DataFrame:
    """Return the UAR of every known speaker.

    Parameters
    ----------
    predictions : sequence of ClipPrediction

    Returns
    -------
    pd.DataFrame
        Columns `speaker`, `uar` (mean recall over the emotions of the speaker's clips), `clips`; empty where no
        speaker is known.
    """
    known = [clip for clip in predictions if clip.speaker]
    if not known:
        return pd.DataFrame(columns=["speaker", "uar", "clips"])
    labels = sorted({word for clip in known for word in (clip.emotion, clip.predicted)})
    truth = np.array([labels.index(clip.emotion) for clip in known])
    predicted = np.array([labels.index(clip.predicted) for clip in known])
    speakers = np.array([clip.speaker for clip in known], dtype=object)
    names, counts = speaker_confusions(truth, predicted, len(labels), speakers)
    return pd.DataFrame({"speaker": names, "uar": metrics_of(counts)["uar"], "clips": counts.sum(axis=(1, 2))})


def hardest(predictions: Sequence[ClipPrediction], most: int = 20) -> list[ClipPrediction]:
    """Return the wrong predictions, those with the highest confidence first."""
    wrong = [clip for clip in predictions if clip.predicted != clip.emotion]
    return sorted(wrong, key=lambda clip: -clip.confidence)[:most]
