"""Paired comparison of two runs on shared clips, with intervals.

The comparison is paired: only clips that both runs were tested on count, and each bootstrap draw takes the same
speakers for both. What makes a speaker hard for either model then cancels out, which two separate intervals cannot
show: they may overlap although the difference is sure.

References
----------
B. Efron, R. Tibshirani, An Introduction to the Bootstrap, 1993, chapters 8 and 13.
"""

from collections.abc import Sequence

import msgspec
import numpy as np

from aec.errors import RunError
from aec.evaluation.metrics import (
    METRICS,
    ClipPrediction,
    Interval,
    Intervals,
    bootstrap,
    confusion_matrix,
    metrics_of,
    percentile_intervals,
    speaker_confusions,
    why_no_interval,
)


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One metric of two runs on the clips that they share.

    Parameters
    ----------
    first, second : float
    interval : tuple of float, or None
        95 % interval of `second - first`; None where it would not be honest.
    """

    first: float
    second: float
    interval: Interval | None

    @property
    def value(self) -> float:
        """Difference of the second run from the first."""
        return self.second - self.first

    @property
    def is_sure(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.interval is not None and not self.interval[0] <= 0 <= self.interval[1]


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
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
        How the intervals were computed, or why there are none.
    """

    clips: int
    only_first: int
    only_second: int
    speakers: int
    differences: dict[str, Difference]
    note: str


def compare(first: Sequence[ClipPrediction], second: Sequence[ClipPrediction], seed: int = 0) -> Comparison:
    """Compare two runs by their predictions.

    Parameters
    ----------
    first, second : sequence of ClipPrediction
        Of the test clips of each run.
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
    by_clip = {(clip.path, clip.emotion): clip for clip in second}
    pairs = [(clip, by_clip[key]) for clip in first if (key := (clip.path, clip.emotion)) in by_clip]
    if not pairs:
        raise RunError(
            "these runs share no clip",
            "a comparison needs clips that both were tested on",
            "Choose runs on the same corpora",
        )
    truth, predicted, n_labels = _codes(pairs)
    speakers = np.array([clip.speaker for clip, _ in pairs], dtype=object)
    speaker_count = len({clip.speaker for clip, _ in pairs if clip.speaker})
    first_scores, second_scores = (metrics_of(confusion_matrix(truth, each, n_labels)) for each in predicted)
    intervals: Intervals = dict.fromkeys(METRICS)
    note = why_no_interval(speakers, "shared")
    if not note:
        counts = [speaker_confusions(truth, each, n_labels, speakers)[1] for each in predicted]
        # The same seed draws the same speakers for both: that is what makes the difference a paired one.
        before, after = (bootstrap(count, seed) for count in counts)
        intervals = percentile_intervals({name: after[name] - before[name] for name in METRICS})
        note = f"95 % intervals of the difference, bootstrapped over {speaker_count} speakers, paired."
    return Comparison(
        clips=len(pairs),
        only_first=len(first) - len(pairs),
        only_second=len(second) - len(pairs),
        speakers=speaker_count,
        differences={
            name: Difference(
                first=float(first_scores[name]), second=float(second_scores[name]), interval=intervals[name]
            )
            for name in METRICS
        },
        note=note,
    )


def _codes(
    pairs: Sequence[tuple[ClipPrediction, ClipPrediction]],
) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray], int]:
    """Return truth and predictions as numbers over the labels of both runs."""
    words = sorted({word for pair in pairs for clip in pair for word in (clip.emotion, clip.predicted)})
    number = {word: at for at, word in enumerate(words)}
    truth = np.array([number[ours.emotion] for ours, _ in pairs])
    ours = np.array([number[clip.predicted] for clip, _ in pairs])
    theirs = np.array([number[clip.predicted] for _, clip in pairs])
    return truth, (ours, theirs), len(words)
