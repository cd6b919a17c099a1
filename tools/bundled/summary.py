"""What a clip's log-mel spectrogram is like as a whole: some hundred numbers, whatever its length.

They are what acoustic studies of emotion count: the long-term spectrum and how it moves, the melody of the voice, the
rhythm of syllables. Everything is made of matrix products, so that it becomes a part of the model file's graph.

References
----------
B. Schuller et al., The INTERSPEECH 2013 computational paralinguistics challenge, Interspeech 2013 (functionals).
J. C. Brown, Musical fundamental frequency tracking using a pattern recognition method, JASA 92, 1992 (melody).
S. Wu, T. H. Falk, W. Chan, Automatic speech emotion recognition using modulation spectral features, Speech
Communication 53, 2011 (rhythm).
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
from tools.bundled.heard import Heard, as_tensor, mean

_COEFFICIENTS = 40
_MOVING = 20
_TOGETHER = 16
_GROUPS = 8
_STRETCHES = 4
_SHAPE = 13
# Frames from one to the next; 16 ms each.
_LAGS = (8, 16, 32)
_RHYTHM_HZ = (1, 2, 3, 4, 5, 6, 8, 10, 13, 17, 22)
_RHYTHM_FRAMES = 96
_RHYTHM_HOP = 8
# The voice's pitch: three octaves from 70 Hz, in quarter tones.
_LOWEST_PITCH_HZ = 70.0
_PITCHES = 72
_PER_OCTAVE = 24
_PER_BIN = 3
_HIGHEST_HARMONIC_HZ = 2200.0
_MIDDLE_PITCH_HZ = 200.0
_TINY = 1e-3


@dataclass(frozen=True, eq=False)
class _Tune:
    """What the frames of a batch sing.

    Parameters
    ----------
    chance : Tensor [shape=(batch, time, pitches)]
        Of each pitch.
    pitch : Tensor [shape=(batch, time, 1)]
        Octaves above the middle.
    best : Tensor [shape=(batch, time, 1)]
        How well the best comb fits.
    loud, harmonic : Tensor [shape=(batch, time, 1)]
        How far a frame is one of the loud ones, and one with a pitch; 0 to 1.
    """

    chance: Tensor
    pitch: Tensor
    best: Tensor
    loud: Tensor
    harmonic: Tensor


class Summary(nn.Module):
    """Numbers about whole clips, each family in a place of its own.

    Parameters
    ----------
    spec : FeatureSpec
        Of log-mel spectrograms.
    floor_db : float
        What lies further below the loudest frame is not looked at.

    Attributes
    ----------
    weight : Tensor [shape=(size,)]
        How much each number counts.
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
        upper = np.flatnonzero(np.triu(np.ones((_TOGETHER, _TOGETHER)), 1).ravel())
        self.register_buffer("pairs", torch.from_numpy(upper))
        with torch.no_grad():
            families = self._families(self.heard(torch.zeros(1, 4, bands), torch.tensor([4])))
        # The melody is few numbers and says much.
        counts = {"melody": 3.0, "pitches": 1.5}
        weights = [torch.full((values.shape[1],), counts.get(name, 1.0)) for name, values in families.items()]
        self.register_buffer("weight", torch.cat(weights))

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Return [shape=(batch, size)] of log-mel spectrograms in dB [shape=(batch, time, bands)]."""
        return self.of(self.heard(x, lengths))

    def heard(self, decibels: Tensor, lengths: Tensor) -> Heard:
        """Return log-mel spectrograms in dB [shape=(batch, time, bands)] as everything is counted on them."""
        # However short a clip is, there are frames to go on to.
        decibels = with_zeros(decibels, 1, max(_LAGS))
        mask = frame_mask(lengths, decibels.shape[1])[:, :, None]
        decibels, _ = self.floor(decibels, lengths)
        x, _ = self.scale(decibels, lengths)
        energy = x.mean(dim=2, keepdim=True)
        voiced = torch.sigmoid((energy - mean(energy, mask)[:, None]) * 8.0) * mask
        return Heard(decibels, x, mask, energy, voiced)

    def of(self, heard: Heard) -> Tensor:
        """Return the summaries [shape=(batch, size)] of what is heard."""
        return torch.cat(list(self._families(heard).values()), dim=1)

    def _families(self, heard: Heard) -> dict[str, Tensor]:
        tune = self._tune(heard.decibels, heard.mask)
        melody, pitches = self._melody(tune, heard.mask)
        return {
            **_spectrum(heard),
            **_cepstrum(heard, self.cosines, self.pairs),
            **_rhythm(heard, self.waves),
            "melody": melody,
            "pitches": pitches,
            "course": self._course(heard, tune),
            "duration": torch.log(heard.mask.sum(dim=1) / 100.0),
        }

    def _tune(self, decibels: Tensor, mask: Tensor) -> _Tune:
        """Hold each frame's spectrum, less its envelope, against combs of harmonics."""
        fine = (decibels - decibels @ self.smooth).clamp(-15.0, 15.0) * mask
        fit = fine @ self.combs
        best = fit.amax(dim=2, keepdim=True)
        chance = torch.softmax(fit * 0.25, dim=2)
        energy = decibels.mean(dim=2, keepdim=True)
        loudest = (energy - (1 - mask) * 1e4).amax(dim=1, keepdim=True)
        loud = torch.sigmoid((energy - loudest + 18.0) / 3.0) * mask
        pitch = (chance * self.octaves).sum(dim=2, keepdim=True)
        return _Tune(chance, pitch, best, loud, torch.sigmoid((best - 25.0) / 5.0))

    def _course(self, heard: Heard, tune: _Tune) -> Tensor:
        """Return how pitch, level and spectrum go from a clip's first sounds to its last, in four stretches."""
        x, mask, energy, voiced = heard.x, heard.mask, heard.energy, heard.voiced
        total = voiced.sum(dim=1, keepdim=True).clamp_min(_TINY)
        place = (torch.cumsum(voiced, dim=1) - voiced / 2) / total
        tonal = voiced * tune.harmonic
        shape = torch.cat([_groups(x), (x @ self.cosines)[:, :, 1:_SHAPE]], dim=2)
        mean_shape = mean(shape, voiced)
        mean_pitch = (tune.pitch * tonal).sum(dim=1) / tonal.sum(dim=1).clamp_min(_TINY)
        stretches = []
        for number in range(_STRETCHES):
            near = torch.relu(1.0 - (place * (_STRETCHES - 1) - number).abs()) * mask
            size = near.sum(dim=1)
            sung = near * tonal
            stretches += [
                # Where hardly anything is sung, the pitch counts as the mean.
                ((tune.pitch - mean_pitch[:, None]) * sung).sum(dim=1) / (sung.sum(dim=1) + 0.3),
                (energy * near).sum(dim=1) / size.clamp_min(0.1),
                mean(shape, near * voiced) - mean_shape,
                torch.log(size / total[:, 0] + 0.01),
            ]
        return torch.cat(stretches, dim=1)

    def _melody(self, tune: _Tune, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return how high the voice is and how it moves, then how long it is how high."""
        pitch, chance, loud = tune.pitch, tune.chance, tune.loud
        tonal = loud * tune.harmonic
        total = tonal.sum(dim=1).clamp_min(_TINY)
        centre = (pitch * tonal).sum(dim=1) / total
        width = ((pitch - centre[:, None]).square() * tonal).sum(dim=1) / total
        step = pitch[:, 4:] - pitch[:, :-4]
        both = tonal[:, 4:] * tonal[:, :-4]
        pairs = both.sum(dim=1).clamp_min(_TINY)
        melody = [
            centre,
            (width + 1e-6).sqrt(),
            (step.abs() * both).sum(dim=1) / pairs,
            (step * both).sum(dim=1) / pairs,
            total / mask.sum(dim=1),
            (tune.best * loud).sum(dim=1) / loud.sum(dim=1).clamp_min(_TINY),
        ]
        share = (chance * tonal).sum(dim=1) / total
        shares = share.reshape(share.shape[0], _PITCHES // _PER_BIN, _PER_BIN).sum(dim=2)
        return torch.cat(melody, dim=1), (shares + 1e-9).sqrt()


def _spectrum(heard: Heard) -> dict[str, Tensor]:
    """Return the long-term spectrum, of all frames and of the louder ones, and how fast bands come and go."""
    x, mask, energy, voiced = heard.x, heard.mask, heard.energy, heard.voiced
    moved = x[:, 2:] - x[:, :-2]
    ripple = (x[:, :, 1:-1] - 0.5 * (x[:, :, :-2] + x[:, :, 2:])).abs()
    flicker = (energy[:, 1:] - energy[:, :-1]).abs()
    return {
        "mean": mean(x, mask),
        "deviation": _deviation(x, mask),
        "movement": mean(moved.abs(), mask[:, 2:]),
        "onsets": mean(torch.relu(moved).square(), mask[:, 2:]),
        "voiced mean": mean(x, voiced),
        "voiced deviation": _deviation(x, voiced),
        "voiced share": voiced.sum(dim=1) / mask.sum(dim=1),
        "ripple": mean(ripple, voiced),
        "energy": torch.cat([_deviation(energy, mask), mean(flicker, mask[:, 1:])], dim=1),
    }


def _cepstrum(heard: Heard, cosine_transform: Tensor, pairs: Tensor) -> dict[str, Tensor]:
    """Return how far cepstral coefficients range and move, and which of them go together."""
    cepstrum = heard.x @ cosine_transform
    moved = cepstrum[:, 2:, :_MOVING] - cepstrum[:, :-2, :_MOVING]
    low = cepstrum[:, :, :_TOGETHER]
    return {
        "cepstral deviation": _deviation(cepstrum, heard.mask),
        "cepstral movement": _deviation(moved, heard.mask[:, 2:]),
        "together": _correlation(low, heard.mask).index_select(1, pairs),
        "voiced together": _correlation(low, heard.voiced).index_select(1, pairs),
    }


def _rhythm(heard: Heard, waves: Tensor) -> dict[str, Tensor]:
    """Return how alike groups of bands are to themselves somewhat later, and how strong each slow beat is in them."""
    x, mask = heard.x, heard.mask
    batch, frames, _ = x.shape
    groups = _groups(x)
    alike = [mean(groups[:, lag:] * groups[:, :-lag], mask[:, lag:]) for lag in _LAGS]
    centred = (groups - mean(groups, mask)[:, None]) * mask
    rows = centred.transpose(1, 2).reshape(batch * _GROUPS, 1, frames)
    swing = nn.functional.conv1d(rows, waves[:, None], padding=_RHYTHM_FRAMES // 2, stride=_RHYTHM_HOP).square()
    beats = len(_RHYTHM_HZ)
    power = (swing[:, :beats] + swing[:, beats:]).sum(dim=2).reshape(batch, _GROUPS * beats)
    return {
        "alike": torch.cat(alike, dim=1),
        "beats": torch.log(power * _RHYTHM_HOP / mask.sum(dim=1) + 1e-4),
    }


def _groups(x: Tensor) -> Tensor:
    """Return the means of neighbouring bands [shape=(batch, time, _GROUPS)]."""
    return x.reshape(x.shape[0], x.shape[1], _GROUPS, -1).mean(dim=3)


def _deviation(x: Tensor, weight: Tensor) -> Tensor:
    return (mean((x - mean(x, weight)[:, None]).square(), weight) + 1e-5).sqrt()


def _correlation(x: Tensor, weight: Tensor) -> Tensor:
    """Return how values go together over the frames [shape=(batch, count * count)]."""
    centred = (x - mean(x, weight)[:, None]) * weight.sqrt()
    covariance = centred.transpose(1, 2) @ centred / weight.sum(dim=1).clamp_min(1.0)[:, :, None]
    count = x.shape[2]
    places = torch.arange(count, device=x.device) * (count + 1)
    deviation = covariance.flatten(1).index_select(1, places).clamp_min(1e-5).sqrt()
    return (covariance / (deviation[:, :, None] * deviation[:, None, :])).flatten(1)


def _smoothing(bands: int, width: int) -> np.ndarray:
    """Return what takes the mean over so many neighbouring bands, fewer at the ends [shape=(bands, bands)]."""
    distance = np.abs(np.arange(bands)[:, None] - np.arange(bands)[None, :])
    near = (distance <= width // 2).astype(np.float64)
    return near / near.sum(axis=0)


def _combs(centres_hz: np.ndarray, pitches_hz: np.ndarray) -> np.ndarray:
    """Return what the spectrum of a voice of each pitch is like [shape=(bands, pitches)]; peaks up, gaps down."""
    width = max(12.0, 0.5 * float(centres_hz[1] - centres_hz[0])) + 8.0
    result = np.zeros((len(centres_hz), len(pitches_hz)))
    for column, pitch in zip(result.T, pitches_hz, strict=True):
        for harmonic in range(1, int(_HIGHEST_HARMONIC_HZ / pitch) + 1):
            for place, height in ((harmonic * pitch, 1.0), ((harmonic - 0.5) * pitch, -0.5)):
                column += height * harmonic**-0.3 * np.exp(-0.5 * ((centres_hz - place) / width) ** 2)
    heard = centres_hz < _HIGHEST_HARMONIC_HZ
    result[~heard] = 0.0
    result[heard] -= result[heard].mean(axis=0)
    return result / np.linalg.norm(result, axis=0)


def _waves(frames_per_second: float) -> np.ndarray:
    """Return a cosine and a sine for each beat, faded in and out [shape=(2 * beats, frames)]."""
    phase = 2 * math.pi * np.array(_RHYTHM_HZ)[:, None] * np.arange(_RHYTHM_FRAMES)[None, :] / frames_per_second
    fade = 0.5 - 0.5 * np.cos(2 * math.pi * np.arange(_RHYTHM_FRAMES) / _RHYTHM_FRAMES)
    return np.concatenate([np.cos(phase), np.sin(phase)]) * fade / _RHYTHM_FRAMES
