"""Where a long sound is the loudest, found without a copy of it."""

import numpy as np

_HOP_S = 0.1


def loudest_start(waveform: np.ndarray, sampling_rate: int, width_s: float) -> float:
    """Return where the stretch of that length with the most energy begins, to a tenth of a second.

    Parameters
    ----------
    waveform : np.ndarray [shape=(n,)]
    sampling_rate : int
        In Hz.
    width_s : float

    Returns
    -------
    float
        In seconds; 0 for a sound that is no longer.
    """
    hop = round(_HOP_S * sampling_rate)
    pieces = waveform[: waveform.size // hop * hop].reshape(-1, hop)
    sums = np.concatenate([[0.0], np.cumsum(np.einsum("ij,ij->i", pieces, pieces), dtype=np.float64)])
    width = max(1, int(width_s / _HOP_S))
    if width >= len(sums):
        return 0.0
    return float(np.argmax(sums[width:] - sums[:-width])) * _HOP_S
