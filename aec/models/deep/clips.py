"""Clips of a feature file as batches of tensors, those of like length together."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from aec.features.feature_file import FeatureFile

Change = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]

# Batches are cut from that many clips sorted by length: little padding, and still another mix in every epoch.
_POOL = 8
_READ_ROWS = 64
_STEP = 16


def round_frames(frames: int) -> int:
    """Return the next number of frames that batches have: libraries prepare, and keep, something for each size."""
    return -(-frames // _STEP) * _STEP


@dataclass(frozen=True, eq=False)
class Clips:
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
        """Return features [shape=(len(rows), longest or a little more, coefficients)] and lengths [shape=(n,)]."""
        lengths = self.lengths[rows]
        matrix = self.features.read(rows)[:, : round_frames(int(lengths.max()))]
        return torch.from_numpy(np.ascontiguousarray(matrix)), torch.from_numpy(lengths)

    def in_order(self, rows: np.ndarray, batch_size: int) -> Iterator[tuple[np.ndarray, Tensor, Tensor]]:
        """Yield (places within `rows`, features, lengths), shortest clips first."""
        order = np.argsort(self.lengths[rows], kind="stable")
        for start in range(0, len(order), batch_size):
            places = order[start : start + batch_size]
            yield places, *self.read(rows[places])

    def statistics(self, rows: np.ndarray, change: Change | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and standard deviation of each coefficient over all frames of some clips.

        Parameters
        ----------
        rows : np.ndarray [shape=(n,), dtype=int64]
        change : callable, optional
            What is done to (features, lengths) of each batch before.
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
    """Return every place once, in batches of clips of like length, in random order.

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
    """Cut clips of more than `frames` frames to that many, each at a place of its own."""
    if features.shape[1] <= frames:
        return features, lengths
    spare = (lengths - frames).clamp(min=0)
    start = (torch.rand(len(lengths), generator=generator) * (spare + 1)).long().clamp(max=spare)
    places = start[:, None] + torch.arange(frames)[None, :]
    kept = torch.gather(
        features, 1, places[:, :, None].expand(-1, -1, features.shape[2]).clamp(max=features.shape[1] - 1)
    )
    return kept, lengths.clamp(max=frames)
