"""Names, units and ranges of the voice descriptors."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    """Name, unit and range of one voice descriptor.

    Parameters
    ----------
    title, unit : str
        For figures; the unit may be empty.
    digits : int
        Decimals shown.
    low, high : float
        Range of valid values.
    more, less : str
        Words for a larger and a smaller value.
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
        "The mean power of the frames with speech; it depends on the microphone as much as on the voice.",
    ),
    "level_variation_db": Measure(
        "Level variation", "dB", 1, 0, 100, "larger", "smaller",
        "From the 10th to the 90th percentile of the levels of the frames with speech.",
    ),
    "syllables_per_s": Measure(
        "Speaking rate", "syllables/s", 1, 0, 50, "faster", "slower",
        "Voiced peaks of the energy per second of speech, pauses left out.",
    ),
    "pause_share": Measure(
        "Pauses", "%", 0, 0, 1, "longer", "shorter",
        "The share of pauses of at least 0.25 s between the first and the last frame with speech.",
    ),
}  # fmt: skip
