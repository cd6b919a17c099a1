"""Similarity of spectrogram patches to patterns found by k-means.

References
----------
A. Coates, A. Y. Ng, Learning feature representations with k-means, Neural Networks: Tricks of the Trade, 2012.
"""

from typing import cast

import numpy as np
import torch
from sklearn.cluster import MiniBatchKMeans
from torch import Tensor, nn

from aec.models.deep.batches import ClipDataset
from tools.bundled.spectrograms import Spectrograms, as_tensor, weighted_mean
from tools.bundled.summary import Summary

# Number of patterns by length in frames of 16 ms: a sound, a syllable, a word.
_PATTERNS = {5: 200, 11: 300, 21: 200}
# Principal components of a patch; the ridge reduces the weight of the last ones.
_COMPONENTS = 80
_RIDGE = 0.1
# Cosine between patch and pattern from which a similarity counts.
_SIMILARITY_THRESHOLD = 0.15
# Weight of one number in distances; those of the summary have 1 or more.
_WEIGHT = 0.4
# Patches for k-means: number of clips, patches per clip, least scaled energy of their middle frame.
_MOST_CLIPS = 1500
_PATCHES_PER_CLIP = 60
_LEAST_ENERGY = -0.5
_BATCH_SIZE = 64


class Patches(nn.Module):
    """Amount of each pattern in the louder frames, and its largest similarity.

    Parameters
    ----------
    bands : int

    Attributes
    ----------
    weight : Tensor [shape=(size,)]
        Weight of each number in distances.
    """

    weight: Tensor

    def __init__(self, bands: int) -> None:
        super().__init__()
        self.lengths = nn.ModuleList(_Patterns(bands, *each) for each in _PATTERNS.items())
        self.register_buffer("weight", torch.full((2 * sum(_PATTERNS.values()),), _WEIGHT))

    def forward(self, spectrograms: Spectrograms) -> Tensor:
        """Return amounts and largest similarities of all patterns [shape=(batch, size)]."""
        found = []
        for patterns in self.lengths:
            similarity = patterns(spectrograms.x)
            amount = weighted_mean(torch.relu(similarity - _SIMILARITY_THRESHOLD), spectrograms.voiced)
            found += [(amount + 1e-6).sqrt(), (similarity - (1 - spectrograms.mask) * 1e3).amax(dim=1)]
        return torch.cat(found, dim=1)

    def fit(self, clips: ClipDataset, rows: np.ndarray, summary: Summary, seed: int) -> None:
        """Find the patterns in clips.

        Parameters
        ----------
        clips : ClipDataset
        rows : np.ndarray [shape=(n,), dtype=int64]
        summary : Summary
            Scales the spectrograms, as it does in prediction.
        seed : int
        """
        rng = np.random.default_rng(seed)
        chosen = rng.permutation(rows)[:_MOST_CLIPS]
        for patterns in self.lengths:
            patterns = cast(_Patterns, patterns)
            patterns.fit(_patches(clips, chosen, summary, patterns.width, rng), seed)


class _Patterns(nn.Module):
    """Patterns of one length.

    Parameters
    ----------
    bands : int
    width : int
        Frames, an odd number.
    count : int
        Number of patterns.

    Attributes
    ----------
    components : Tensor [shape=(components, bands, width)]
        Projection of patches.
    middle : Tensor [shape=(components,)]
        Projection of the mean patch.
    patterns : Tensor [shape=(components, count)]
        Each of norm 1.
    """

    components: Tensor
    middle: Tensor
    patterns: Tensor

    def __init__(self, bands: int, width: int, count: int) -> None:
        super().__init__()
        self.width = width
        self.register_buffer("components", torch.zeros(_COMPONENTS, bands, width))
        self.register_buffer("middle", torch.zeros(_COMPONENTS))
        self.register_buffer("patterns", torch.zeros(_COMPONENTS, count))

    def forward(self, x: Tensor) -> Tensor:
        """Return cosines of patches and patterns [shape=(batch, time, count)]."""
        projected = nn.functional.conv1d(x.transpose(1, 2), self.components, padding=self.width // 2).transpose(1, 2)
        projected = projected - self.middle
        size = projected.square().sum(dim=2, keepdim=True).clamp_min(1e-6).sqrt()
        return (projected @ self.patterns) / size

    def fit(self, patches: np.ndarray, seed: int) -> None:
        """Find patterns in patches [shape=(n, bands * width)]; spare ones stay empty."""
        mean = patches.mean(axis=0)
        values, vectors = np.linalg.eigh(np.cov((patches - mean).T, dtype=np.float64))
        leading = np.s_[: -_COMPONENTS - 1 : -1]
        values, vectors = np.maximum(values[leading], 0.0), vectors[:, leading]
        components = vectors / np.sqrt(values + _RIDGE * values.mean() + 1e-9)
        projected = (patches - mean) @ components
        projected /= np.maximum(np.linalg.norm(projected, axis=1, keepdims=True), 1e-6)
        count = min(self.patterns.shape[1], len(projected))
        search = MiniBatchKMeans(count, batch_size=4096, n_init=1, max_iter=30, random_state=seed)
        centres = search.fit(projected.astype(np.float32)).cluster_centers_
        centres /= np.maximum(np.linalg.norm(centres, axis=1, keepdims=True), 1e-6)
        self.components.copy_(as_tensor(components.T).reshape(self.components.shape))
        self.middle.copy_(as_tensor(mean @ components))
        self.patterns.zero_()
        self.patterns[:, :count] = as_tensor(centres.T)


def _patches(
    clips: ClipDataset, rows: np.ndarray, summary: Summary, width: int, rng: np.random.Generator
) -> np.ndarray:
    """Return random patches of `width` frames [shape=(n, bands * width)]."""
    patches = []
    for _, features, lengths in clips.by_length(rows, _BATCH_SIZE):
        spectrograms = summary.spectrograms(features, lengths)
        for matrix, energy, length in zip(
            spectrograms.x, spectrograms.energy[:, :, 0], lengths.tolist(), strict=True
        ):
            if length <= width:
                continue
            starts = torch.from_numpy(rng.integers(0, length - width, _PATCHES_PER_CLIP))
            starts = starts[energy[starts + width // 2] > _LEAST_ENERGY]
            patches.append(matrix.unfold(0, width, 1)[starts].flatten(1))
    return torch.cat(patches).numpy()
