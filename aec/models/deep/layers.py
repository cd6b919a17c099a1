"""Layers that see a clip's own frames alone, however far its batch is padded.

Every part takes values and the frames that count, `(x, lengths)`, and returns both; values behind a clip's end are
zero on the way in and on the way out. So a clip gives the same answer alone and in any batch.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

_EPS = 1e-5


def frame_mask(lengths: Tensor, frames: int) -> Tensor:
    """Return 1.0 for the frames of each clip and 0.0 behind its end [shape=(batch, frames)]."""
    return (torch.arange(frames, device=lengths.device)[None, :] < lengths[:, None]).to(torch.float32)


def with_zeros(x: Tensor, axis: int, count: int) -> Tensor:
    """Return values with so many zeros more at the end of an axis."""
    # Not `functional.pad`: what the exporter makes of it hides its size.
    nothing = x.narrow(axis, 0, 1) * 0.0
    return torch.cat([x, *[nothing] * count], dim=axis)


class ClipScale(nn.Module):
    """Hold each coefficient against the training clips, then bring each clip to mean 0 and variance 1 as a whole.

    A clip's spectral tilt and melody stay; its loudness, which recorders set by themselves, goes.

    Attributes
    ----------
    mean, deviation : Tensor [shape=(coefficients,)]
        Of the training clips' frames; set before training, no weights.
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


class MaskedGroupNorm(nn.Module):
    """Group normalisation over the frames that count."""

    def __init__(self, channels: int, groups: int) -> None:
        super().__init__()
        self.groups = groups
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor, mask: Tensor, frames: Tensor) -> Tensor:
        """Normalise an image [shape=(batch, channels, time, bands)] that is zero wherever `mask` is.

        Parameters
        ----------
        x : Tensor
        mask : Tensor [shape=(batch, 1, time, 1)]
        frames : Tensor [shape=(batch, 1)]
            How many frames count.
        """
        channels, bands = x.shape[1], x.shape[3]
        per_group = channels // self.groups
        count = frames * (bands * per_group)
        total = x.sum(dim=(2, 3)).reshape(-1, self.groups, per_group).sum(dim=2)
        squares = x.square().sum(dim=(2, 3)).reshape(-1, self.groups, per_group).sum(dim=2)
        mean = total / count
        scale = ((squares / count - mean.square()).clamp(min=0) + _EPS).rsqrt()
        mean = mean[:, :, None].expand(-1, -1, per_group).reshape(-1, channels)
        scale = scale[:, :, None].expand(-1, -1, per_group).reshape(-1, channels) * self.weight
        shift = self.bias - mean * scale
        return (x * scale[:, :, None, None] + shift[:, :, None, None]) * mask


class Stem(nn.Module):
    """One convolution over wide neighbourhoods that halves frames and bands."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.convolve = nn.Conv2d(1, channels, 5, stride=2, padding=2, bias=False)
        self.norm = MaskedGroupNorm(channels, max(1, channels // 8))

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Turn an image of one channel [shape=(batch, 1, time, bands)] into one of half the size."""
        lengths = (lengths + 1) // 2
        x = self.convolve(x)
        mask = frame_mask(lengths, x.shape[2])[:, None, :, None]
        return torch.relu(self.norm(x * mask, mask, lengths.to(x.dtype)[:, None])), lengths


class ConvBlock(nn.Module):
    """Two convolutions with a shortcut, then the largest of each `pool` neighbours (frames, bands)."""

    def __init__(self, inputs: int, outputs: int, pool: tuple[int, int]) -> None:
        super().__init__()
        groups = max(1, outputs // 8)
        self.first = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.first_norm = MaskedGroupNorm(outputs, groups)
        self.second = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.second_norm = MaskedGroupNorm(outputs, groups)
        self.shortcut = nn.Conv2d(inputs, outputs, 1, bias=False) if inputs != outputs else nn.Identity()
        self.pool = pool

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Convolve an image [shape=(batch, channels, time, bands)]."""
        frames = lengths.to(x.dtype)[:, None]
        mask = frame_mask(lengths, x.shape[2])[:, None, :, None]
        inner = torch.relu(self.first_norm(self.first(x) * mask, mask, frames))
        inner = self.second_norm(self.second(inner) * mask, mask, frames)
        # Nothing is below zero here, so that padding never is the largest neighbour.
        x = torch.relu(inner + self.shortcut(x))
        step = self.pool[0]
        # So many zeros more that no frame is lost: a clip's last, incomplete group counts.
        x = functional.max_pool2d(with_zeros(x, 2, step - 1), self.pool)
        return x, (lengths + (step - 1)) // step


class TimeBlock(nn.Module):
    """A convolution over time, all coefficients of a frame together, beside a shortcut."""

    def __init__(self, channels: int, width: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.convolve = nn.Conv1d(channels, channels, width, padding=width // 2)
        self.mix = nn.Linear(channels, channels)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Convolve a sequence [shape=(batch, time, channels)]."""
        mask = frame_mask(lengths, x.shape[1])[:, :, None]
        inner = self.convolve((self.norm(x) * mask).transpose(1, 2)).transpose(1, 2)
        return (x + self.dropout(self.mix(torch.relu(inner)))) * mask, lengths


class AttentionPool(nn.Module):
    """The mean of a sequence's frames, weighted by what the frames themselves say of their weight."""

    def __init__(self, size: int, hidden: int = 64) -> None:
        super().__init__()
        self.hidden = nn.Linear(size, hidden)
        self.score = nn.Linear(hidden, 1, bias=False)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Return [shape=(batch, size)] of a sequence [shape=(batch, time, size)]."""
        mask = frame_mask(lengths, x.shape[1])[:, :, None]
        scores = self.score(torch.tanh(self.hidden(x))) - (1 - mask) * 1e4
        return (torch.softmax(scores, dim=1) * x).sum(dim=1)


class Recurrent(nn.Module):
    """A bidirectional GRU over each clip's own frames."""

    def __init__(self, size: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.gru = nn.GRU(size, hidden, batch_first=True, bidirectional=True)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Turn a sequence [shape=(batch, time, size)] into one of [shape=(batch, time, 2 * hidden)]."""
        # ONNX's GRU takes clips of any length in any order; sorting them would only add to the graph.
        in_order = torch.onnx.is_in_onnx_export()
        packed = nn.utils.rnn.pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=in_order)
        result, _ = self.gru(packed)
        sequence, _ = nn.utils.rnn.pad_packed_sequence(result, batch_first=True, total_length=x.shape[1])
        return self.dropout(sequence), lengths
