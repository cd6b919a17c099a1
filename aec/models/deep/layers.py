"""Layers whose output for a clip does not depend on the padding of its batch.

Every layer takes and returns `(x, lengths)`; values after the end of a clip are zero in input and output. So a clip
alone and the same clip in a padded batch give the same output.
"""

import torch
from torch import Tensor, nn

_EPS = 1e-5
# Added to powers, so that logarithms are finite.
_SILENT = 1e-12


def frame_mask(lengths: Tensor, frames: int) -> Tensor:
    """Return 1.0 for frames of a clip, 0.0 after its end [shape=(batch, frames)]."""
    return (torch.arange(frames, device=lengths.device)[None, :] < lengths[:, None]).to(torch.float32)


def with_zeros(x: Tensor, axis: int, count: int) -> Tensor:
    """Append `count` zeros at the end of an axis."""
    # Not `functional.pad`: in the exported graph its output size would be unknown.
    nothing = x.narrow(axis, 0, 1) * 0.0
    return torch.cat([x, *[nothing] * count], dim=axis)


def reversed_frames(x: Tensor, lengths: Tensor) -> Tensor:
    """Reverse the frames of each clip; padding stays at the end."""
    places = torch.arange(x.shape[1], device=x.device)[None, :]
    mirrored = lengths[:, None] - 1 - places
    order = torch.where(mirrored < 0, places, mirrored)
    first = torch.arange(x.shape[0], device=x.device)[:, None] * x.shape[1]
    return x.reshape(-1, x.shape[2]).index_select(0, (first + order).reshape(-1)).reshape(x.shape)


class Floor(nn.Module):
    """White noise floor below the loudest frame, which masks room and line noise.

    Parameters
    ----------
    below_db : float
        Level of the floor below the loudest frame, in dB.
    """

    def __init__(self, below_db: float) -> None:
        super().__init__()
        self.below = below_db

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Add the floor to log-mel spectrograms in dB [shape=(batch, time, bands)]."""
        mask = frame_mask(lengths, x.shape[1])
        power = torch.pow(10.0, x / 10.0) * mask[:, :, None]
        loudest = power.mean(dim=2).amax(dim=1)[:, None, None]
        return 10.0 * torch.log10(power + loudest * 10.0 ** (-self.below / 10.0) + _SILENT) * mask[
            :, :, None
        ], lengths


class ClipScale(nn.Module):
    """Standardise coefficients by the training clips, then each clip as a whole.

    Spectral tilt and intonation of a clip stay; its level, which automatic gain control sets, is removed.

    Attributes
    ----------
    mean, deviation : Tensor [shape=(coefficients,)]
        Of the frames of the training clips; set before training, not learned.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, coefficients: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(coefficients))
        self.register_buffer("deviation", torch.ones(coefficients))

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Scale features [shape=(batch, time, coefficients)]."""
        mask = frame_mask(lengths, x.shape[1])[:, :, None]
        x = (x - self.mean) / self.deviation * mask
        count = lengths.to(x.dtype)[:, None, None] * x.shape[2]
        centred = (x - x.sum(dim=(1, 2), keepdim=True) / count) * mask
        variance = centred.square().sum(dim=(1, 2), keepdim=True) / count
        return centred * (variance + _EPS).rsqrt(), lengths


class Stack(nn.Module):
    """Projection of `count` consecutive frames to one.

    Parameters
    ----------
    inputs : int
        Values per frame.
    count : int
        Frames per output frame.
    size : int
        Values per output frame.
    dropout : float
    """

    def __init__(self, inputs: int, count: int, size: int, dropout: float) -> None:
        super().__init__()
        self.count = count
        self.project = nn.Linear(count * inputs, size)
        self.norm = nn.LayerNorm(size)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Map [shape=(batch, time, inputs)] to [shape=(batch, time / count, size)]."""
        # Padded so that the last, incomplete group of a clip counts.
        x = with_zeros(x, 1, self.count - 1)
        groups = x.shape[1] // self.count
        x = x[:, : groups * self.count].reshape(x.shape[0], groups, self.count * x.shape[2])
        lengths = (lengths + (self.count - 1)) // self.count
        mask = frame_mask(lengths, groups)[:, :, None]
        return self.dropout(torch.relu(self.norm(self.project(x)))) * mask, lengths


