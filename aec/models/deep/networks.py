"""The networks: a CNN, an RNN and a CRNN over log-mel spectrograms or MFCC sequences of any length.

Each is a row of parts, so that it can be cut between any two of them and spread over processes. Parts draw their
first weights from seeds of their own: a part alone begins as it does inside the whole.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from aec.models.deep.layers import (
    AttentionPool,
    ClipScale,
    ConvBlock,
    Recurrent,
    Stem,
    TimeBlock,
    frame_mask,
    with_zeros,
)
from aec.models.deep.settings import NetworkSettings

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Part:
    """A part of a network before it is made.

    Parameters
    ----------
    make : callable
        Returns the layer, which takes and returns (values, lengths); the last part's returns logits.
    shape : callable
        From the shape of the values that come in to that of those that go out, without computing any.
    work : callable
        Multiplications for values of a shape.
    """

    make: Callable[[], nn.Module]
    shape: Callable[[Shape], Shape]
    work: Callable[[Shape], float]


class Network(nn.Module):
    """Consecutive parts of a network, or all of them.

    Parameters
    ----------
    parts : dict of int to nn.Module
        By their number in the whole network.
    """

    def __init__(self, parts: dict[int, nn.Module]) -> None:
        super().__init__()
        self.parts = nn.ModuleDict({str(number): part for number, part in parts.items()})

    def forward(self, features: Tensor, lengths: Tensor) -> Tensor:
        """Return logits [shape=(batch, labels)] of features [shape=(batch, time, coefficients)]."""
        x: Tensor = features
        *inner, head = self.parts.values()
        for part in inner:
            x, lengths = part(x, lengths)
        logits: Tensor = head(x, lengths)
        return logits


def build_network(
    name: str, coefficients: int, n_labels: int, settings: NetworkSettings, numbers: Sequence[int] | None = None
) -> Network:
    """Return a network, or some of its parts, with the first weights.

    Parameters
    ----------
    name : {"cnn", "rnn", "crnn"}
    coefficients : int
        Values per frame.
    n_labels : int
    settings : NetworkSettings
    numbers : sequence of int, optional
        Parts to make; default all. Each has the weights that it would have in the whole.
    """
    parts = parts_of(name, coefficients, n_labels, settings)
    made = {}
    with torch.random.fork_rng(devices=[]):
        for number in range(len(parts)) if numbers is None else numbers:
            torch.manual_seed(settings.seed * 1000 + number)
            made[number] = parts[number].make()
    return Network(made)


def parts_of(name: str, coefficients: int, n_labels: int, settings: NetworkSettings) -> list[Part]:
    """Return the parts of a network, in order."""
    return _PARTS[name](coefficients, n_labels, settings)


def _cnn(coefficients: int, n_labels: int, settings: NetworkSettings) -> list[Part]:
    width = settings.width
    sizes = [width, width, 2 * width, 3 * width, 4 * width]
    front, bands = _image_parts(coefficients, sizes, [(2, 2), (2, 2), (2, 2), (1, 1)])
    size = 4 * width
    return [
        *front,
        _columns(sizes[-1] * bands, size, settings.dropout / 2),
        _head(lambda: SequenceHead(size, n_labels, settings.dropout), n_labels),
    ]


def _rnn(coefficients: int, n_labels: int, settings: NetworkSettings) -> list[Part]:
    size = 4 * settings.width
    return [
        _stack(coefficients, 3, size, settings.dropout / 2),
        _recurrent(size, size, settings.dropout / 2),
        _recurrent(2 * size, size, 0.0),
        _head(lambda: SequenceHead(2 * size, n_labels, settings.dropout), n_labels),
    ]


def _crnn(coefficients: int, n_labels: int, settings: NetworkSettings) -> list[Part]:
    width = settings.width
    sizes = [width, width, 2 * width, 3 * width]
    front, bands = _image_parts(coefficients, sizes, [(2, 2), (1, 2), (1, 2)])
    size = 4 * width
    return [
        *front,
        _columns(sizes[-1] * bands, size, settings.dropout / 2),
        _recurrent(size, size, 0.0),
        _head(lambda: SequenceHead(2 * size, n_labels, settings.dropout), n_labels),
    ]


def _tcnn(coefficients: int, n_labels: int, settings: NetworkSettings) -> list[Part]:
    size = 6 * settings.width
    drop = settings.dropout / 2
    return [
        _stack(coefficients, 2, size, drop),
        *[_time(size, 5, drop)] * 3,
        _halve(size, drop),
        *[_time(size, 5, drop)] * 3,
        _head(lambda: SequenceHead(size, n_labels, settings.dropout), n_labels),
    ]


def _tcrnn(coefficients: int, n_labels: int, settings: NetworkSettings) -> list[Part]:
    size = 4 * settings.width
    drop = settings.dropout / 2
    return [
        _stack(coefficients, 2, size, drop),
        *[_time(size, 5, drop)] * 2,
        _halve(size, drop),
        _recurrent(size, size, drop),
        _recurrent(2 * size, size, 0.0),
        _head(lambda: SequenceHead(2 * size, n_labels, settings.dropout), n_labels),
    ]


def _scnn(coefficients: int, n_labels: int, settings: NetworkSettings) -> list[Part]:
    size = 6 * settings.width
    drop = settings.dropout / 2
    return [
        _image(coefficients),
        _stem(16),
        _columns(16 * (-(-coefficients // 2)), size, drop),
        *[_time(size, 5, drop)] * 3,
        _halve(size, drop),
        *[_time(size, 5, drop)] * 3,
        _head(lambda: SequenceHead(size, n_labels, settings.dropout), n_labels),
    ]


def _scrnn(coefficients: int, n_labels: int, settings: NetworkSettings) -> list[Part]:
    size = 4 * settings.width
    drop = settings.dropout / 2
    return [
        _image(coefficients),
        _stem(16),
        _columns(16 * (-(-coefficients // 2)), size, drop),
        _time(size, 5, drop),
        _halve(size, drop),
        _recurrent(size, size, drop),
        _recurrent(2 * size, size, 0.0),
        _head(lambda: SequenceHead(2 * size, n_labels, settings.dropout), n_labels),
    ]


def _time(size: int, width: int, dropout: float) -> Part:
    return Part(
        lambda: TimeBlock(size, width, dropout), lambda s: s, lambda s: float(math.prod(s) * size * (width + 1))
    )


def _halve(size: int, dropout: float) -> Part:
    return Part(
        lambda: Halve(size, dropout), lambda s: (s[0], -(-s[1] // 2), s[2]), lambda s: float(math.prod(s) * size)
    )


_PARTS: dict[str, Callable[[int, int, NetworkSettings], list[Part]]] = {
    "cnn": _cnn,
    "rnn": _rnn,
    "crnn": _crnn,
    "tcnn": _tcnn,
    "tcrnn": _tcrnn,
    "scnn": _scnn,
    "scrnn": _scrnn,
}


def _image_parts(coefficients: int, sizes: list[int], wanted: list[tuple[int, int]]) -> tuple[list[Part], int]:
    """Return the parts that work on an image, and how many bands they leave of its coefficients.

    Parameters
    ----------
    coefficients : int
    sizes : list of int
        Channels after the stem and after each block.
    wanted : list of tuple of int
        Steps of each block in frames and bands; never more bands than are left.
    """
    bands = -(-coefficients // 2)
    parts = [_image(coefficients), _stem(sizes[0])]
    for inputs, outputs, (frames, step) in zip(sizes[:-1], sizes[1:], wanted, strict=True):
        pool = (frames, min(step, bands))
        parts.append(_block(inputs, outputs, pool))
        bands //= pool[1]
    return parts, bands


def _image(coefficients: int) -> Part:
    return Part(lambda: Image(coefficients), lambda s: (s[0], 1, s[1], s[2]), math.prod)


def _block(inputs: int, outputs: int, pool: tuple[int, int]) -> Part:
    return Part(
        lambda: ConvBlock(inputs, outputs, pool),
        lambda s: (s[0], outputs, -(-s[2] // pool[0]), s[3] // pool[1]),
        lambda s: s[0] * s[2] * s[3] * outputs * (10.0 * inputs + 9.0 * outputs),
    )


def _stem(channels: int) -> Part:
    return Part(
        lambda: Stem(channels),
        lambda s: (s[0], channels, -(-s[2] // 2), -(-s[3] // 2)),
        lambda s: s[0] * s[2] * s[3] / 4 * channels * 25.0,
    )


def _stack(coefficients: int, count: int, size: int, dropout: float) -> Part:
    return Part(
        lambda: Stack(coefficients, count, size, dropout),
        lambda s: (s[0], -(-s[1] // count), size),
        lambda s: float(math.prod(s) * size),
    )


def _columns(inputs: int, size: int, dropout: float) -> Part:
    return Part(
        lambda: Columns(inputs, size, dropout),
        lambda s: (s[0], s[2], size),
        lambda s: float(math.prod(s) * size),
    )


def _recurrent(size: int, hidden: int, dropout: float) -> Part:
    # A step waits for the one before, which costs far more than its multiplications say.
    return Part(
        lambda: Recurrent(size, hidden, dropout),
        lambda s: (s[0], s[1], 2 * hidden),
        lambda s: s[0] * s[1] * 6.0 * hidden * (size + 4 * hidden),
    )


def _head(make: Callable[[], nn.Module], n_labels: int) -> Part:
    return Part(make, lambda s: (s[0], n_labels), math.prod)


class Image(nn.Module):
    """Scaled features as an image of one channel."""

    def __init__(self, coefficients: int) -> None:
        super().__init__()
        self.scale = ClipScale(coefficients)

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Return [shape=(batch, 1, time, coefficients)]."""
        x, lengths = self.scale(x, lengths)
        return x[:, None], lengths


