"""What is usual for each emotion in a training corpus: kept in a model's card, read back from a stranger's.

Whoever trains a model stores `{CARD_KEY: distribution(...)}` in the card's `extra`.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from aec.emotions import EMOTIONS
from aec.features.descriptors import Descriptors
from aec.features.voice_measures import MEASURES

CARD_KEY = "descriptors"
PERCENTILES = (10, 25, 50, 75, 90)
# Percentiles of fewer clips would be those of single voices.
MIN_CLIPS = 5
_MAX_COUNT = 10**9
_DIGITS = 4


@dataclass(frozen=True)
class Spread:
    """How a measure is spread over the clips of one emotion.

    Parameters
    ----------
    p10, p25, p50, p75, p90 : float
        Percentiles, in the measure's unit.
    count : int
        Clips of which the measure could be told.
    """

    p10: float
    p25: float
    p50: float
    p75: float
    p90: float
    count: int


Distribution = dict[str, dict[str, Spread]]


def distribution(
    descriptors: Iterable[Descriptors], emotions: Iterable[str | None]
) -> dict[str, dict[str, dict[str, float | int]]]:
    """Return how every measure is spread over the clips of every emotion.

    Parameters
    ----------
    descriptors : iterable of Descriptors
    emotions : iterable of str or None
        Of the same clips; others than `EMOTIONS` are left out.

    Returns
    -------
    dict
        By emotion (in the order of `EMOTIONS`) and measure: `p10`, `p25`, `p50`, `p75`, `p90` and `count`, as JSON
        types. A measure that could be told of fewer than 5 clips of an emotion is left out, and so is an emotion
        without any.

    Raises
    ------
    ValueError
        More of the one than of the other.
    """
    values: dict[str, dict[str, list[float]]] = {emotion: {name: [] for name in MEASURES} for emotion in EMOTIONS}
    for described, emotion in zip(descriptors, emotions, strict=True):
        for name, value in described.to_dict().items():
            if emotion in values and value is not None:
                values[emotion][name].append(value)
    spreads = {emotion: _spreads(of) for emotion, of in values.items()}
    return {emotion: found for emotion, found in spreads.items() if found}


def read_distribution(extra: Mapping[str, object]) -> Distribution | None:
    """Return the distribution that a model's card holds.

    Parameters
    ----------
    extra : mapping
        Of the card: any JSON that a stranger may have written.

    Returns
    -------
    dict of str to dict of str to Spread, or None
        By emotion and measure. None where the card has none, or anything that is no distribution: a word that is no
        emotion, a value that is no number, that the measure cannot have, or that is smaller than the one before it.
        Measures that this version does not know are passed over.
    """
    table = extra.get(CARD_KEY)
    if not isinstance(table, Mapping) or not table or not set(table) <= set(EMOTIONS):
        return None
    try:
        found = {emotion: _read_spreads(table[emotion]) for emotion in EMOTIONS if emotion in table}
    except _JunkError:
        return None
    return {emotion: spreads for emotion, spreads in found.items() if spreads} or None


class _JunkError(Exception):
    """Something in a card that is no distribution."""


def _spreads(values: Mapping[str, list[float]]) -> dict[str, dict[str, float | int]]:
    return {name: _spread(of) for name, of in values.items() if len(of) >= MIN_CLIPS}


def _spread(values: list[float]) -> dict[str, float | int]:
    found = np.percentile(values, PERCENTILES).tolist()
    named = {f"p{rank}": round(value, _DIGITS) for rank, value in zip(PERCENTILES, found, strict=True)}
    return {**named, "count": len(values)}


def _read_spreads(value: object) -> dict[str, Spread]:
    if not isinstance(value, Mapping) or len(value) > 4 * len(MEASURES):
        raise _JunkError
    return {name: _read_spread(name, value[name]) for name in MEASURES if name in value}


def _read_spread(name: str, value: object) -> Spread:
    wanted = [f"p{rank}" for rank in PERCENTILES]
    if not isinstance(value, Mapping) or set(value) != {*wanted, "count"}:
        raise _JunkError
    numbers = {key: _read_number(name, value[key]) for key in wanted}
    count = value["count"]
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= _MAX_COUNT:
        raise _JunkError
    if list(numbers.values()) != sorted(numbers.values()):
        raise _JunkError
    return Spread(**numbers, count=count)


def _read_number(name: str, value: object) -> float:
    measure = MEASURES[name]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _JunkError
    if not (math.isfinite(value) and measure.low <= value <= measure.high):
        raise _JunkError
    return float(value)
