"""A kernel machine over summaries of clips, learned in closed form within seconds.

Networks learn from the order of frames, and differ most from it in what they get wrong; so both answer together.

References
----------
R. Rifkin, G. Yeo, T. Poggio, Regularized least-squares classification, 2003.
C. Williams, M. Seeger, Using the Nyström method to speed up kernel machines, NIPS 2001.
A. Hatch, S. Kajarekar, A. Stolcke, Within-class covariance normalization for SVM-based speaker recognition,
Interspeech 2006 (the turn of detailed machines; here versions of one clip are a class).
N. Jaitly, G. E. Hinton, Vocal tract length perturbation improves speech recognition, ICML workshop 2013 (copies).
"""

import math
from collections.abc import Sequence

import numpy as np
import torch
from scipy.linalg import cho_factor, cho_solve, eigh
from torch import Tensor, nn

from aec.features import FeatureSpec
from aec.models.deep.augmentation import Strength, perturbed
from aec.models.deep.batches import ClipDataset
from aec.models.deep.ensemble import pooled_logits
from aec.models.deep.layers import frame_mask
from tools.bundled.heard import Heard
from tools.bundled.patches import Patches
from tools.bundled.summary import Summary

LANDMARKS = 2000
# Of the Gaussian, by the number of values, and of that of a detailed machine; of the penalty on coefficients.
_WIDTH, _DETAILED_WIDTH = 0.5, 1.0
_PENALTY = 0.6
# Values further away from the mean, in standard deviations, are drawn in.
_FURTHEST = 5.0
# Of each version so many more are learned from, spoken by throats and at speeds that nobody has.
_COPIES = 2
_VOICES = Strength(speed=0.15, tract=0.12)
# Least squares aims at 0 and 1; times this, the answers are about as sure as those of networks.
_SHARPNESS = 4.0
_AT_ONCE = 64
# Of a detailed machine: numbers that are left of a clip, and how much less what rooms and lines change counts.
_KEPT = 400
_STEADY = 1.0


