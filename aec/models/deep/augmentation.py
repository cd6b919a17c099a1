"""Training-time augmentation: speed, vocal tract, noise, SpecAugment, mixup.

Everything is computed on log-mel spectrograms in dB, where it is cheap; MFCCs are transformed back to mel bands and
forth again.

References
----------
D. S. Park et al., SpecAugment: A simple data augmentation method for automatic speech recognition, Interspeech 2019.
N. Jaitly, G. E. Hinton, Vocal tract length perturbation improves speech recognition, ICML workshop 2013.
H. Zhang et al., mixup: Beyond empirical risk minimization, ICLR 2018.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from aec.features import FeatureSpec
from aec.features.fused import cosines
from aec.models.deep.batches import round_frames
from aec.models.deep.layers import frame_mask


@dataclass(frozen=True)
class Strength:
    """Ranges of the random changes.

    Parameters
    ----------
    speed : float
        Speed perturbation: largest relative change of the playing speed.
    tract : float
        Vocal tract length perturbation (VTLP): largest relative change of the mel axis.
    gain_db : float
        Largest change of level, in dB.
    noise_share : float
        Share of the clips that get noise.
    noise_db : tuple of float
        Lowest and highest signal-to-noise ratio.
    tilt_db : float
        Largest spectral tilt of clip and noise, from the lowest to the highest band, in dB.
    masks : int
        SpecAugment: number of masks over time, and of masks over bands.
    mask_time, mask_bands : float
        Widest mask, as a share of the clip and of the bands.
    mix : float
        Mixup: both parameters of the beta distribution of a pair's shares.
    """

    speed: float = 0.15
    tract: float = 0.10
    gain_db: float = 6.0
    noise_share: float = 0.5
    noise_db: tuple[float, float] = (5.0, 35.0)
    tilt_db: float = 6.0
    masks: int = 2
    mask_time: float = 0.12
    mask_bands: float = 0.15
    mix: float = 0.4


class Augmentation:
    """Random changes of batches of training clips.

    Parameters
    ----------
    spec : FeatureSpec
    strength : Strength
    mixup : float
        Share of the batches to which mixup is applied.
    """

    def __init__(self, spec: FeatureSpec, strength: Strength, mixup: float) -> None:
        self._strength, self._mixup = strength, mixup
        self._cosines = _cosines(spec) if spec.kind == "mfcc" else None

    def __call__(
        self, features: Tensor, lengths: Tensor, targets: Tensor, generator: torch.Generator
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Augment a batch.

        Parameters
        ----------
        features : Tensor [shape=(batch, time, coefficients)]
        lengths : Tensor [shape=(batch,)]
        targets : Tensor [shape=(batch, labels)]
            Soft targets.
        generator : torch.Generator
            Equal states give equal changes.

        Returns
        -------
        tuple of Tensor
            The same three; `time` may have changed.
        """
        mel = features if self._cosines is None else features @ self._cosines.T
        mel, lengths = perturbed(mel, lengths, self._strength, generator)
        mel = _with_noise(mel, lengths, self._strength, generator)
        mel = _spec_augmented(mel, lengths, self._strength, generator)
        if _uniform(1, 0.0, 1.0, generator).item() < self._mixup:
            mel, lengths, targets = _mixed_up(mel, lengths, targets, self._strength, generator)
        mel = mel * frame_mask(lengths, mel.shape[1])[:, :, None]
        return (mel if self._cosines is None else mel @ self._cosines), lengths, targets


def _uniform(count: int, low: float, high: float, generator: torch.Generator) -> Tensor:
    return torch.rand(count, generator=generator) * (high - low) + low


def _cosines(spec: FeatureSpec) -> Tensor:
    """Return the transform from mel bands to coefficients [shape=(n_mels, n_mfcc)]."""
    return torch.from_numpy(cosines(spec.n_mels, spec.n_mfcc).astype(np.float32))


