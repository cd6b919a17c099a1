"""Kernel machine over summaries of clips, trained in closed form within seconds.

Networks use the order of frames and make other errors than the kernel machine, so that the ensemble gains from both.

References
----------
R. Rifkin, G. Yeo, T. Poggio, Regularized least-squares classification, 2003.
C. Williams, M. Seeger, Using the Nyström method to speed up kernel machines, NIPS 2001.
A. Hatch, S. Kajarekar, A. Stolcke, Within-class covariance normalization for SVM-based speaker recognition,
Interspeech 2006 (the projection of detailed machines; here the variants of one clip are a class).
N. Jaitly, G. E. Hinton, Vocal tract length perturbation improves speech recognition, ICML workshop 2013.
"""

import math
from collections.abc import Sequence
from typing import cast

import numpy as np
import torch
from scipy.linalg import cho_factor, cho_solve, eigh
from torch import Tensor, nn

from aec.features import FeatureSpec
from aec.models.deep.augmentation import Strength, perturbed
from aec.models.deep.batches import ClipDataset
from aec.models.deep.ensemble import pooled_logits
from aec.models.deep.layers import frame_mask
from tools.bundled.patches import Patches
from tools.bundled.spectrograms import Spectrograms
from tools.bundled.summary import Summary

LANDMARKS = 2000
# Width of the Gaussian relative to the number of values, for both kinds of machine; penalty on coefficients.
_WIDTH, _DETAILED_WIDTH = 0.5, 1.0
_PENALTY = 0.6
# Values are clamped to this many standard deviations from the mean.
_MOST_DEVIATIONS = 5.0
# Copies of each variant with speed perturbation and VTLP that are also trained on.
_PERTURBED_COPIES = 2
_PERTURBATION = Strength(speed=0.15, tract=0.12)
# The targets of least squares are 0 and 1; this factor makes the logits about as confident as those of networks.
_LOGIT_SCALE = 4.0
_BATCH_SIZE = 64
# Of a detailed machine: size of the projection; penalty on directions in which variants of one clip differ.
_PROJECTED_SIZE = 400
_VARIANT_PENALTY = 1.0


class KernelMachine(nn.Module):
    """Weighted sum of Gaussians around landmark clips, for each label.

    Parameters
    ----------
    spec : FeatureSpec
    floor_db : float
    labels : int
    landmarks : int
    detailed : bool
        Use patches too, and project to directions that acoustics and channel change little.

    Attributes
    ----------
    mean, factor : Tensor [shape=(size,)]
        Mean of each value, and the inverse of its standard deviation.
    turn : Tensor [shape=(size, projected_size)] or None
        Projection before distances are computed, in a detailed machine.
    landmarks : Tensor [shape=(size or projected_size, landmarks)]
        Transposed as the graph multiplies them, so that the file holds them once.
    squares : Tensor [shape=(landmarks,)]
        Squared norms of the landmarks.
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
        projected_size = _PROJECTED_SIZE if detailed else size
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("factor", torch.ones(size))
        self.register_buffer("turn", torch.zeros(size, projected_size) if detailed else None)
        self.register_buffer("landmarks", torch.zeros(projected_size, landmarks))
        self.register_buffer("squares", torch.zeros(landmarks))
        self.register_buffer("coefficients", torch.zeros(landmarks, labels))
        self._width = (_DETAILED_WIDTH if detailed else _WIDTH) / float(self.weight.square().sum())

    @property
    def weight(self) -> Tensor:
        """Weight of each value in distances [shape=(size,)]."""
        return self.summary.weight if self.patches is None else torch.cat([self.summary.weight, self.patches.weight])

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Return logits [shape=(batch, labels)] of log-mel spectrograms in dB."""
        spectrograms = self.summary.spectrograms(x, lengths)
        return self.logits_from(self.summary.summarise(spectrograms), spectrograms)

    def logits_from(self, summaries: Tensor, spectrograms: Spectrograms) -> Tensor:
        """Return logits [shape=(batch, labels)] from summaries and their spectrograms."""
        return _LOGIT_SCALE * self.kernel(self.projected(self.values(summaries, spectrograms))) @ self.coefficients

    def values(self, summaries: Tensor, spectrograms: Spectrograms) -> Tensor:
        """Return summaries and, in a detailed machine, patches [shape=(batch, size)]."""
        return summaries if self.patches is None else torch.cat([summaries, self.patches(spectrograms)], dim=1)

    def standardised(self, values: Tensor) -> Tensor:
        """Return values standardised, clamped and weighted [shape=(batch, size)]."""
        return ((values - self.mean) * self.factor).clamp(-_MOST_DEVIATIONS, _MOST_DEVIATIONS) * self.weight

    def projected(self, values: Tensor) -> Tensor:
        """Return values in the space of distances [shape=(batch, size or projected_size)]."""
        scaled = self.standardised(values)
        return scaled if self.turn is None else scaled @ self.turn

    def kernel(self, points: Tensor) -> Tensor:
        """Return Gaussians of distances to landmarks [shape=(batch, landmarks)]."""
        own = points.square().sum(dim=1, keepdim=True)
        distance = (own + self.squares - 2.0 * (points @ self.landmarks)).clamp_min(0.0)
        return torch.exp(-self._width * distance)