class KernelMachine(nn.Module):
    """Sums of Gaussians around landmarks, one sum per label.

    Parameters
    ----------
    spec : FeatureSpec
    floor_db : float
    labels : int
    landmarks : int
    detailed : bool
        Look at patches, too, and take distances where rooms and lines change little.

    Attributes
    ----------
    mean, factor : Tensor [shape=(size,)]
        What makes the numbers that tell of a clip comparable.
    turn : Tensor [shape=(size, kept)] or None
        From these to what distances are taken between, in a detailed machine.
    landmarks : Tensor [shape=(size or kept, landmarks)]
        As they are multiplied, so that the file holds them once.
    squares : Tensor [shape=(landmarks,)]
        Their squared lengths.
    coefficients : Tensor [shape=(landmarks, labels)]
    """

    mean: Tensor
    factor: Tensor
    turn: Tensor | None
    landmarks: Tensor
    squares: Tensor
    coefficients: Tensor

    def __init__(
        self, spec: FeatureSpec, floor_db: float, labels: int, landmarks: int = LANDMARKS, *, detailed: bool = False
    ) -> None:
        super().__init__()
        self.summary = Summary(spec, floor_db)
        self.patches = Patches(spec.n_mels) if detailed else None
        size = len(self.weight)
        kept = _KEPT if detailed else size
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("factor", torch.ones(size))
        self.register_buffer("turn", torch.zeros(size, kept) if detailed else None)
        self.register_buffer("landmarks", torch.zeros(kept, landmarks))
        self.register_buffer("squares", torch.zeros(landmarks))
        self.register_buffer("coefficients", torch.zeros(landmarks, labels))
        self._width = (_DETAILED_WIDTH if detailed else _WIDTH) / float(self.weight.square().sum())

    @property
    def weight(self) -> Tensor:
        """How much each number counts [shape=(size,)]."""
        return self.summary.weight if self.patches is None else torch.cat([self.summary.weight, self.patches.weight])

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Return logits [shape=(batch, labels)] of log-mel spectrograms [shape=(batch, time, bands)]."""
        heard = self.summary.heard(x, lengths)
        return self.answer(self.summary.of(heard), heard)

    def answer(self, summaries: Tensor, heard: Heard) -> Tensor:
        """Return logits [shape=(batch, labels)] of what is heard, of which the summaries are there already."""
        return _SHARPNESS * self.near(self.comparable(self.told(summaries, heard))) @ self.coefficients

    def told(self, summaries: Tensor, heard: Heard) -> Tensor:
        """Return all numbers that tell of clips [shape=(batch, size)]."""
        return summaries if self.patches is None else torch.cat([summaries, self.patches(heard)], dim=1)

    def scaled(self, told: Tensor) -> Tensor:
        """Return these numbers [shape=(batch, size)], each as far from its mean as it counts."""
        return ((told - self.mean) * self.factor).clamp(-_FURTHEST, _FURTHEST) * self.weight

    def comparable(self, told: Tensor) -> Tensor:
        """Return these numbers as distances are taken between them [shape=(batch, size or kept)]."""
        scaled = self.scaled(told)
        return scaled if self.turn is None else scaled @ self.turn

    def near(self, points: Tensor) -> Tensor:
        """Return how near points are to each landmark, 0 to 1 [shape=(batch, landmarks)]."""
        own = points.square().sum(dim=1, keepdim=True)
        distance = (own + self.squares - 2.0 * (points @ self.landmarks)).clamp_min(0.0)
        return torch.exp(-self._width * distance)


class KernelMachines(nn.Module):
    """Machines that learned from the same clips, over one summary; the mean of their probabilities.

    Parameters
    ----------
    machines : sequence of KernelMachine

    Raises
    ------
    ValueError
        They summarise clips in different ways.
    """

    def __init__(self, machines: Sequence[KernelMachine]) -> None:
        super().__init__()
        self.machines = nn.ModuleList(machines)
        first, *others = (machine.summary.state_dict() for machine in machines)
        if not all(torch.equal(first[name], other[name]) for other in others for name in first):
            raise ValueError("these machines do not summarise clips in the same way")

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Return logits [shape=(batch, labels)] of log-mel spectrograms [shape=(batch, time, bands)]."""
        summary = self.machines[0].summary
        heard = summary.heard(x, lengths)
        summaries = summary.of(heard)
        return pooled_logits(
            [machine.answer(summaries, heard) for machine in self.machines],
            [1 / len(self.machines)] * len(self.machines),
        )


def fit_kernel(
    clips: ClipDataset, rows: np.ndarray, spec: FeatureSpec, floor_db: float, seed: int, *, detailed: bool = False
) -> KernelMachine:
    """Learn from clips, all labels counting the same.

    Parameters
    ----------
    clips : ClipDataset
    rows : np.ndarray [shape=(n, versions), dtype=int64]
        Where the versions of each clip lie; all are learned from.
    spec : FeatureSpec
    floor_db : float
    seed : int
        Of patterns and copies, and of the choice of landmarks among all of them.
    detailed : bool
    """
    every = rows.reshape(-1)
    rounds = 1 + (1 if detailed else _COPIES)
    targets = np.tile(clips.targets[every], rounds)
    machine = KernelMachine(spec, floor_db, clips.n_labels, min(LANDMARKS, len(targets)), detailed=detailed).eval()
    chance = torch.Generator().manual_seed(seed)
    with torch.inference_mode():
        summary = machine.summary
        mean, deviation = clips.statistics(rows[:, 0], summary.floor)
        summary.scale.mean.copy_(torch.from_numpy(mean))
        summary.scale.deviation.copy_(torch.from_numpy(deviation))
        if machine.patches is not None:
            machine.patches.learn(clips, every, summary, seed)
        copies = [_told(machine, clips, every, chance) for _ in range(rounds - 1)]
        told = torch.cat([_told(machine, clips, every), *copies])
        machine.mean.copy_(told.mean(dim=0))
        machine.factor.copy_(1.0 / (told.std(dim=0) + 1e-5))
        if machine.turn is not None:
            scaled = machine.scaled(told).numpy()
            machine.turn.copy_(torch.from_numpy(_turned(scaled.reshape(rounds, *rows.shape, -1))))
        points = machine.comparable(told)
        chosen = np.random.default_rng(seed).permutation(len(targets))[: len(machine.squares)]
        machine.landmarks.copy_(points[torch.from_numpy(chosen)].T)
        machine.squares.copy_(machine.landmarks.square().sum(dim=0))
        near = machine.near(points).numpy()
        coefficients = _solved(near, near[chosen], targets, clips.n_labels)
        machine.coefficients.copy_(torch.from_numpy(coefficients.astype(np.float32)))
    return machine


