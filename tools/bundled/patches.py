"""Which short patterns of sound a clip is made of, and how clearly: the patterns are found in the clips learned from.

References
----------
A. Coates, A. Y. Ng, Learning feature representations with k-means, Neural Networks: Tricks of the Trade, 2012.
"""

import numpy as np
import torch
from sklearn.cluster import MiniBatchKMeans
from torch import Tensor, nn

from aec.models.deep.batches import ClipDataset
from tools.bundled.heard import Heard, as_tensor, mean
from tools.bundled.summary import Summary

# Patterns for each length in frames of 16 ms: a sound, a syllable, a word.
_PATTERNS = {5: 200, 11: 300, 21: 200}
# A patch is told by so many principal components; the last ones count less than their share.
_COMPONENTS = 80
_RIDGE = 0.1
# How alike a patch and a pattern have to be, as a cosine.
_ALIKE = 0.15
# One number of this kind says less than one of the summary.
_WEIGHT = 0.4
# Patches to find patterns in: from so many clips, so many each, where they are not too quiet.
_CLIPS = 1500
_OF_EACH = 60
_QUIET = -0.5
_AT_ONCE = 64


class Patches(nn.Module):
    """How much of each pattern there is in the louder frames, and how clearly it comes out at its best.

    Parameters
    ----------
    bands : int

    Attributes
    ----------
    weight : Tensor [shape=(size,)]
        How much each number counts.
    """

    weight: Tensor

    def __init__(self, bands: int) -> None:
        super().__init__()
        self.lengths = nn.ModuleList(_Patterns(bands, *each) for each in _PATTERNS.items())
        self.register_buffer("weight", torch.full((2 * sum(_PATTERNS.values()),), _WEIGHT))

    def forward(self, heard: Heard) -> Tensor:
        """Return how much of them there is, and how clear they are, in clips [shape=(batch, size)]."""
        found = []
        for patterns in self.lengths:
            alike = patterns(heard.x)
            much = mean(torch.relu(alike - _ALIKE), heard.voiced)
            found += [(much + 1e-6).sqrt(), (alike - (1 - heard.mask) * 1e3).amax(dim=1)]
        return torch.cat(found, dim=1)

    def learn(self, clips: ClipDataset, rows: np.ndarray, summary: Summary, seed: int) -> None:
        """Find the patterns in clips.

        Parameters
        ----------
        clips : ClipDataset
        rows : np.ndarray [shape=(n,), dtype=int64]
        summary : Summary
            That hears them as they are heard later.
        seed : int
        """
        rng = np.random.default_rng(seed)
        some = rng.permutation(rows)[:_CLIPS]
        for patterns in self.lengths:
            patterns.learn(_patches(clips, some, summary, patterns.width, rng), seed)


class _Patterns(nn.Module):
    """Patterns of one length.

    Parameters
    ----------
    bands : int
    width : int
        Frames, an odd number.
    count : int
        How many.

    Attributes
    ----------
    components : Tensor [shape=(components, bands, width)]
        As patches are told.
    middle : Tensor [shape=(components,)]
        Of all patches.
    patterns : Tensor [shape=(components, count)]
        Each of length 1.
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
        """Return the cosine between the patch around each frame and each pattern [shape=(batch, time, count)]."""
        told = nn.functional.conv1d(x.transpose(1, 2), self.components, padding=self.width // 2).transpose(1, 2)
        told = told - self.middle
        size = told.square().sum(dim=2, keepdim=True).clamp_min(1e-6).sqrt()
        return (told @ self.patterns) / size

    def learn(self, patches: np.ndarray, seed: int) -> None:
        """Find them in patches [shape=(n, bands * width)]; where there are few, some patterns stay empty."""
        mean = patches.mean(axis=0)
        values, vectors = np.linalg.eigh(np.cov((patches - mean).T, dtype=np.float64))
        kept = np.s_[: -_COMPONENTS - 1 : -1]
        values, vectors = np.maximum(values[kept], 0.0), vectors[:, kept]
        components = vectors / np.sqrt(values + _RIDGE * values.mean() + 1e-9)
        told = (patches - mean) @ components
        told /= np.maximum(np.linalg.norm(told, axis=1, keepdims=True), 1e-6)
        count = min(self.patterns.shape[1], len(told))
        search = MiniBatchKMeans(count, batch_size=4096, n_init=1, max_iter=30, random_state=seed)
        centres = search.fit(told.astype(np.float32)).cluster_centers_
        centres /= np.maximum(np.linalg.norm(centres, axis=1, keepdims=True), 1e-6)
        self.components.copy_(as_tensor(components.T).reshape(self.components.shape))
        self.middle.copy_(as_tensor(mean @ components))
        self.patterns.zero_()
        self.patterns[:, :count] = as_tensor(centres.T)


def _patches(
    clips: ClipDataset, rows: np.ndarray, summary: Summary, width: int, rng: np.random.Generator
) -> np.ndarray:
    """Return patches of so many frames [shape=(n, bands * width)]."""
    patches = []
    for _, features, lengths in clips.by_length(rows, _AT_ONCE):
        heard = summary.heard(features, lengths)
        for matrix, energy, length in zip(heard.x, heard.energy[:, :, 0], lengths.tolist(), strict=True):
            if length <= width:
                continue
            starts = torch.from_numpy(rng.integers(0, length - width, _OF_EACH))
            starts = starts[energy[starts + width // 2] > _QUIET]
            patches.append(matrix.unfold(0, width, 1)[starts].flatten(1))
    return torch.cat(patches).numpy()
