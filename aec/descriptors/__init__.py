"""Plain measures of a voice: how high, how lively, how loud, how fast, with how many pauses.

They describe a clip in words that anybody can check by ear. No model uses them, and they prove nothing about what a
speaker feels.
"""

from aec.descriptors.describing import Descriptors, describe
from aec.descriptors.distribution import CARD_KEY, Distribution, Spread, distribution, read_distribution
from aec.descriptors.measures import MEASURES, Measure
from aec.descriptors.pitch import track_pitch

__all__ = [
    "CARD_KEY",
    "MEASURES",
    "Descriptors",
    "Distribution",
    "Measure",
    "Spread",
    "describe",
    "distribution",
    "read_distribution",
    "track_pitch",
]