def _told(
    machine: KernelMachine, clips: ClipDataset, rows: np.ndarray, chance: torch.Generator | None = None
) -> Tensor:
    """Return what tells of clips [shape=(len(rows), size)], by chance as others would have spoken them."""
    result = torch.zeros(len(rows), len(machine.weight))
    for places, features, lengths in clips.by_length(rows, _AT_ONCE):
        if chance is not None:
            features, lengths = perturbed(features, lengths, _VOICES, chance)
            features = features * frame_mask(lengths, features.shape[1])[:, :, None]
        heard = machine.summary.heard(features, lengths)
        result[torch.from_numpy(places)] = machine.told(machine.summary.of(heard), heard)
    return result


def _turned(scaled: np.ndarray) -> np.ndarray:
    """Return what turns numbers so that those that differ between versions of one clip count less.

    Parameters
    ----------
    scaled : np.ndarray [shape=(rounds, clips, versions, size)]

    Returns
    -------
    np.ndarray [shape=(size, _KEPT)]
        Along the axes on which clips differ most then; distances stay as long as they are, on the whole.
    """
    size = scaled.shape[-1]
    rest = (scaled - scaled.mean(axis=(0, 2), keepdims=True)).reshape(-1, size)
    points = (scaled - scaled.mean(axis=(0, 1, 2))).reshape(-1, size)
    changes, spread = _scatter(rest), _scatter(points)
    values, vectors = eigh(np.eye(size) + _STEADY * size / max(float(np.trace(changes)), 1e-9) * changes)
    steady = (vectors / np.sqrt(values)) @ vectors.T
    values, vectors = eigh(steady @ spread @ steady, subset_by_index=(max(size - _KEPT, 0), size - 1))
    turn = steady @ vectors * math.sqrt(float(np.trace(spread)) / max(float(values.sum()), 1e-9))
    return np.asarray(turn, dtype=np.float32)


def _scatter(points: np.ndarray) -> np.ndarray:
    return (points.T @ points).astype(np.float64) / len(points)


def _solved(near: np.ndarray, among: np.ndarray, targets: np.ndarray, labels: int) -> np.ndarray:
    """Return the coefficients of least squares with a penalty on the function's own norm.

    Parameters
    ----------
    near : np.ndarray [shape=(clips, landmarks)]
    among : np.ndarray [shape=(landmarks, landmarks)]
        Of the landmarks themselves.
    targets : np.ndarray [shape=(clips,), dtype=int]
    labels : int
    """
    values, vectors = eigh(among.astype(np.float64))
    # Where landmarks say the same twice, rounding would be learned from.
    turn = (vectors / np.sqrt(np.maximum(values, 1e-4))).astype(np.float32)
    features = near @ turn
    weight = 1.0 / np.maximum(np.bincount(targets, minlength=labels), 1)[targets]
    weighted = features * (weight / weight.mean()).astype(np.float32)[:, None]
    wanted = (np.eye(labels)[targets] - 1.0 / labels).astype(np.float32)
    gram = (features.T @ weighted).astype(np.float64)
    gram[np.diag_indices_from(gram)] += _PENALTY
    solved = cho_solve(cho_factor(gram), (weighted.T @ wanted).astype(np.float64))
    return np.asarray(turn @ solved)
