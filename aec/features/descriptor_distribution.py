"""Distribution of voice descriptors over the emotions of a training corpus.

Whoever trains a model stores `{CARD_KEY: describe_corpus(...)}` in the card's `extra`.
"""

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Annotated

import msgspec
import numpy as np

from aec.emotions import EMOTIONS
from aec.features.descriptors import Descriptors
from aec.features.voice_measures import MEASURES

CARD_KEY = "descriptors"
PERCENTILES = (10, 25, 50, 75, 90)
# Percentiles of fewer clips would be those of single voices.
MIN_CLIPS = 5
_DIGITS = 4


class Percentiles(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Percentiles of a measure over the clips of one emotion.

    Parameters
    ----------
    p10, p25, p50, p75, p90 : float
        In the measure's unit.
    count : int
        Number of clips with a value.
    """

    p10: float
    p25: float
    p50: float
    p75: float
    p90: float
    count: Annotated[int, msgspec.Meta(ge=1, le=10**9)]


# By emotion (in the order of `EMOTIONS`) and measure.
Distribution = dict[str, dict[str, Percentiles]]


def describe_corpus(descriptors: Iterable[Descriptors], emotions: Iterable[str | None]) -> Distribution:
    """Return the percentiles of each measure over the clips of each emotion.

    Parameters
    ----------
    descriptors : iterable of Descriptors
    emotions : iterable of str or None
        Of the same clips; others than `EMOTIONS` are left out.

    Returns
    -------
    dict of str to dict of str to Percentiles
        A measure with values of fewer than 5 clips of an emotion is left out, and so is an emotion without any.

    Raises
    ------
    ValueError
        The two differ in length.
    """
    values: dict[str, dict[str, list[float]]] = {emotion: {name: [] for name in MEASURES} for emotion in EMOTIONS}
    for described, emotion in zip(descriptors, emotions, strict=True):
        for name, value in msgspec.structs.asdict(described).items():
            if emotion in values and value is not None:
                values[emotion][name].append(value)
    found = {
        emotion: {name: _percentiles(numbers) for name, numbers in measures.items() if len(numbers) >= MIN_CLIPS}
        for emotion, measures in values.items()
    }
    return {emotion: measures for emotion, measures in found.items() if measures}


def read_distribution(extra: Mapping[str, object]) -> Distribution | None:
    """Return the distribution in a model's card.

    Parameters
    ----------
    extra : mapping
        Of the card: any JSON, maybe from a stranger.

    Returns
    -------
    dict of str to dict of str to Percentiles, or None
        None where the card has no valid one: an unknown emotion, a value of another type or outside the measure's
        range, percentiles that decrease. Unknown measures are ignored.
    """
    try:
        table = msgspec.convert(extra.get(CARD_KEY), dict[str, dict[str, object]])
        found = {emotion: _read_percentiles(table[emotion]) for emotion in EMOTIONS if emotion in table}
    except (msgspec.ValidationError, OverflowError):
        return None
    if not set(table) <= set(EMOTIONS):
        return None
    return {emotion: measures for emotion, measures in found.items() if measures} or None


def _percentiles(values: list[float]) -> Percentiles:
    p10, p25, p50, p75, p90 = np.percentile(values, PERCENTILES).round(_DIGITS).tolist()
    return Percentiles(p10, p25, p50, p75, p90, len(values))


def _read_percentiles(measures: dict[str, object]) -> dict[str, Percentiles]:
    found = {name: msgspec.convert(measures[name], Percentiles) for name in MEASURES if name in measures}
    for name, of in found.items():
        measure = MEASURES[name]
        ordered = (measure.low, of.p10, of.p25, of.p50, of.p75, of.p90, measure.high)
        # Refuses NaN, too.
        if not all(before <= after for before, after in pairwise(ordered)):
            raise msgspec.ValidationError(f"the percentiles of {name} decrease or are out of range")
    return found
