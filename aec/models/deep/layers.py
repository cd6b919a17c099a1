"""Layers that see a clip's own frames alone, however far its batch is padded.

Every part takes values and the frames that count, `(x, lengths)`, and returns both; values behind a clip's end are
zero on the way in and on the way out. So a clip gives the same answer alone and in any batch.
"""

import torch
from torch import Tensor, nn

_EPS = 1e-5
# A power that nothing has; its logarithm is finite.
_SILENT = 1e-12


def frame_mask(lengths: Tensor, frames: int) -> Tensor:
    """Return 1.0 for the frames of each clip and 0.0 behind its end [shape=(batch, frames)]."""
    return (torch.arange(frames, device=lengths.device)[None, :] < lengths[:, None]).to(torch.float32)


def with_zeros(x: Tensor, axis: int, count: int) -> Tensor:
    """Return values with so many zeros more at the end of an axis."""
    # Not `functional.pad`: what the exporter makes of it hides its size.
    nothing = x.narrow(axis, 0, 1) * 0.0
    return torch.cat([x, *[nothing] * count], dim=axis)


def turned_round(x: Tensor, lengths: Tensor) -> Tensor:
    """Return each clip's own frames in reverse order, those behind its end where they were."""
    places = torch.arange(x.shape[1], device=x.device)[None, :]
    mirrored = lengths[:, None] - 1 - places
    order = torch.where(mirrored < 0, places, mirrored)
    first = torch.arange(x.shape[0], device=x.device)[:, None] * x.shape[1]
    return x.reshape(-1, x.shape[2]).index_select(0, (first + order).reshape(-1)).reshape(x.shape)


class Floor(nn.Module):
    """An even noise under each clip, so far below its loudest frame: rooms and lines differ less below it.

    Parameters
    ----------
    below_db : float
        How far below.
    """

    def __init__(self, below_db: float) -> None:
        super().__init__()
        self.below = below_db

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Add it to log-mel spectrograms in dB [shape=(batch, time, bands)]."""
        mask = frame_mask(lengths, x.shape[1])
        power = torch.pow(10.0, x / 10.0) * mask[:, :, None]
        loudest = power.mean(dim=2).amax(dim=1)[:, None, None]
        return 10.0 * torch.log10(power + loudest * 10.0 ** (-self.below / 10.0) + _SILENT) * mask[
            :, :, None
        ], lengths


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


class Stack(nn.Module):
    """Some neighbouring frames at a time, as one.

    Parameters
    ----------
    inputs : int
        Values of a frame.
    count : int
        Frames that become one.
    size : int
        Values of that one.
    dropout : float
    """

    def __init__(self, inputs: int, count: int, size: int, dropout: float) -> None:
        super().__init__()
        self.count = count
        self.project = nn.Linear(count * inputs, size)
        self.norm = nn.LayerNorm(size)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Turn a sequence [shape=(batch, time, inputs)] into one of [shape=(batch, time / count, size)]."""
        # So many zeros more that no frame is lost: a clip's last, incomplete group counts.
        x = with_zeros(x, 1, self.count - 1)
        groups = x.shape[1] // self.count
        x = x[:, : groups * self.count].reshape(x.shape[0], groups, self.count * x.shape[2])
        lengths = (lengths + (self.count - 1)) // self.count
        mask = frame_mask(lengths, groups)[:, :, None]
        return self.dropout(torch.relu(self.norm(self.project(x)))) * mask, lengths


class Front(nn.Module):
    """What every network begins with: scaled features, some frames at a time."""

    def __init__(self, coefficients: int, count: int, size: int, dropout: float, floor: float = 0.0) -> None:
        super().__init__()
        self.floor = Floor(floor) if floor else None
        self.scale = ClipScale(coefficients)
        self.stack = Stack(coefficients, count, size, dropout)

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Turn features [shape=(batch, time, coefficients)] into a sequence [shape=(batch, time / count, size)]."""
        if self.floor is not None:
            x, lengths = self.floor(x, lengths)
        x, lengths = self.scale(x, lengths)
        stacked: tuple[Tensor, Tensor] = self.stack(x, lengths)
        return stacked


class TimeBlock(nn.Module):
    """A convolution over time, all coefficients of a frame together, beside a shortcut.

    It begins as the shortcut alone: a deeper network then starts out as a shallow one does, and learns as fast.

    References
    ----------
    P. Goyal et al., Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour, 2017, section 5.1.
    """

    def __init__(self, channels: int, width: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        # A picture of one row: laid out frame by frame, as the sequence is, it is convolved without being copied.
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
    """A bidirectional GRU over each clip's own frames: one forwards, one over the clips turned round.

    `torch.nn.GRU` has both on packed sequences, where PyTorch goes backwards through every frame by way of a matrix
    as large as all of them; on plain ones a step takes a third of the time.
    """

    def __init__(self, size: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.onwards = nn.GRU(size, hidden, batch_first=True)
        self.backwards = nn.GRU(size, hidden, batch_first=True)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Turn a sequence [shape=(batch, time, size)] into one of [shape=(batch, time, 2 * hidden)]."""
        onwards, _ = self.onwards(x)
        backwards, _ = self.backwards(turned_round(x, lengths))
        sequence = torch.cat([onwards, turned_round(backwards, lengths)], dim=2)
        return self.dropout(sequence) * frame_mask(lengths, x.shape[1])[:, :, None], lengths


class Head(nn.Module):
    """Logits of a sequence's frames, each as much as attention says."""

    def __init__(self, size: int, n_labels: int, dropout: float) -> None:
        super().__init__()
        self.pool = AttentionPool(size)
        self.dropout = nn.Dropout(dropout)
        self.answer = nn.Linear(size, n_labels)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Return [shape=(batch, labels)] of a sequence [shape=(batch, time, size)]."""
        logits: Tensor = self.answer(self.dropout(self.pool(x, lengths)))
        return logits
