"""Metrics of predictions with their 95 % intervals.

All figures come from the confusion matrix: UAR (unweighted average recall, the mean of the classes' recalls) first,
because the classes of emotional corpora are uneven; then accuracy, weighted and macro F1. Intervals are 95 %
percentile bootstraps over speakers: clips of one speaker are alike, so resampling clips would claim too much.

References
----------
B. Schuller, S. Steidl, A. Batliner, The INTERSPEECH 2009 Emotion Challenge (UAR as the field's figure);
B. Efron, R. Tibshirani, An Introduction to the Bootstrap, 1993, chapters 8 and 13.
"""

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

METRICS = ("uar", "accuracy", "f1_weighted", "f1_macro")
# Below that, the interval covers the true value far less often than in 95 % (51 % with two speakers, 80 % with four).
MIN_SPEAKERS = 8
RESAMPLES = 2000

Interval = tuple[float, float]
Intervals = dict[str, Interval | None]


class ClassScores(msgspec.Struct, frozen=True, kw_only=True):
    """Metrics of one label; `support` is its number of clips."""

    precision: float
    recall: float
    f1: float
    support: int


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """Metrics of a set of predictions.

    Parameters
    ----------
    uar, accuracy, f1_weighted, f1_macro : float
    per_class : dict of str to ClassScores
        By label.
    labels : tuple of str
    confusion : tuple of tuple of int
        Row i, column j: clips of label i predicted as j.
    intervals : dict of str to (low, high) or None
        By the names of `METRICS`; None where too few speakers are known.
    interval_note : str
        Why there is no interval, or how it was computed.
    """

    uar: float
    accuracy: float
    f1_weighted: float
    f1_macro: float
    per_class: dict[str, ClassScores]
    labels: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    intervals: Intervals
    interval_note: str = ""

    @property
    def metrics(self) -> dict[str, float]:
        """The values by the names of `METRICS`."""
        return {name: getattr(self, name) for name in METRICS}

    @property
    def matrix(self) -> np.ndarray:
        """The confusion matrix [shape=(labels, labels), dtype=int64]."""
        return np.array(self.confusion, dtype=np.int64)


class ClipPrediction(msgspec.Struct, frozen=True, kw_only=True):
    """The prediction of a test clip.

    Parameters
    ----------
    path : str
    emotion : str
        The true one.
    predicted : str
    confidence : float
        Calibrated probability of `predicted`.
    speaker : str or None
        None where unknown.
    """

    path: str
    emotion: str
    predicted: str
    speaker: str | None = None
    confidence: float = 0.0


class LeakFinding(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one check of the leak audit.

    Parameters
    ----------
    kind : str
    found : bool or None
        True where there is a leak, None where it cannot be checked.
    detail : str
        A sentence.
    """

    kind: str
    found: bool | None
    detail: str


def evaluate(
    truth: np.ndarray, predicted: np.ndarray, labels: Sequence[str], speakers: np.ndarray, seed: int = 0
) -> Evaluation:
    """Compute all metrics with their intervals.

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
    intervals: Intervals = dict.fromkeys(METRICS)
    note = why_no_interval(speakers, "test")
    if not note:
        names, counts = speaker_confusions(truth, predicted, len(labels), speakers)
        intervals = percentile_intervals(bootstrap(counts, seed))
        note = f"95 % interval, bootstrapped over {len(names)} speakers."
    return Evaluation(
        **{name: float(value) for name, value in metrics_of(confusion).items()},
        labels=tuple(labels),
        confusion=tuple(map(tuple, confusion.tolist())),
        per_class=per_class(confusion, labels),
        intervals=intervals,
        interval_note=note,
    )


def confusion_matrix(truth: np.ndarray, predicted: np.ndarray, n_labels: int) -> np.ndarray:
    """Return counts of true (row) by predicted label (column) [dtype=int64]."""
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


def per_class(confusion: np.ndarray, labels: Sequence[str]) -> dict[str, ClassScores]:
    """Return precision, recall, F1 and support of each label."""
    support, recall, precision, f1 = _by_label(confusion)
    return {
        label: ClassScores(
            precision=float(precision[i]), recall=float(recall[i]), f1=float(f1[i]), support=int(support[i])
        )
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
    """Return sorted speakers and their matrices [shape=(speakers, labels, labels)]."""
    names, codes = np.unique(np.asarray(speakers, dtype=str), return_inverse=True)
    counts = np.stack(
        [confusion_matrix(truth[codes == i], predicted[codes == i], n_labels) for i in range(len(names))]
    )
    return [str(name) for name in names], counts


def why_no_interval(speakers: np.ndarray, clips: str) -> str:
    """Return why the speakers allow no interval; empty if one can be computed.

    Parameters
    ----------
    speakers : np.ndarray [shape=(clips,), dtype=object]
        Missing (None or NaN) where unknown.
    clips : str
        Which clips they are, for the sentence: `test` or `shared`.
    """
    known = np.array([isinstance(name, str) for name in speakers], dtype=bool)
    if not known.all():
        return f"No interval: the speaker of {int((~known).sum())} {clips} clips is not known."
    count = len(set(speakers))
    if count < MIN_SPEAKERS:
        there = f"{count} {clips} speaker{'' if count == 1 else 's'}"
        return f"No interval: {there}, and at least {MIN_SPEAKERS} are needed for an honest one."
    return ""


def percentile_intervals(draws: Mapping[str, np.ndarray]) -> Intervals:
    """Return 95 % percentile intervals of bootstrap draws [shape=(resamples,)]."""
    ends = {name: np.percentile(draws[name], [2.5, 97.5]) for name in METRICS}
    return {name: (float(low), float(high)) for name, (low, high) in ends.items()}


def _by_label(confusion: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    hits = np.diagonal(confusion, axis1=-2, axis2=-1)
    support = confusion.sum(axis=-1)
    predicted = confusion.sum(axis=-2)
    return support, _ratio(hits, support), _ratio(hits, predicted), _ratio(2 * hits, support + predicted)


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Divide, with 0 where there is nothing to divide by."""
    out = np.zeros(np.shape(part), dtype=np.float64)
    return np.asarray(np.divide(part, whole, out=out, where=np.asarray(whole) > 0))
