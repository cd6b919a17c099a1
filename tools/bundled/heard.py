"""A batch of clips as the kernel machines hear it, and what their descriptions of it share."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Heard:
    """Spectrograms with an even noise under them, and which of their frames count.

    Parameters
    ----------
    decibels : Tensor [shape=(batch, time, bands)]
    x : Tensor [shape=(batch, time, bands)]
        The same, scaled; 0 behind a clip's end.
    mask : Tensor [shape=(batch, time, 1)]
        1 for a clip's own frames.
    energy : Tensor [shape=(batch, time, 1)]
        The mean over bands of `x`.
    voiced : Tensor [shape=(batch, time, 1)]
        How far a frame is one of the louder ones.
    """

    decibels: Tensor
    x: Tensor
    mask: Tensor
    energy: Tensor
    voiced: Tensor


def mean(x: Tensor, weight: Tensor) -> Tensor:
    """Return weighted means over time [shape=(batch, values)]."""
    return (x * weight).sum(dim=1) / weight.sum(dim=1).clamp_min(1.0)


def as_tensor(values: np.ndarray) -> Tensor:
    """Return values as they are kept in a model."""
    return torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32))