class Stack(nn.Module):
    """Scaled features, `count` neighbouring frames at a time."""

    def __init__(self, coefficients: int, count: int, size: int, dropout: float) -> None:
        super().__init__()
        self.count = count
        self.scale = ClipScale(coefficients)
        self.project = nn.Linear(count * coefficients, size)
        self.norm = nn.LayerNorm(size)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Return [shape=(batch, time / count, size)]."""
        x, lengths = self.scale(x, lengths)
        # So many zeros more that no frame is lost.
        x = with_zeros(x, 1, self.count - 1)
        groups = x.shape[1] // self.count
        x = x[:, : groups * self.count].reshape(x.shape[0], groups, self.count * x.shape[2])
        lengths = (lengths + (self.count - 1)) // self.count
        mask = frame_mask(lengths, groups)[:, :, None]
        return self.dropout(torch.relu(self.norm(self.project(x)))) * mask, lengths


class Halve(nn.Module):
    """Two neighbouring frames as one."""

    def __init__(self, size: int, dropout: float) -> None:
        super().__init__()
        self.project = nn.Linear(2 * size, size)
        self.norm = nn.LayerNorm(size)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Return [shape=(batch, time / 2, size)]."""
        x = with_zeros(x, 1, 1)
        groups = x.shape[1] // 2
        x = x[:, : groups * 2].reshape(x.shape[0], groups, 2 * x.shape[2])
        lengths = (lengths + 1) // 2
        mask = frame_mask(lengths, groups)[:, :, None]
        return self.dropout(torch.relu(self.norm(self.project(x)))) * mask, lengths


class Columns(nn.Module):
    """The image's columns, channels and bands together, as a sequence."""

    def __init__(self, inputs: int, size: int, dropout: float) -> None:
        super().__init__()
        self.project = nn.Linear(inputs, size)
        self.norm = nn.LayerNorm(size)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Turn [shape=(batch, channels, time, bands)] into [shape=(batch, time, size)]."""
        x = x.transpose(1, 2).flatten(2)
        mask = frame_mask(lengths, x.shape[1])[:, :, None]
        return self.dropout(torch.relu(self.norm(self.project(x)))) * mask, lengths


class SequenceHead(nn.Module):
    """Logits of a sequence's frames, each as much as attention says."""

    def __init__(self, size: int, n_labels: int, dropout: float) -> None:
        super().__init__()
        self.pool = AttentionPool(size)
        self.dropout = nn.Dropout(dropout)
        self.answer = nn.Linear(size, n_labels)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Return [shape=(batch, labels)]."""
        logits: Tensor = self.answer(self.dropout(self.pool(x, lengths)))
        return logits
