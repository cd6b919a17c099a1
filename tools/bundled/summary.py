"""Fixed-length summary of a clip's log-mel spectrogram: a few hundred numbers.

The numbers are functionals that acoustic studies of emotion use: the long-term spectrum and its changes, pitch
statistics, modulation at the rate of syllables. Everything is computed by tensor operations, so that it can be
exported as a part of the model file's graph.

References
----------
B. Schuller et al., The INTERSPEECH 2013 computational paralinguistics challenge, Interspeech 2013 (functionals).
J. C. Brown, Musical fundamental frequency tracking using a pattern recognition method, JASA 92, 1992 (pitch).
S. Wu, T. H. Falk, W. Chan, Automatic speech emotion recognition using modulation spectral features, Speech
Communication 53, 2011 (modulation).
"""

import math
from dataclasses import dataclass

import librosa
import numpy as np
import torch
from torch import Tensor, nn

from aec.features import FeatureSpec
from aec.features.fused import cosines
from aec.models.deep.layers import ClipScale, Floor, frame_mask, with_zeros
from tools.bundled.spectrograms import Spectrograms, as_tensor, weighted_mean

_COEFFICIENTS = 40
_DELTA_COEFFICIENTS = 20
_CORRELATED = 16
_GROUPS = 8
_SEGMENTS = 4
_SHAPE_COEFFICIENTS = 13
# Lags of the autocorrelation, in frames of 16 ms.
_LAGS = (8, 16, 32)
_MODULATION_HZ = (1, 2, 3, 4, 5, 6, 8, 10, 13, 17, 22)
_MODULATION_FRAMES = 96
_MODULATION_HOP = 8
# Candidate pitches: three octaves from 70 Hz, in quarter tones.
_LOWEST_PITCH_HZ = 70.0
_PITCHES = 72
_PER_OCTAVE = 24
_PER_BIN = 3
_HIGHEST_HARMONIC_HZ = 2200.0
_MIDDLE_PITCH_HZ = 200.0
_TINY = 1e-3


@dataclass(frozen=True, eq=False)
class _PitchEstimate:
    """Pitch estimate per frame.

    Parameters
    ----------
    probability : Tensor [shape=(batch, time, pitches)]
        Probability of each candidate pitch.
    pitch : Tensor [shape=(batch, time, 1)]
        Expected pitch, in octaves above `_MIDDLE_PITCH_HZ`.
    best : Tensor [shape=(batch, time, 1)]
        Score of the best harmonic comb.
    loud, harmonic : Tensor [shape=(batch, time, 1)]
        Weight of loud frames, and of frames with a clear pitch; 0 to 1.
    """

    probability: Tensor
    pitch: Tensor
    best: Tensor
    loud: Tensor
    harmonic: Tensor