def perturbed(mel: Tensor, lengths: Tensor, by: Strength, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Apply speed perturbation and VTLP by bilinear interpolation.

    Parameters
    ----------
    mel : Tensor [shape=(batch, time, bands)]
    lengths : Tensor [shape=(batch,)]
    by : Strength
        Of which `speed` and `tract` count.
    generator : torch.Generator

    Returns
    -------
    tuple of Tensor
        Spectrograms and lengths; values after the end of a clip are undefined.
    """
    batch, frames, bands = mel.shape
    speed = _uniform(batch, 1 - by.speed, 1 + by.speed, generator)
    tract = _uniform(batch, 1 - by.tract, 1 + by.tract, generator)
    last = (lengths - 1).to(speed.dtype)[:, None]
    lengths = (lengths / speed).round().clamp(min=1).to(lengths.dtype)
    longest = round_frames(int(lengths.max()))
    rows = torch.minimum(torch.arange(longest)[None, :] * speed[:, None], last)
    columns = torch.arange(bands)[None, :] * tract[:, None]
    # The corners of the image are at -1 and 1.
    grid_rows = (rows / max(frames - 1, 1) * 2 - 1)[:, :, None].expand(-1, -1, bands)
    grid_columns = (columns / max(bands - 1, 1) * 2 - 1)[:, None, :].expand(-1, longest, -1)
    grid = torch.stack([grid_columns, grid_rows], dim=3)
    perturbed = functional.grid_sample(mel[:, None], grid, padding_mode="border", align_corners=True)
    return perturbed[:, 0], lengths


def _with_noise(mel: Tensor, lengths: Tensor, by: Strength, generator: torch.Generator) -> Tensor:
    """Change level and spectral tilt of each clip, and add noise to some."""
    batch, frames, bands = mel.shape
    ramp = torch.linspace(-0.5, 0.5, bands)[None, None, :]
    tilt = _uniform(batch, -by.tilt_db, by.tilt_db, generator)[:, None, None]
    mel = mel + ramp * tilt
    mask = frame_mask(lengths, frames)[:, :, None]
    level = (mel * mask).sum(dim=(1, 2)) / (lengths * bands)
    noisy = (_uniform(batch, 0.0, 1.0, generator) < by.noise_share).to(mel.dtype)[:, None, None]
    ratio = _uniform(batch, *by.noise_db, generator)[:, None, None]
    noise_tilt = _uniform(batch, -3 * by.tilt_db, by.tilt_db, generator)[:, None, None]
    grain = 2.0 * torch.randn(batch, frames, bands, generator=generator)
    noise = level[:, None, None] + 10.0 - ratio + ramp * noise_tilt + grain
    # Powers add up; a noise 300 dB below is none.
    noise = noise * noisy - 300.0 * (1 - noisy)
    louder = torch.maximum(mel, noise)
    mel = louder + 10.0 * torch.log10(1.0 + 10.0 ** (-(mel - noise).abs() / 10.0))
    return mel + _uniform(batch, -by.gain_db, by.gain_db, generator)[:, None, None]


def _spec_augmented(mel: Tensor, lengths: Tensor, by: Strength, generator: torch.Generator) -> Tensor:
    """Replace random spans of time and bands by the clip's mean (SpecAugment)."""
    batch, frames, bands = mel.shape
    mean = (mel * frame_mask(lengths, frames)[:, :, None]).sum(dim=(1, 2)) / (lengths * bands)
    blank = torch.zeros(batch, frames, bands, dtype=torch.bool)
    for _ in range(by.masks):
        blank |= _stretch(frames, lengths.to(mel.dtype), by.mask_time, generator)[:, :, None]
        blank |= _stretch(bands, torch.full((batch,), float(bands)), by.mask_bands, generator)[:, None, :]
    return torch.where(blank, mean[:, None, None], mel)


def _stretch(size: int, lengths: Tensor, share: float, generator: torch.Generator) -> Tensor:
    width = _uniform(len(lengths), 0.0, share, generator) * lengths
    start = _uniform(len(lengths), 0.0, 1.0, generator) * (lengths - width)
    places = torch.arange(size)[None, :]
    return (places >= start[:, None]) & (places < (start + width)[:, None])


def _mixed_up(
    mel: Tensor, lengths: Tensor, targets: Tensor, by: Strength, generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Mix pairs of clips (mixup); after the shorter one ends, only the longer counts."""
    batch, frames, _ = mel.shape
    partner = torch.randperm(batch, generator=generator)
    share = _beta(batch, by.mix, generator)
    share = torch.maximum(share, 1 - share)
    mask = frame_mask(lengths, frames)
    own = share[:, None] * mask
    other = (1 - share)[:, None] * mask[partner]
    total = (own + other).clamp(min=1e-6)
    mixed = (mel * own[:, :, None] + mel[partner] * other[:, :, None]) / total[:, :, None]
    lengths = torch.maximum(lengths, lengths[partner])
    return mixed, lengths, share[:, None] * targets + (1 - share)[:, None] * targets[partner]


def _beta(count: int, both: float, generator: torch.Generator) -> Tensor:
    """Draw from a symmetric beta distribution by Jöhnk's method."""
    result = torch.full((count,), 0.5)
    waiting = torch.ones(count, dtype=torch.bool)
    for _ in range(30):
        x = torch.rand(count, generator=generator) ** (1 / both)
        y = torch.rand(count, generator=generator) ** (1 / both)
        total = x + y
        accepted = waiting & (total <= 1) & (total > 0)
        result = torch.where(accepted, x / total.clamp(min=1e-12), result)
        waiting &= ~accepted
    return result
