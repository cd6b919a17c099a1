"""Batches of tensors from a feature file; clips of similar length share a batch."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from aec.features.feature_file import FeatureFile

Change = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]

# Batches are cut from pools of this many batches sorted by length: little padding, and other batches in every epoch.
_POOL = 8
_READ_ROWS = 64
_STEP = 16


def round_frames(frames: int) -> int:
    """Round up to a batch's number of frames: libraries cache a plan for each size."""
    return -(-frames // _STEP) * _STEP


@dataclass(frozen=True, eq=False)
class ClipDataset:
    """Feature matrices with their lengths and labels.

    Parameters
    ----------
    features : FeatureFile
    lengths : np.ndarray [shape=(rows of the file,), dtype=int64]
        Frames of each clip.
    targets : np.ndarray [shape=(rows of the file,), dtype=int64]
        Number of each clip's label.
    n_labels : int
    """

    features: FeatureFile
    lengths: np.ndarray
    targets: np.ndarray
    n_labels: int

    def read(self, rows: np.ndarray) -> tuple[Tensor, Tensor]:
        """Read features [shape=(n, frames, coefficients)] and lengths [shape=(n,)]."""
        lengths = self.lengths[rows]
        matrix = self.features.read(rows)[:, : round_frames(int(lengths.max()))]
        return torch.from_numpy(np.ascontiguousarray(matrix)), torch.from_numpy(lengths)

    def by_length(self, rows: np.ndarray, batch_size: int) -> Iterator[tuple[np.ndarray, Tensor, Tensor]]:
        """Yield (indices into `rows`, features, lengths), shortest clips first."""
        order = np.argsort(self.lengths[rows], kind="stable")
        for start in range(0, len(order), batch_size):
            places = order[start : start + batch_size]
            yield places, *self.read(rows[places])

    def statistics(self, rows: np.ndarray, change: Change | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and standard deviation of each coefficient over all frames.

        Parameters
        ----------
        rows : np.ndarray [shape=(n,), dtype=int64]
        change : callable, optional
            Applied to (features, lengths) of each batch first.
        """
        total = squares = np.zeros(self.features.shape[2])
        frames = 0
        for start in range(0, len(rows), _READ_ROWS):
            features, lengths = self.read(rows[start : start + _READ_ROWS])
            if change is not None:
                features, lengths = change(features, lengths)
            for matrix, length in zip(features.numpy(), lengths.numpy(), strict=True):
                values = matrix[:length].astype(np.float64)
                total, squares = total + values.sum(axis=0), squares + np.square(values).sum(axis=0)
                frames += int(length)
        mean = total / frames
        deviation = np.sqrt(np.maximum(squares / frames - mean**2, 0))
        return mean, np.where(deviation > 1e-3, deviation, 1.0)


def epoch_batches(lengths: np.ndarray, batch_size: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Return random batches of clips of similar length; every index occurs once.

    Parameters
    ----------
    lengths : np.ndarray [shape=(n,)]
    batch_size : int
    rng : np.random.Generator
    """
    order = rng.permutation(len(lengths))
    batches = []
    for start in range(0, len(order), _POOL * batch_size):
        pool = order[start : start + _POOL * batch_size]
        pool = pool[np.argsort(lengths[pool], kind="stable")]
        batches += [pool[at : at + batch_size] for at in range(0, len(pool), batch_size)]
    return [batches[number] for number in rng.permutation(len(batches))]


def cropped(features: Tensor, lengths: Tensor, frames: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Cut longer clips to `frames` frames, each at a random position."""
    if features.shape[1] <= frames:
        return features, lengths
    spare = (lengths - frames).clamp(min=0)
    start = (torch.rand(len(lengths), generator=generator) * (spare + 1)).long().clamp(max=spare)
    places = start[:, None] + torch.arange(frames)[None, :]
    kept = torch.gather(
        features, 1, places[:, :, None].expand(-1, -1, features.shape[2]).clamp(max=features.shape[1] - 1)
    )
    return kept, lengths.clamp(max=frames)