class KernelMachines(nn.Module):
    """Machines trained on the same clips, with one summary; their mean probabilities.

    Parameters
    ----------
    machines : sequence of KernelMachine

    Raises
    ------
    ValueError
        Their summaries differ.
    """

    def __init__(self, machines: Sequence[KernelMachine]) -> None:
        super().__init__()
        self.machines = nn.ModuleList(machines)
        first, *others = (machine.summary.state_dict() for machine in machines)
        if not all(torch.equal(first[name], other[name]) for other in others for name in first):
            raise ValueError("these machines do not summarise clips in the same way")

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Return logits [shape=(batch, labels)] of log-mel spectrograms in dB."""
        machines = [cast(KernelMachine, machine) for machine in self.machines]
        summary = machines[0].summary
        spectrograms = summary.spectrograms(x, lengths)
        summaries = summary.summarise(spectrograms)
        return pooled_logits(
            [machine.logits_from(summaries, spectrograms) for machine in machines],
            [1 / len(machines)] * len(machines),
        )


def fit_kernel(
    clips: ClipDataset, rows: np.ndarray, spec: FeatureSpec, floor_db: float, seed: int, *, detailed: bool = False
) -> KernelMachine:
    """Train a kernel machine with equal total weight for each label.

    Parameters
    ----------
    clips : ClipDataset
    rows : np.ndarray [shape=(n, variants), dtype=int64]
        Rows of the variants of each clip; all are trained on.
    spec : FeatureSpec
    floor_db : float
    seed : int
        Seed of patterns, perturbed copies and the choice of landmarks.
    detailed : bool
    """
    all_rows = rows.reshape(-1)
    passes = 1 + (1 if detailed else _PERTURBED_COPIES)
    targets = np.tile(clips.targets[all_rows], passes)
    machine = KernelMachine(spec, floor_db, clips.n_labels, min(LANDMARKS, len(targets)), detailed=detailed).eval()
    generator = torch.Generator().manual_seed(seed)
    with torch.inference_mode():
        summary = machine.summary
        mean, deviation = clips.statistics(rows[:, 0], summary.floor)
        summary.scale.mean.copy_(torch.from_numpy(mean))
        summary.scale.deviation.copy_(torch.from_numpy(deviation))
        if machine.patches is not None:
            machine.patches.fit(clips, all_rows, summary, seed)
        copies = [_clip_values(machine, clips, all_rows, generator) for _ in range(passes - 1)]
        values = torch.cat([_clip_values(machine, clips, all_rows), *copies])
        machine.mean.copy_(values.mean(dim=0))
        machine.factor.copy_(1.0 / (values.std(dim=0) + 1e-5))
        if machine.turn is not None:
            scaled = machine.standardised(values).numpy()
            machine.turn.copy_(torch.from_numpy(_stable_projection(scaled.reshape(passes, *rows.shape, -1))))
        points = machine.projected(values)
        chosen = np.random.default_rng(seed).permutation(len(targets))[: len(machine.squares)]
        machine.landmarks.copy_(points[torch.from_numpy(chosen)].T)
        machine.squares.copy_(machine.landmarks.square().sum(dim=0))
        kernel = machine.kernel(points).numpy()
        coefficients = _least_squares(kernel, kernel[chosen], targets, clips.n_labels)
        machine.coefficients.copy_(torch.from_numpy(coefficients.astype(np.float32)))
    return machine


def _clip_values(
    machine: KernelMachine, clips: ClipDataset, rows: np.ndarray, generator: torch.Generator | None = None
) -> Tensor:
    """Return values of clips [shape=(n, size)], perturbed if there is a generator."""
    result = torch.zeros(len(rows), len(machine.weight))
    for indices, features, lengths in clips.by_length(rows, _BATCH_SIZE):
        if generator is not None:
            features, lengths = perturbed(features, lengths, _PERTURBATION, generator)
            features = features * frame_mask(lengths, features.shape[1])[:, :, None]
        spectrograms = machine.summary.spectrograms(features, lengths)
        result[torch.from_numpy(indices)] = machine.values(machine.summary.summarise(spectrograms), spectrograms)
    return result


def _stable_projection(scaled: np.ndarray) -> np.ndarray:
    """Return a projection that reduces differences between variants of a clip.

    Parameters
    ----------
    scaled : np.ndarray [shape=(passes, clips, variants, size)]

    Returns
    -------
    np.ndarray [shape=(size, _PROJECTED_SIZE)]
        Onto the directions of the largest remaining variance; the total variance is kept.
    """
    size = scaled.shape[-1]
    rest = (scaled - scaled.mean(axis=(0, 2), keepdims=True)).reshape(-1, size)
    points = (scaled - scaled.mean(axis=(0, 1, 2))).reshape(-1, size)
    within, total = _scatter(rest), _scatter(points)
    values, vectors = eigh(np.eye(size) + _VARIANT_PENALTY * size / max(float(np.trace(within)), 1e-9) * within)
    whitening = (vectors / np.sqrt(values)) @ vectors.T
    values, vectors = eigh(whitening @ total @ whitening, subset_by_index=(max(size - _PROJECTED_SIZE, 0), size - 1))
    projection = whitening @ vectors * math.sqrt(float(np.trace(total)) / max(float(values.sum()), 1e-9))
    return np.asarray(projection, dtype=np.float32)


def _scatter(points: np.ndarray) -> np.ndarray:
    return np.asarray((points.T @ points).astype(np.float64) / len(points))


def _least_squares(kernel: np.ndarray, landmark_kernel: np.ndarray, targets: np.ndarray, labels: int) -> np.ndarray:
    """Return coefficients of regularised least squares.

    The penalty is on the norm of the function.

    Parameters
    ----------
    kernel : np.ndarray [shape=(clips, landmarks)]
    landmark_kernel : np.ndarray [shape=(landmarks, landmarks)]
        Kernel between landmarks.
    targets : np.ndarray [shape=(clips,), dtype=int]
    labels : int
    """
    values, vectors = eigh(landmark_kernel.astype(np.float64))
    # Eigenvalues of (almost) equal landmarks are rounding errors.
    whitening = (vectors / np.sqrt(np.maximum(values, 1e-4))).astype(np.float32)
    features = kernel @ whitening
    weight = 1.0 / np.maximum(np.bincount(targets, minlength=labels), 1)[targets]
    weighted = features * (weight / weight.mean()).astype(np.float32)[:, None]
    wanted = (np.eye(labels)[targets] - 1.0 / labels).astype(np.float32)
    gram = (features.T @ weighted).astype(np.float64)
    gram[np.diag_indices_from(gram)] += _PENALTY
    solved = cho_solve(cho_factor(gram), (weighted.T @ wanted).astype(np.float64))
    return np.asarray(whitening @ solved)
