"""Mel spectrogram of a clip, reduced to as many columns as a figure can hold."""

import numpy as np

from aec.features import FeatureSpec, from_waveform
from aec.features.fused import mel_basis
from aec.ui.envelope import COLUMNS


def mel_spectrogram(waveform: np.ndarray, spec: FeatureSpec) -> np.ndarray:
    """Return a mel spectrogram in dB below its loudest cell, at most 1,000 columns.

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


def band_centres_hz(spec: FeatureSpec) -> np.ndarray:
    """Return the centre of each mel band in Hz [shape=(n_mels,)]."""
    basis = mel_basis(spec.sampling_rate, spec.n_fft, spec.n_mels)
    return np.asarray(basis @ np.fft.rfftfreq(spec.n_fft, 1 / spec.sampling_rate) / basis.sum(axis=1))
