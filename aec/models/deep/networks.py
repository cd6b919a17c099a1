"""A CNN, an RNN and a CRNN over log-mel spectrograms or MFCCs of any length.

Each is a sequence of parts, which can be divided between any two of them and spread over workers. Each part has its
own seed: alone it gets the same initial weights as inside the whole network.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from aec.errors import UsageError
from aec.models.deep.layers import Head, InputBlock, Recurrent, Stack, TimeBlock
from aec.models.network_settings import NetworkSettings

Shape = tuple[int, ...]
# Kernel size of convolutions over time, in frames.
_WIDTH = 5


@dataclass(frozen=True)
class Part:
    """A part of a network before it is built.

    Parameters
    ----------
    make : callable
        Returns the layer, which takes and returns (values, lengths); the last part's returns logits.
    shape : callable
        Maps the input shape to the output shape.
    work : callable
        Number of multiplications for an input shape.
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
        """Map features [shape=(batch, time, coefficients)] to logits."""
        x: Tensor = features
        *inner, head = self.parts.values()
        for part in inner:
            x, lengths = part(x, lengths)
        logits: Tensor = head(x, lengths)
        return logits


def build_network(
    name: str, coefficients: int, n_labels: int, settings: NetworkSettings, numbers: Sequence[int] | None = None
) -> Network:
    """Build a network, or some of its parts, with initial weights.

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


def cut(parts: list[Part], count: int, shape: Shape) -> list[list[int]]:
    """Divide the parts over workers so that the largest share of work is smallest.

    Parameters
    ----------
    parts : list of Part
    count : int
        Processes.
    shape : tuple of int
        Of typical features (batch, time, coefficients).

    Raises
    ------
    UsageError
        More processes than parts.
    """
    if count > len(parts):
        raise UsageError(
            f"{count} processes for a network of {len(parts)} parts", "at least one part for each is expected"
        )
    work = []
    for part in parts:
        work.append(part.work(shape))
        shape = part.shape(shape)
    total = np.concatenate([[0.0], np.cumsum(work)])
    # best[k - 1][n]: the least work of the busiest of k processes that share the first n parts, and where the last of
    # them begins.
    best: list[list[tuple[float, int]]] = [[(float(total[n]), 0) for n in range(len(parts) + 1)]]
    for k in range(1, count):
        row = []
        for n in range(len(parts) + 1):
            options = [(max(best[-1][at][0], float(total[n] - total[at])), at) for at in range(k, n)]
            row.append(min(options, default=(float("inf"), 0)))
        best.append(row)
    stages: list[list[int]] = []
    end = len(parts)
    for k in range(count - 1, -1, -1):
        start = best[k][end][1] if k else 0
        stages.insert(0, list(range(start, end)))
        end = start
    return stages


def _cnn(coefficients: int, n_labels: int, settings: NetworkSettings) -> list[Part]:
    size, dropout = 6 * settings.width, settings.dropout / 2
    return [
        _stack(coefficients, 2, size, settings),
        *[_time_block(size, dropout)] * 3,
        _halve(size, dropout),
        *[_time_block(size, dropout)] * 3,
        _head(size, n_labels, settings.dropout),
    ]


def _rnn(coefficients: int, n_labels: int, settings: NetworkSettings) -> list[Part]:
    size, dropout = 4 * settings.width, settings.dropout / 2
    return [
        _stack(coefficients, 3, size, settings),
        _recurrent(size, size, dropout),
        _recurrent(2 * size, size, 0.0),
        _head(2 * size, n_labels, settings.dropout),
    ]


def _crnn(coefficients: int, n_labels: int, settings: NetworkSettings) -> list[Part]:
    size, dropout = 4 * settings.width, settings.dropout / 2
    return [
        _stack(coefficients, 3, size, settings),
        *[_time_block(size, dropout)] * 2,
        _recurrent(size, size, dropout),
        _recurrent(2 * size, size, 0.0),
        _head(2 * size, n_labels, settings.dropout),
    ]


_PARTS: dict[str, Callable[[int, int, NetworkSettings], list[Part]]] = {"cnn": _cnn, "rnn": _rnn, "crnn": _crnn}


def _stack(coefficients: int, count: int, size: int, settings: NetworkSettings) -> Part:
    return Part(
        lambda: InputBlock(coefficients, count, size, settings.dropout / 2, settings.floor_db),
        lambda s: (s[0], -(-s[1] // count), size),
        lambda s: float(math.prod(s) * size),
    )


def _time_block(size: int, dropout: float) -> Part:
    return Part(
        lambda: TimeBlock(size, _WIDTH, dropout), lambda s: s, lambda s: float(math.prod(s) * size * (_WIDTH + 1))
    )


def _halve(size: int, dropout: float) -> Part:
    return Part(
        lambda: Stack(size, 2, size, dropout),
        lambda s: (s[0], -(-s[1] // 2), s[2]),
        lambda s: float(2 * math.prod(s) * size),
    )


def _recurrent(size: int, hidden: int, dropout: float) -> Part:
    # A step waits for the one before, which costs more than its multiplications say.
    return Part(
        lambda: Recurrent(size, hidden, dropout),
        lambda s: (s[0], s[1], 2 * hidden),
        lambda s: s[0] * s[1] * 6.0 * hidden * (size + 4 * hidden),
    )


def _head(size: int, n_labels: int, dropout: float) -> Part:
    return Part(lambda: Head(size, n_labels, dropout), lambda s: (s[0], n_labels), math.prod)
