"""A clip's sound reduced to what a figure can hold: envelope, mel spectrogram, and the matrix that a model gets."""

from dataclasses import dataclass

import numpy as np

from aec.audio import Sound
from aec.features import FeatureSpec, fit_frames, from_waveform, prepare
from aec.features.fused import mel_basis
from aec.ui.envelope import COLUMNS, envelope


@dataclass(frozen=True, eq=False)
class Pictures:
    """What the figures of one clip are drawn from.

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


def pictures_of(sound: Sound) -> Pictures:
    """Return what the figures of a sound are drawn from."""
    spec = FeatureSpec()
    # As `aec.features.extract` does it; the resampled sound is needed twice.
    prepared = prepare(sound.waveform, sound.sampling_rate, spec)
    coefficients = from_waveform(prepared, spec)
    times, lowest, highest = envelope(sound.waveform, sound.sampling_rate)
    return Pictures(
        duration_s=sound.facts.duration_s,
        times=times,
        lowest=lowest,
        highest=highest,
        decibels=spectrogram(prepared, spec),
        centres_hz=centres(spec),
        matrix=fit_frames(coefficients, spec.max_frames),
        frames=len(coefficients),
        hop_s=spec.hop_s,
    )


def spectrogram(waveform: np.ndarray, spec: FeatureSpec) -> np.ndarray:
    """Return a mel spectrogram with at most 1,000 columns, in dB below its loudest cell.

    Parameters
    ----------
    waveform : np.ndarray [shape=(n,), dtype=float32]
        At the spec's rate.
    spec : FeatureSpec

    Returns
    -------
    np.ndarray [shape=(n_mels, columns), dtype=float32]
    """
    # In long sounds frames are farther apart, though without gaps between them.
    hop = min(max(spec.hop_length, waveform.size // COLUMNS), spec.n_fft)
    mel = FeatureSpec("logmel", spec.sampling_rate, spec.n_fft, hop, spec.n_mels, max_frames=None)
    decibels = from_waveform(waveform, mel).T
    if decibels.shape[1] > COLUMNS:
        starts = np.linspace(0, decibels.shape[1], COLUMNS, endpoint=False).astype(np.int64)
        decibels = np.maximum.reduceat(decibels, starts, axis=1)
    return np.asarray(decibels - decibels.max())


def centres(spec: FeatureSpec) -> np.ndarray:
    """Return the centre of each mel band in Hz [shape=(n_mels,)]."""
    basis = mel_basis(spec.sampling_rate, spec.n_fft, spec.n_mels)
    return np.asarray(basis @ np.fft.rfftfreq(spec.n_fft, 1 / spec.sampling_rate) / basis.sum(axis=1))
