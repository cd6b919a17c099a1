"""Is one run better than another: the difference of two sets of answers to the same clips, and how sure it is.

The comparison is paired: only clips that both runs were tested on count, and each bootstrap draw takes the same
speakers for both. What makes a speaker hard for either model then cancels out, which two separate intervals cannot
show: they may overlap although the difference is sure.

References
----------
B. Efron, R. Tibshirani, An Introduction to the Bootstrap, 1993, chapters 8 and 13.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from aec.errors import RunError
from aec.evaluation.metrics import METRICS, MIN_SPEAKERS, bootstrap, confusion_matrix, metrics_of, speaker_confusions

Prediction = Mapping[str, Any]


@dataclass(frozen=True)
class Difference:
    """One figure of two runs on the clips that they share.

    Parameters
    ----------
    first, second : float
    interval : tuple of float, or None
        95 % interval of `second - first`; None where it would not be honest.
    """

    first: float
    second: float
    interval: tuple[float, float] | None

    @property
    def value(self) -> float:
        """How much higher the second run's figure is."""
        return self.second - self.first

    @property
    def is_sure(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.interval is not None and not self.interval[0] <= 0 <= self.interval[1]


@dataclass(frozen=True)
class Comparison:
    """Two runs on the clips that they share.

    Parameters
    ----------
    clips : int
        Shared clips.
    only_first, only_second : int
        Clips that one run alone was tested on; they do not count.
    speakers : int
        Known speakers of the shared clips.
    differences : dict of str to Difference
        By the names in `aec.evaluation.metrics.METRICS`.
    note : str
        How the intervals were made, or why there are none.
    """

    clips: int
    only_first: int
    only_second: int
    speakers: int
    differences: dict[str, Difference]
    note: str


def compare(first: Sequence[Prediction], second: Sequence[Prediction], seed: int = 0) -> Comparison:
    """Compare two runs by their answers.

    Parameters
    ----------
    first, second : sequence of mapping
        `predictions` of two reports: each has `path`, `emotion`, `predicted` and `speaker` (None where unknown).
    seed : int
        Of the bootstrap.

    Returns
    -------
    Comparison

    Raises
    ------
    RunError
        The runs share no clip. A clip counts as shared if path and true emotion agree.
    """
    theirs = {(clip["path"], clip["emotion"]): clip for clip in second}
    pairs = [(clip, theirs[key]) for clip in first if (key := (clip["path"], clip["emotion"])) in theirs]
    if not pairs:
        raise RunError(
            "these runs share no clip",
            "a comparison needs clips that both were tested on",
            "Choose runs on the same corpora",
        )
    truth, answers, n_labels = _codes(pairs)
    speakers = np.array([clip["speaker"] for clip, _ in pairs], dtype=object)
    scores = [_scores(truth, answer, n_labels) for answer in answers]
    intervals, count, note = _intervals(truth, answers, n_labels, speakers, seed)
    differences = {name: Difference(scores[0][name], scores[1][name], intervals[name]) for name in METRICS}
    return Comparison(len(pairs), len(first) - len(pairs), len(second) - len(pairs), count, differences, note)


def _codes(pairs: Sequence[tuple[Prediction, Prediction]]) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray], int]:
    """Return truth, answers and label count as numbers; one run may tell apart more emotions than the other."""
    words = sorted({word for pair in pairs for clip in pair for word in (clip["emotion"], clip["predicted"])})
    number = {word: at for at, word in enumerate(words)}
    truth = np.array([number[ours["emotion"]] for ours, _ in pairs])
    ours = np.array([number[clip["predicted"]] for clip, _ in pairs])
    theirs = np.array([number[clip["predicted"]] for _, clip in pairs])
    return truth, (ours, theirs), len(words)


def _scores(truth: np.ndarray, answer: np.ndarray, n_labels: int) -> dict[str, float]:
    return {name: float(value) for name, value in metrics_of(confusion_matrix(truth, answer, n_labels)).items()}


def _intervals(
    truth: np.ndarray, answers: tuple[np.ndarray, np.ndarray], n_labels: int, speakers: np.ndarray, seed: int
) -> tuple[dict[str, tuple[float, float] | None], int, str]:
    known = np.array([isinstance(name, str) for name in speakers], dtype=bool)
    count = len(set(speakers[known]))
    found: dict[str, tuple[float, float] | None] = dict.fromkeys(METRICS)
    if not known.all():
        return found, count, f"No interval: the speaker of {int((~known).sum())} shared clips is not known."
    if count < MIN_SPEAKERS:
        there = f"{count} speaker{'' if count == 1 else 's'}"
        return found, count, f"No interval: {there} in common, and {MIN_SPEAKERS} are needed for an honest one."
    counts = [speaker_confusions(truth, answer, n_labels, speakers)[1] for answer in answers]
    # The same seed draws the same speakers for both: that is what makes the difference a paired one.
    ours, theirs = (bootstrap(count_of, seed) for count_of in counts)
    for name in METRICS:
        low, high = np.percentile(theirs[name] - ours[name], [2.5, 97.5])
        found[name] = (float(low), float(high))
    return found, count, f"95 % intervals of the difference, bootstrapped over {count} speakers, paired."
