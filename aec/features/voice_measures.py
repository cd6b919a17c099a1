"""What is measured: names, units and what a value can be at all."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    """One measure of a clip.

    Parameters
    ----------
    title, unit : str
        As they stand in a figure; the unit may be empty.
    digits : int
        After the point, where the value is shown.
    low, high : float
        What no value lies beyond.
    more, less : str
        The words for a larger and a smaller value.
    about : str
        How it is measured, as a sentence.
    """

    title: str
    unit: str
    digits: int
    low: float
    high: float
    more: str
    less: str
    about: str


MEASURES: dict[str, Measure] = {
    "f0_median_hz": Measure(
        "Median pitch", "Hz", 0, 0, 1_000, "higher", "lower",
        "The middle of the fundamental frequencies of the voiced frames.",
    ),
    "f0_range_st": Measure(
        "Pitch range", "semitones", 1, 0, 60, "wider", "narrower",
        "From the 10th to the 90th percentile of the fundamental frequency: 12 semitones are an octave.",
    ),
    "level_dbfs": Measure(
        "Level", "dBFS", 1, -200, 20, "louder", "quieter",
        "The mean power where somebody speaks; it says as much about the microphone as about the voice.",
    ),
    "level_variation_db": Measure(
        "Level variation", "dB", 1, 0, 100, "larger", "smaller",
        "From the 10th to the 90th percentile of the level where somebody speaks.",
    ),
    "syllables_per_s": Measure(
        "Speaking rate", "syllables/s", 1, 0, 50, "faster", "slower",
        "Voiced peaks of the energy per second of speech, pauses left out.",
    ),
    "pause_share": Measure(
        "Pauses", "%", 0, 0, 1, "longer", "shorter",
        "The share of pauses of at least 0.25 s between the first and the last sound of speech.",
    ),
}  # fmt: skip
