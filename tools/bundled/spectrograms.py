"""Scaled spectrograms of a batch, and helpers that summaries and patches share."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Spectrograms:
    """Log-mel spectrograms of a batch with weights of their frames.

    Parameters
    ----------
    decibels : Tensor [shape=(batch, time, bands)]
        In dB, with the noise floor added.
    x : Tensor [shape=(batch, time, bands)]
        `decibels` scaled per band; 0 after the end of a clip.
    mask : Tensor [shape=(batch, time, 1)]
        1 for frames of the clip, 0 for padding.
    energy : Tensor [shape=(batch, time, 1)]
        The mean over bands of `x`.
    voiced : Tensor [shape=(batch, time, 1)]
        Weight of louder frames, 0 to 1.
    """

    decibels: Tensor
    x: Tensor
    mask: Tensor
    energy: Tensor
    voiced: Tensor


def weighted_mean(x: Tensor, weight: Tensor) -> Tensor:
    """Return weighted means over time [shape=(batch, values)]."""
    return (x * weight).sum(dim=1) / weight.sum(dim=1).clamp_min(1.0)


def as_tensor(values: np.ndarray) -> Tensor:
    """Return a float32 tensor of an array, for a buffer of a module."""
    return torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32))