class Summary(nn.Module):
    """Summary of whole clips: the numbers of all families, one after the other.

    Parameters
    ----------
    spec : FeatureSpec
        Of log-mel spectrograms.
    floor_db : float
        Level of the noise floor below the loudest frame, in dB.

    Attributes
    ----------
    weight : Tensor [shape=(size,)]
        Weight of each number in distances.
    """

    smooth: Tensor
    combs: Tensor
    octaves: Tensor
    cosines: Tensor
    waves: Tensor
    pairs: Tensor
    weight: Tensor

    def __init__(self, spec: FeatureSpec, floor_db: float) -> None:
        super().__init__()
        bands = spec.n_mels
        centres = librosa.mel_frequencies(bands + 2, fmin=0.0, fmax=spec.sampling_rate / 2)[1:-1]
        self.floor = Floor(floor_db)
        self.scale = ClipScale(bands)
        self.register_buffer("smooth", as_tensor(_smoothing(bands, round(350.0 / (centres[1] - centres[0])))))
        pitches = _LOWEST_PITCH_HZ * 2.0 ** (np.arange(_PITCHES) / _PER_OCTAVE)
        self.register_buffer("combs", as_tensor(_combs(centres, pitches)))
        self.register_buffer("octaves", as_tensor(np.log2(pitches / _MIDDLE_PITCH_HZ)))
        self.register_buffer("cosines", as_tensor(cosines(bands, _COEFFICIENTS)))
        self.register_buffer("waves", as_tensor(_waves(spec.sampling_rate / spec.hop_length)))
        upper = np.flatnonzero(np.triu(np.ones((_CORRELATED, _CORRELATED)), 1).ravel())
        self.register_buffer("pairs", torch.from_numpy(upper))
        with torch.no_grad():
            families = self._families(self.spectrograms(torch.zeros(1, 4, bands), torch.tensor([4])))
        # Pitch statistics are few numbers with much information.
        family_weights = {"pitch": 3.0, "pitch histogram": 1.5}
        weights = [torch.full((values.shape[1],), family_weights.get(name, 1.0)) for name, values in families.items()]
        self.register_buffer("weight", torch.cat(weights))

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Return summaries [shape=(batch, size)] of spectrograms in dB."""
        return self.summarise(self.spectrograms(x, lengths))

    def spectrograms(self, decibels: Tensor, lengths: Tensor) -> Spectrograms:
        """Return spectrograms in dB [shape=(batch, time, bands)] with noise floor, scaled."""
        # Padding, so that even the shortest clip has frames at every lag.
        decibels = with_zeros(decibels, 1, max(_LAGS))
        mask = frame_mask(lengths, decibels.shape[1])[:, :, None]
        decibels, _ = self.floor(decibels, lengths)
        x, _ = self.scale(decibels, lengths)
        energy = x.mean(dim=2, keepdim=True)
        voiced = torch.sigmoid((energy - weighted_mean(energy, mask)[:, None]) * 8.0) * mask
        return Spectrograms(decibels, x, mask, energy, voiced)

    def summarise(self, spectrograms: Spectrograms) -> Tensor:
        """Return summaries [shape=(batch, size)] of scaled spectrograms."""
        return torch.cat(list(self._families(spectrograms).values()), dim=1)

    def _families(self, spectrograms: Spectrograms) -> dict[str, Tensor]:
        estimate = self._pitch_estimate(spectrograms.decibels, spectrograms.mask)
        pitch, histogram = self._pitch_statistics(estimate, spectrograms.mask)
        return {
            **_spectrum(spectrograms),
            **_cepstrum(spectrograms, self.cosines, self.pairs),
            **_modulation(spectrograms, self.waves),
            "pitch": pitch,
            "pitch histogram": histogram,
            "contours": self._contours(spectrograms, estimate),
            "duration": torch.log(spectrograms.mask.sum(dim=1) / 100.0),
        }

    def _pitch_estimate(self, decibels: Tensor, mask: Tensor) -> _PitchEstimate:
        """Compare each frame's spectrum, without its envelope, with combs of harmonics."""
        fine = (decibels - decibels @ self.smooth).clamp(-15.0, 15.0) * mask
        fit = fine @ self.combs
        best = fit.amax(dim=2, keepdim=True)
        probability = torch.softmax(fit * 0.25, dim=2)
        energy = decibels.mean(dim=2, keepdim=True)
        loudest = (energy - (1 - mask) * 1e4).amax(dim=1, keepdim=True)
        loud = torch.sigmoid((energy - loudest + 18.0) / 3.0) * mask
        pitch = (probability * self.octaves).sum(dim=2, keepdim=True)
        return _PitchEstimate(probability, pitch, best, loud, torch.sigmoid((best - 25.0) / 5.0))

    def _contours(self, spectrograms: Spectrograms, estimate: _PitchEstimate) -> Tensor:
        """Return the course of pitch, level and spectrum over a clip in four segments."""
        x, mask, energy, voiced = spectrograms.x, spectrograms.mask, spectrograms.energy, spectrograms.voiced
        total = voiced.sum(dim=1, keepdim=True).clamp_min(_TINY)
        position = (torch.cumsum(voiced, dim=1) - voiced / 2) / total
        tonal = voiced * estimate.harmonic
        shape = torch.cat([_groups(x), (x @ self.cosines)[:, :, 1:_SHAPE_COEFFICIENTS]], dim=2)
        mean_shape = weighted_mean(shape, voiced)
        mean_pitch = (estimate.pitch * tonal).sum(dim=1) / tonal.sum(dim=1).clamp_min(_TINY)
        segments = []
        for number in range(_SEGMENTS):
            near = torch.relu(1.0 - (position * (_SEGMENTS - 1) - number).abs()) * mask
            size = near.sum(dim=1)
            tonal_here = near * tonal
            segments += [
                # With hardly any tonal frames, the deviation shrinks towards 0.
                ((estimate.pitch - mean_pitch[:, None]) * tonal_here).sum(dim=1) / (tonal_here.sum(dim=1) + 0.3),
                (energy * near).sum(dim=1) / size.clamp_min(0.1),
                weighted_mean(shape, near * voiced) - mean_shape,
                torch.log(size / total[:, 0] + 0.01),
            ]
        return torch.cat(segments, dim=1)

    def _pitch_statistics(self, estimate: _PitchEstimate, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return statistics of the pitch and its movement, and a histogram of the pitch."""
        pitch, probability, loud = estimate.pitch, estimate.probability, estimate.loud
        tonal = loud * estimate.harmonic
        total = tonal.sum(dim=1).clamp_min(_TINY)
        centre = (pitch * tonal).sum(dim=1) / total
        width = ((pitch - centre[:, None]).square() * tonal).sum(dim=1) / total
        step = pitch[:, 4:] - pitch[:, :-4]
        both = tonal[:, 4:] * tonal[:, :-4]
        pairs = both.sum(dim=1).clamp_min(_TINY)
        statistics = [
            centre,
            (width + 1e-6).sqrt(),
            (step.abs() * both).sum(dim=1) / pairs,
            (step * both).sum(dim=1) / pairs,
            total / mask.sum(dim=1),
            (estimate.best * loud).sum(dim=1) / loud.sum(dim=1).clamp_min(_TINY),
        ]
        share = (probability * tonal).sum(dim=1) / total
        shares = share.reshape(share.shape[0], _PITCHES // _PER_BIN, _PER_BIN).sum(dim=2)
        return torch.cat(statistics, dim=1), (shares + 1e-9).sqrt()


def _spectrum(spectrograms: Spectrograms) -> dict[str, Tensor]:
    """Return mean, deviation and changes of the spectrum, of all and of louder frames."""
    x, mask, energy, voiced = spectrograms.x, spectrograms.mask, spectrograms.energy, spectrograms.voiced
    moved = x[:, 2:] - x[:, :-2]
    ripple = (x[:, :, 1:-1] - 0.5 * (x[:, :, :-2] + x[:, :, 2:])).abs()
    flicker = (energy[:, 1:] - energy[:, :-1]).abs()
    return {
        "mean": weighted_mean(x, mask),
        "deviation": _deviation(x, mask),
        "movement": weighted_mean(moved.abs(), mask[:, 2:]),
        "onsets": weighted_mean(torch.relu(moved).square(), mask[:, 2:]),
        "voiced mean": weighted_mean(x, voiced),
        "voiced deviation": _deviation(x, voiced),
        "voiced share": voiced.sum(dim=1) / mask.sum(dim=1),
        "ripple": weighted_mean(ripple, voiced),
        "energy": torch.cat([_deviation(energy, mask), weighted_mean(flicker, mask[:, 1:])], dim=1),
    }


def _cepstrum(spectrograms: Spectrograms, cosine_transform: Tensor, pairs: Tensor) -> dict[str, Tensor]:
    """Return deviations, changes and correlations of cepstral coefficients."""
    cepstrum = spectrograms.x @ cosine_transform
    moved = cepstrum[:, 2:, :_DELTA_COEFFICIENTS] - cepstrum[:, :-2, :_DELTA_COEFFICIENTS]
    low = cepstrum[:, :, :_CORRELATED]
    return {
        "cepstral deviation": _deviation(cepstrum, spectrograms.mask),
        "cepstral movement": _deviation(moved, spectrograms.mask[:, 2:]),
        "correlation": _correlation(low, spectrograms.mask).index_select(1, pairs),
        "voiced correlation": _correlation(low, spectrograms.voiced).index_select(1, pairs),
    }


def _modulation(spectrograms: Spectrograms, waves: Tensor) -> dict[str, Tensor]:
    """Return autocorrelation and modulation spectrum of groups of bands."""
    x, mask = spectrograms.x, spectrograms.mask
    batch, frames, _ = x.shape
    groups = _groups(x)
    autocorrelation = [weighted_mean(groups[:, lag:] * groups[:, :-lag], mask[:, lag:]) for lag in _LAGS]
    centred = (groups - weighted_mean(groups, mask)[:, None]) * mask
    rows = centred.transpose(1, 2).reshape(batch * _GROUPS, 1, frames)
    filtered = nn.functional.conv1d(
        rows, waves[:, None], padding=_MODULATION_FRAMES // 2, stride=_MODULATION_HOP
    ).square()
    frequencies = len(_MODULATION_HZ)
    power = (filtered[:, :frequencies] + filtered[:, frequencies:]).sum(dim=2).reshape(batch, _GROUPS * frequencies)
    return {
        "autocorrelation": torch.cat(autocorrelation, dim=1),
        "modulation": torch.log(power * _MODULATION_HOP / mask.sum(dim=1) + 1e-4),
    }


def _groups(x: Tensor) -> Tensor:
    """Return the means of neighbouring bands [shape=(batch, time, _GROUPS)]."""
    return x.reshape(x.shape[0], x.shape[1], _GROUPS, -1).mean(dim=3)


def _deviation(x: Tensor, weight: Tensor) -> Tensor:
    return (weighted_mean((x - weighted_mean(x, weight)[:, None]).square(), weight) + 1e-5).sqrt()


def _correlation(x: Tensor, weight: Tensor) -> Tensor:
    """Return correlations of values over the frames [shape=(batch, count * count)]."""
    centred = (x - weighted_mean(x, weight)[:, None]) * weight.sqrt()
    covariance = centred.transpose(1, 2) @ centred / weight.sum(dim=1).clamp_min(1.0)[:, :, None]
    count = x.shape[2]
    diagonal = torch.arange(count, device=x.device) * (count + 1)
    deviation = covariance.flatten(1).index_select(1, diagonal).clamp_min(1e-5).sqrt()
    return (covariance / (deviation[:, :, None] * deviation[:, None, :])).flatten(1)


def _smoothing(bands: int, width: int) -> np.ndarray:
    """Return the matrix of a moving average over bands [shape=(bands, bands)]."""
    distance = np.abs(np.arange(bands)[:, None] - np.arange(bands)[None, :])
    near = (distance <= width // 2).astype(np.float64)
    return np.asarray(near / near.sum(axis=0))


def _combs(centres_hz: np.ndarray, pitches_hz: np.ndarray) -> np.ndarray:
    """Return combs of harmonics, negative between them [shape=(bands, pitches)]."""
    width = max(12.0, 0.5 * float(centres_hz[1] - centres_hz[0])) + 8.0
    result = np.zeros((len(centres_hz), len(pitches_hz)))
    for column, pitch in zip(result.T, pitches_hz, strict=True):
        for harmonic in range(1, int(_HIGHEST_HARMONIC_HZ / pitch) + 1):
            for frequency, height in ((harmonic * pitch, 1.0), ((harmonic - 0.5) * pitch, -0.5)):
                column += height * harmonic**-0.3 * np.exp(-0.5 * ((centres_hz - frequency) / width) ** 2)
    within = centres_hz < _HIGHEST_HARMONIC_HZ
    result[~within] = 0.0
    result[within] -= result[within].mean(axis=0)
    return np.asarray(result / np.linalg.norm(result, axis=0))


def _waves(frames_per_second: float) -> np.ndarray:
    """Return windowed cosines and sines [shape=(2 * frequencies, frames)]."""
    phase = (
        2 * math.pi * np.array(_MODULATION_HZ)[:, None] * np.arange(_MODULATION_FRAMES)[None, :] / frames_per_second
    )
    fade = 0.5 - 0.5 * np.cos(2 * math.pi * np.arange(_MODULATION_FRAMES) / _MODULATION_FRAMES)
    return np.concatenate([np.cos(phase), np.sin(phase)]) * fade / _MODULATION_FRAMES
