"""How good predictions are, and how sure that figure is.

All figures come from the confusion matrix: UAR (unweighted average recall, the mean of the classes' recalls) first,
because the classes of emotional corpora are uneven; then accuracy, weighted and macro F1. Intervals are 95 %
percentile bootstraps over speakers: clips of one speaker are alike, so resampling clips would claim too much.

References
----------
B. Schuller, S. Steidl, A. Batliner, The INTERSPEECH 2009 Emotion Challenge (UAR as the field's figure);
B. Efron, R. Tibshirani, An Introduction to the Bootstrap, 1993, chapters 8 and 13.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

METRICS = ("uar", "accuracy", "f1_weighted", "f1_macro")
# Below that, the interval covers the truth far less often than it says (51 % with two speakers, 80 % with four).
MIN_SPEAKERS = 8
RESAMPLES = 2000


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The figures of a set of predictions.

    Parameters
    ----------
    labels : tuple of str
    confusion : np.ndarray [shape=(labels, labels), dtype=int64]
        Row i, column j: clips of label i predicted as j.
    metrics : dict
        The figures of `METRICS`.
    per_class : dict
        Per label: precision, recall, f1, support.
    intervals : dict
        Per metric (low, high), or None where too few speakers are known.
    interval_note : str
        Why there is no interval, or how it was made.
    """

    labels: tuple[str, ...]
    confusion: np.ndarray
    metrics: dict[str, float]
    per_class: dict[str, dict[str, float | int]]
    intervals: dict[str, tuple[float, float] | None]
    interval_note: str

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as the report contract names them, JSON types only."""
        return {
            **self.metrics,
            "per_class": self.per_class,
            "labels": list(self.labels),
            "confusion": self.confusion.tolist(),
            "intervals": {name: None if ends is None else list(ends) for name, ends in self.intervals.items()},
            "interval_note": self.interval_note,
        }


def evaluate(
    truth: np.ndarray, predicted: np.ndarray, labels: Sequence[str], speakers: np.ndarray, seed: int = 0
) -> Evaluation:
    """Compute all figures.

    Parameters
    ----------
    truth, predicted : np.ndarray [shape=(clips,), dtype=int]
        Positions in `labels`.
    labels : sequence of str
    speakers : np.ndarray [shape=(clips,), dtype=object]
        Qualified speaker names; missing (None or NaN) where unknown.
    seed : int
        Of the bootstrap.
    """
    confusion = confusion_matrix(truth, predicted, len(labels))
    intervals, note = _intervals(truth, predicted, len(labels), speakers, seed)
    return Evaluation(
        labels=tuple(labels),
        confusion=confusion,
        metrics={name: float(value) for name, value in metrics_of(confusion).items()},
        per_class=per_class(confusion, labels),
        intervals=intervals,
        interval_note=note,
    )


def confusion_matrix(truth: np.ndarray, predicted: np.ndarray, n_labels: int) -> np.ndarray:
    """Count the clips of each true label (row) by predicted label (column) [dtype=int64]."""
    cells = np.bincount(truth * n_labels + predicted, minlength=n_labels * n_labels)
    return cells.reshape(n_labels, n_labels).astype(np.int64)


def metrics_of(confusion: np.ndarray) -> dict[str, np.ndarray]:
    """Return the figures of `METRICS`.

    Parameters
    ----------
    confusion : np.ndarray [shape=(..., labels, labels)]
        One matrix or a stack of them.

    Returns
    -------
    dict of np.ndarray [shape=(...)]
        UAR is over the labels that have clips; F1 is over those that have clips or were predicted; a label never
        predicted has precision 0.
    """
    support, recall, _, f1 = _by_label(confusion)
    present = support > 0
    involved = present | (confusion.sum(axis=-2) > 0)
    total = support.sum(axis=-1)
    hits = np.trace(confusion, axis1=-2, axis2=-1)
    return {
        "uar": _ratio((recall * present).sum(axis=-1), present.sum(axis=-1)),
        "accuracy": _ratio(hits, total),
        "f1_weighted": _ratio((f1 * support).sum(axis=-1), total),
        "f1_macro": _ratio((f1 * involved).sum(axis=-1), involved.sum(axis=-1)),
    }


def per_class(confusion: np.ndarray, labels: Sequence[str]) -> dict[str, dict[str, float | int]]:
    """Return precision, recall, F1 and support of each label."""
    support, recall, precision, f1 = _by_label(confusion)
    return {
        label: {
            "precision": float(precision[i]),
            "recall": float(recall[i]),
            "f1": float(f1[i]),
            "support": int(support[i]),
        }
        for i, label in enumerate(labels)
    }


def bootstrap(counts: np.ndarray, seed: int, resamples: int = RESAMPLES) -> dict[str, np.ndarray]:
    """Return each metric's bootstrap distribution over speakers.

    Parameters
    ----------
    counts : np.ndarray [shape=(speakers, labels, labels)]
        One confusion matrix per speaker.
    seed, resamples : int

    Returns
    -------
    dict of np.ndarray [shape=(resamples,)]
    """
    rng = np.random.default_rng(seed)
    n = len(counts)
    weights = rng.multinomial(n, np.full(n, 1 / n), size=resamples)
    return metrics_of(np.tensordot(weights, counts, axes=1))


def speaker_confusions(
    truth: np.ndarray, predicted: np.ndarray, n_labels: int, speakers: np.ndarray
) -> tuple[list[str], np.ndarray]:
    """Return the speakers' names, sorted, and a confusion matrix for each [shape=(speakers, labels, labels)]."""
    names, codes = np.unique(np.asarray(speakers, dtype=str), return_inverse=True)
    counts = np.stack(
        [confusion_matrix(truth[codes == i], predicted[codes == i], n_labels) for i in range(len(names))]
    )
    return [str(name) for name in names], counts


def _intervals(
    truth: np.ndarray, predicted: np.ndarray, n_labels: int, speakers: np.ndarray, seed: int
) -> tuple[dict[str, tuple[float, float] | None], str]:
    known = np.array([isinstance(name, str) for name in speakers], dtype=bool)
    if not known.all():
        return dict.fromkeys(METRICS), f"No interval: the speaker of {int((~known).sum())} test clips is not known."
    names, counts = speaker_confusions(truth, predicted, n_labels, speakers)
    if len(names) < MIN_SPEAKERS:
        count = f"{len(names)} test speaker{'s' if len(names) > 1 else ''}"
        return dict.fromkeys(
            METRICS
        ), f"No interval: {count}, and at least {MIN_SPEAKERS} are needed for an honest one."
    draws = bootstrap(counts, seed)
    intervals: dict[str, tuple[float, float] | None] = {}
    for metric in METRICS:
        low, high = np.percentile(draws[metric], [2.5, 97.5])
        intervals[metric] = (float(low), float(high))
    return intervals, f"95 % interval, bootstrapped over {len(names)} speakers."


def _by_label(confusion: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    hits = np.diagonal(confusion, axis1=-2, axis2=-1)
    support = confusion.sum(axis=-1)
    predicted = confusion.sum(axis=-2)
    return support, _ratio(hits, support), _ratio(hits, predicted), _ratio(2 * hits, support + predicted)


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Divide, with 0 where there is nothing to divide by."""
    out = np.zeros(np.shape(part), dtype=np.float64)
    return np.asarray(np.divide(part, whole, out=out, where=np.asarray(whole) > 0))
