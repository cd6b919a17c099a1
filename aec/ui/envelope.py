"""Envelope of a waveform, short enough for a figure."""

import numpy as np

# Points that a browser draws without delay.
COLUMNS = 1_000
# Times in seconds, lowest and highest sample of each piece.
Envelope = tuple[np.ndarray, np.ndarray, np.ndarray]


def envelope(waveform: np.ndarray, sampling_rate: int) -> Envelope:
    """Return times (s), and the lowest and highest sample of each piece of a waveform.

    There are at most 1,000 pieces.

    Parameters
    ----------
    waveform : np.ndarray [shape=(n,), dtype=float32]
    sampling_rate : int
        In Hz.
    """
    starts = np.unique(np.linspace(0, waveform.size, min(COLUMNS, waveform.size), endpoint=False).astype(np.int64))
    lowest, highest = np.minimum.reduceat(waveform, starts), np.maximum.reduceat(waveform, starts)
    return (starts / sampling_rate).astype(np.float32), lowest, highest