class InputBlock(nn.Module):
    """First layers of every network: noise floor, scaling, stacking of frames."""

    def __init__(self, coefficients: int, count: int, size: int, dropout: float, floor: float = 0.0) -> None:
        super().__init__()
        self.floor = Floor(floor) if floor else None
        self.scale = ClipScale(coefficients)
        self.stack = Stack(coefficients, count, size, dropout)

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Map [shape=(batch, time, coefficients)] to [shape=(batch, time / count, size)]."""
        if self.floor is not None:
            x, lengths = self.floor(x, lengths)
        x, lengths = self.scale(x, lengths)
        stacked: tuple[Tensor, Tensor] = self.stack(x, lengths)
        return stacked


class TimeBlock(nn.Module):
    """Residual block: a convolution over time that mixes all channels.

    Its last layer is initialised to zero, so that a deep network starts as a shallow one and trains as fast.

    References
    ----------
    P. Goyal et al., Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour, 2017, section 5.1.
    """

    def __init__(self, channels: int, width: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        # As an image of one row in channels-last layout, the sequence is convolved without a copy.
        self.convolve = nn.Conv2d(channels, channels, (1, width), padding=(0, width // 2))
        self.mix = nn.Linear(channels, channels)
        nn.init.zeros_(self.mix.weight)
        nn.init.zeros_(self.mix.bias)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Convolve a sequence [shape=(batch, time, channels)]."""
        mask = frame_mask(lengths, x.shape[1])[:, :, None]
        row = (self.norm(x) * mask).transpose(1, 2).unsqueeze(2)
        inner = self.convolve(row).squeeze(2).transpose(1, 2)
        return (x + self.dropout(self.mix(torch.relu(inner)))) * mask, lengths


class AttentionPool(nn.Module):
    """Attention pooling: the mean over frames, weighted by a learned score."""

    def __init__(self, size: int, hidden: int = 64) -> None:
        super().__init__()
        self.hidden = nn.Linear(size, hidden)
        self.score = nn.Linear(hidden, 1, bias=False)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Map [shape=(batch, time, size)] to [shape=(batch, size)]."""
        mask = frame_mask(lengths, x.shape[1])[:, :, None]
        scores = self.score(torch.tanh(self.hidden(x))) - (1 - mask) * 1e4
        return (torch.softmax(scores, dim=1) * x).sum(dim=1)


class Recurrent(nn.Module):
    """Bidirectional GRU: one over the frames, one over the reversed frames.

    `torch.nn.GRU` offers both on packed sequences, where back-propagation through each frame fills a matrix as large
    as all of them; on plain tensors a step takes a third of the time.
    """

    def __init__(self, size: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.onwards = nn.GRU(size, hidden, batch_first=True)
        self.backwards = nn.GRU(size, hidden, batch_first=True)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Map [shape=(batch, time, size)] to [shape=(batch, time, 2 * hidden)]."""
        onwards, _ = self.onwards(x)
        backwards, _ = self.backwards(reversed_frames(x, lengths))
        sequence = torch.cat([onwards, reversed_frames(backwards, lengths)], dim=2)
        return self.dropout(sequence) * frame_mask(lengths, x.shape[1])[:, :, None], lengths


class Head(nn.Module):
    """Output layer: attention pooling, dropout, logits."""

    def __init__(self, size: int, n_labels: int, dropout: float) -> None:
        super().__init__()
        self.pool = AttentionPool(size)
        self.dropout = nn.Dropout(dropout)
        self.answer = nn.Linear(size, n_labels)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Map [shape=(batch, time, size)] to logits [shape=(batch, labels)]."""
        logits: Tensor = self.answer(self.dropout(self.pool(x, lengths)))
        return logits
