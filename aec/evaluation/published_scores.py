"""Published scores on the known corpora: an orientation, not a ranking.

The figures are UAR or accuracy, whichever a source gives; where several sources are put together, the lowest and the
highest stand here. Label sets, folds and preprocessing differ from ours and from each other. What can be compared at
all is the protocol: a score on unseen speakers holds for new voices, one with the test speakers in the training is
optimistic.

Source: a reading of the published work on each corpus for this program, in 2026; eGeMAPS and ComParE are the feature
sets of Eyben et al. (2016) and Schuller et al. (2013), and the listeners of CREMA-D are those of Cao et al. (2014).
"""

from collections.abc import Iterable
from dataclasses import dataclass

UNSEEN = "unseen speakers"
SEEN = "speakers on both sides"
LISTENERS = "human listeners"
UNSTATED = "not stated"

_CRAFTED = "Hand-crafted features with an SVM or MLP"
_SCRATCH = "CNN or RNN, trained from scratch"
_PRETRAINED = "Large pretrained speech model"
_HUMAN = "Human listeners"


@dataclass(frozen=True)
class PublishedScore:
    """A range of published figures.

    Parameters
    ----------
    corpora : frozenset of str
        As they are called in the table of clips.
    emotions : int
        Number of emotions.
    approach : str
    low, high : float
        UAR or accuracy, 0 to 1; equal for a single figure.
    protocol : str
        `UNSEEN`, `SEEN`, `LISTENERS` or `UNSTATED`.
    remark : str
        What to know about the figure; may be empty.
    """

    corpora: frozenset[str]
    emotions: int
    approach: str
    low: float
    high: float
    protocol: str
    remark: str = ""


def _of(corpora: str, emotions: int, *rows: tuple[str, float, float, str, str]) -> tuple[PublishedScore, ...]:
    names = frozenset(corpora.split())
    return tuple(PublishedScore(names, emotions, *row) for row in rows)


PUBLISHED_SCORES: tuple[PublishedScore, ...] = (
    *_of(
        "ravdess",
        8,
        (_CRAFTED, 0.50, 0.59, UNSEEN, "eGeMAPS 0.50, ComParE 0.59"),
        (_SCRATCH, 0.60, 0.64, UNSEEN, "ResLSTM-SER 0.62"),
        (_PRETRAINED, 0.72, 0.82, UNSEEN, ""),
        (_HUMAN, 0.67, 0.67, LISTENERS, ""),
    ),
    *_of(
        "crema-d",
        6,
        (_CRAFTED, 0.54, 0.61, UNSEEN, ""),
        (_SCRATCH, 0.57, 0.65, UNSTATED, "weak evidence"),
        (_PRETRAINED, 0.75, 0.77, SEEN, ""),
        (_HUMAN, 0.41, 0.41, LISTENERS, ""),
    ),
    *_of(
        "savee",
        7,
        (_CRAFTED, 0.39, 0.47, UNSEEN, "4 speakers"),
        (_SCRATCH, 0.65, 0.65, UNSEEN, "4 speakers; one source"),
        (_PRETRAINED, 0.72, 0.76, UNSEEN, "4 speakers"),
    ),
    *_of(
        "tess",
        7,
        (_CRAFTED, 0.33, 0.47, UNSEEN, "2 speakers"),
        (_PRETRAINED, 0.71, 0.71, UNSEEN, "2 speakers"),
        (_PRETRAINED, 1.00, 1.00, SEEN, "2 speakers"),
    ),
    *_of(
        "emodb",
        7,
        (_CRAFTED, 0.66, 0.77, UNSEEN, ""),
        (_SCRATCH, 0.91, 0.91, UNSEEN, "one source"),
        (_PRETRAINED, 0.93, 0.93, UNSEEN, ""),
    ),
    *_of(
        "crema-d ravdess",
        6,
        (_SCRATCH, 0.63, 0.63, UNSEEN, "accuracy; an ensemble of four CNNs"),
        (_PRETRAINED, 0.73, 0.73, UNSEEN, "accuracy"),
    ),
    *_of(
        "iemocap",
        4,
        (_CRAFTED, 0.59, 0.60, UNSEEN, ""),
        (_SCRATCH, 0.44, 0.66, UNSTATED, ""),
        (_PRETRAINED, 0.72, 0.74, UNSEEN, ""),
    ),
)


def published_together(corpora: Iterable[str]) -> list[PublishedScore]:
    """Return the scores published on exactly these corpora, pooled if several."""
    names = frozenset(corpora)
    return [score for score in PUBLISHED_SCORES if score.corpora == names]


def published_alone(corpora: Iterable[str]) -> list[PublishedScore]:
    """Return the scores published on each of some corpora by itself."""
    return [score for name in sorted(set(corpora)) for score in published_together([name])]
