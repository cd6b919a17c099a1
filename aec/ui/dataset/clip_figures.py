"""Data of the figures of one clip: envelope, mel spectrogram, feature matrix."""

from dataclasses import dataclass

import numpy as np

from aec.audio import Sound
from aec.features import FeatureSpec, fit_frames, from_waveform, prepare
from aec.ui.envelope import envelope
from aec.ui.spectrogram import band_centres_hz, mel_spectrogram


@dataclass(frozen=True, eq=False)
class ClipFigures:
    """Data of the figures of one clip.

    Parameters
    ----------
    duration_s : float
    times, lowest, highest : np.ndarray [shape=(n,)]
        The envelope: seconds, and the lowest and highest sample of each piece, full scale at 1; n is at most 1,000.
    decibels : np.ndarray [shape=(128, columns)]
        Mel spectrogram at 44.1 kHz in dB below its loudest cell; at most 1,000 columns.
    centres_hz : np.ndarray [shape=(128,)]
        Of the mel bands.
    matrix : np.ndarray [shape=(500, 13)]
        The described MFCCs, cut or padded as the model gets them.
    frames : int
        The clip's own, before it was cut or padded.
    hop_s : float
        Seconds between two frames.
    """

    duration_s: float
    times: np.ndarray
    lowest: np.ndarray
    highest: np.ndarray
    decibels: np.ndarray
    centres_hz: np.ndarray
    matrix: np.ndarray
    frames: int
    hop_s: float


def clip_figures(sound: Sound) -> ClipFigures:
    """Return the data of the figures of a sound."""
    spec = FeatureSpec()
    # As `aec.features.extract` does it; the resampled sound is needed twice.
    prepared = prepare(sound.waveform, sound.sampling_rate, spec)
    coefficients = from_waveform(prepared, spec)
    times, lowest, highest = envelope(sound.waveform, sound.sampling_rate)
    return ClipFigures(
        duration_s=sound.facts.duration_s,
        times=times,
        lowest=lowest,
        highest=highest,
        decibels=mel_spectrogram(prepared, spec),
        centres_hz=band_centres_hz(spec),
        matrix=fit_frames(coefficients, spec.max_frames),
        frames=len(coefficients),
        hop_s=spec.hop_s,
    )
