"""Level, pauses and syllables from the energy of short frames, one every 10 ms.

References
----------
N. H. de Jong and T. Wempe, Praat script to detect syllable nuclei and measure speech rate automatically, Behavior
Research Methods 41, 2009, pp. 385-390: a syllable is a voiced peak of the intensity with a dip of 2 dB beside it.
F. Goldman-Eisler, Psycholinguistics: Experiments in Spontaneous Speech, Academic Press, 1968: a gap in the sound of
less than 0.25 s belongs to articulation.
"""

import numpy as np

from aec.features.pitch import HOP, RATE, loud_reference

FRAMES_PER_S = RATE / HOP
# A frame this far below the loud ones holds no speech.
SPEECH_DB = 30.0
MIN_PAUSE_S = 0.25
_DIP_DB = 2.0
_FLOOR = 1e-12


def frame_levels(waveform: np.ndarray) -> np.ndarray:
    """Return the level of each 30 ms, one every 10 ms.

    Parameters
    ----------
    waveform : np.ndarray [shape=(n,), dtype=float32]
        At 16 kHz.

    Returns
    -------
    np.ndarray [shape=(n // 160,), dtype=float64]
        In dBFS, of a full-scale sine -3; at least one frame.
    """
    count = max(1, waveform.size // HOP)
    pieces = np.pad(waveform, (0, max(0, HOP - waveform.size)))[: count * HOP].reshape(count, HOP)
    # einsum needs no temporary array as long as the sound.
    power = np.einsum("ij,ij->i", pieces, pieces).astype(np.float64) / HOP
    return to_db(smoothed(power, np.ones(3)))


def to_db(power: np.ndarray) -> np.ndarray:
    """Return a power in dB, at least -120."""
    return np.asarray(10 * np.log10(np.maximum(power, _FLOOR)))


def smoothed(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the weighted moving average; at the ends of fewer values."""
    if len(values) < len(weights):
        return values
    return np.convolve(values, weights, mode="same") / np.convolve(np.ones(len(values)), weights, mode="same")


def speech_frames(levels: np.ndarray) -> np.ndarray:
    """Return a mask [shape=(n,)] of the frames within 30 dB of the loud ones."""
    return np.asarray(levels > loud_reference(levels) - SPEECH_DB)


def pauses(speech: np.ndarray) -> np.ndarray:
    """Return a mask [shape=(n,)] of the frames in gaps of 0.25 s or more in speech."""
    result = np.zeros(len(speech), dtype=bool)
    spoken = np.flatnonzero(speech)
    for at in np.flatnonzero(np.diff(spoken) > MIN_PAUSE_S * FRAMES_PER_S):
        result[spoken[at] + 1 : spoken[at + 1]] = True
    return result


def count_syllables(power: np.ndarray, voiced: np.ndarray) -> int:
    """Count voiced peaks of the energy that stand 2 dB above the dips on both sides.

    Parameters
    ----------
    power : np.ndarray [shape=(frames,)]
        Already smooth, one per 10 ms.
    voiced : np.ndarray [shape=(frames,), dtype=bool]
    """
    levels = to_db(smoothed(power, np.hanning(7)))
    return sum(bool(voiced[at]) for at in _peaks(levels, _DIP_DB))


def _peaks(levels: np.ndarray, dip: float) -> list[int]:
    """Return the peaks with a dip of at least `dip` dB between any two of them."""
    found: list[int] = []
    top, bottom = 0, levels[0]
    rising = False
    for at in _turns(levels):
        value = levels[at]
        if rising:
            if value > levels[top]:
                top = at
            elif value <= levels[top] - dip:
                found.append(top)
                rising, bottom = False, value
        elif value >= bottom + dip:
            rising, top = True, at
        else:
            bottom = min(bottom, value)
    return [*found, top] if rising else found


def _turns(levels: np.ndarray) -> list[int]:
    """Return the ends of the curve and the points where its slope changes sign."""
    slopes = np.sign(np.diff(levels))
    inside = np.flatnonzero(slopes[1:] != slopes[:-1]) + 1
    return [0, *inside.tolist(), len(levels) - 1]
