"""Published scores on the known corpora: an orientation, not a ranking.

The figures are UAR or accuracy, whichever a source gives; where several sources are put together, the lowest and the
highest stand here. Label sets, folds and preprocessing differ from ours and from each other. What can be compared at
all is the protocol: a score on unseen speakers holds for new voices, one with the test speakers in the training is
optimistic.

Source: a reading of the published work on each corpus for this program, in 2026; eGeMAPS and ComParE are the feature
sets of Eyben et al. (2016) and Schuller et al. (2013), and the listeners of CREMA-D are those of Cao et al. (2014).
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

UNSEEN = "unseen speakers"
SEEN = "speakers on both sides"
LISTENERS = "human listeners"
UNSTATED = "not stated"


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


def _read(file: Path) -> tuple[PublishedScore, ...]:
    with file.open(encoding="utf-8", newline="") as rows:
        return tuple(
            PublishedScore(
                corpora=frozenset(row["corpora"].split()),
                emotions=int(row["emotions"]),
                approach=row["approach"],
                low=float(row["low"]),
                high=float(row["high"]),
                protocol=row["protocol"],
                remark=row["remark"],
            )
            for row in csv.DictReader(rows)
        )


PUBLISHED_SCORES = _read(Path(__file__).with_suffix(".csv"))


def published_together(corpora: Iterable[str]) -> list[PublishedScore]:
    """Return the scores published on exactly these corpora, pooled if several."""
    names = frozenset(corpora)
    return [score for score in PUBLISHED_SCORES if score.corpora == names]


def published_alone(corpora: Iterable[str]) -> list[PublishedScore]:
    """Return the scores published on each of some corpora by itself."""
    return [score for name in sorted(set(corpora)) for score in published_together([name])]
