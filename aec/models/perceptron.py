"""A multilayer perceptron with ReLU and softmax, trained by Adam in float32.

For three labels and more it equals scikit-learn's `MLPClassifier` (initialisation, loss, steps), without its
temporaries: there each step of Adam makes a dozen arrays of the size of all weights, which takes longer than the
arithmetic of the network. Here Adam works in place on pieces that fit a core's cache. The first layer, which has
nearly all weights, is divided into fixed shards of its inputs that threads share, so that the numbers do not depend
on the threads.

References
----------
D. Kingma & J. Ba, Adam: A Method for Stochastic Optimization, ICLR 2015.
X. Glorot & Y. Bengio, Understanding the difficulty of training deep feedforward neural networks, AISTATS 2010.
"""

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

Map = Callable[..., Iterable[Any]]

_BETA1, _BETA2, _EPSILON = 0.9, 0.999, np.float32(1e-8)
_SHARDS = 4
# Weights per piece.
_PIECE = 1 << 16
_TINY = np.finfo(np.float32).tiny


class Perceptron:
    """Weights and biases of the layers, all float32.

    Parameters
    ----------
    sizes : sequence of int
        Neurons per layer, from the inputs to the labels.
    seed : int
        Of the initialisation, which equals scikit-learn's.
    """

    def __init__(self, sizes: Sequence[int], seed: int) -> None:
        self.weights: list[np.ndarray] = []
        self.biases: list[np.ndarray] = []
        rng = np.random.RandomState(seed)
        for inputs, outputs in itertools.pairwise(sizes):
            bound = np.sqrt(6.0 / (inputs + outputs))
            self.weights.append(rng.uniform(-bound, bound, (inputs, outputs)).astype(np.float32))
            self.biases.append(rng.uniform(-bound, bound, outputs).astype(np.float32))

    def logits(self, inputs: np.ndarray) -> np.ndarray:
        """Return logits [shape=(n, labels)] for inputs [shape=(n, features)]."""
        return self.forward(inputs)[-1]

    def forward(self, inputs: np.ndarray, each: Map = map) -> list[np.ndarray]:
        """Return the output of each layer [shape=(n, neurons)]; the last is the logits.

        Parameters
        ----------
        inputs : np.ndarray [shape=(n, features), dtype=float32]
        each : callable
            `map`, or a parallel one.
        """
        first = self.weights[0]
        parts = list(each(lambda shard: inputs[:, shard] @ first[shard], _shards(len(first))))
        output = parts[0]
        for part in parts[1:]:
            output += part
        outputs: list[np.ndarray] = []
        for number, biases in enumerate(self.biases):
            if number:
                output = outputs[-1] @ self.weights[number]
            output += biases
            if number < len(self.biases) - 1:
                np.maximum(output, 0, out=output)
            outputs.append(output)
        return outputs

    def copy(self) -> list[np.ndarray]:
        """Return copies of all weights and biases, for `restore`."""
        return [each.copy() for each in (*self.weights, *self.biases)]

    def restore(self, kept: Sequence[np.ndarray]) -> None:
        """Restore weights and biases from `copy`."""
        for each, before in zip((*self.weights, *self.biases), kept, strict=True):
            each[...] = before


class Adam:
    """Adam for a perceptron.

    Parameters
    ----------
    network : Perceptron
    learning_rate : float
    alpha : float
        L2 penalty of the weights, divided by the clips of a batch as scikit-learn does.
    each : callable
        `map`, or a parallel one.
    """

    def __init__(self, network: Perceptron, learning_rate: float, alpha: float, each: Map = map) -> None:
        self._network, self._learning_rate, self._alpha, self._each = network, learning_rate, alpha, each
        self._weights = [_Parameters(values) for values in network.weights]
        self._biases = [_Parameters(values) for values in network.biases]
        self._steps = 0

    def step(self, inputs: np.ndarray, targets: np.ndarray) -> float:
        """Update the weights by a batch.

        Parameters
        ----------
        inputs : np.ndarray [shape=(n, features), dtype=float32]
        targets : np.ndarray [shape=(n,), dtype=int64]
            Label numbers.

        Returns
        -------
        float
            The mean cross-entropy plus penalty before the step.
        """
        self._steps += 1
        count = len(inputs)
        outputs = self._network.forward(inputs, self._each)
        loss, delta = _cross_entropy(outputs[-1], targets)
        rate = self._learning_rate * (1 - _BETA2**self._steps) ** 0.5 / (1 - _BETA1**self._steps)
        penalty = self._alpha / count
        squares = 0.0
        for layer in range(len(outputs) - 1, 0, -1):
            # Back-propagate through the weights from before this update.
            before = delta @ self._network.weights[layer].T
            before *= outputs[layer - 1] > 0
            squares += self._weights[layer].step(slice(None), outputs[layer - 1], delta, penalty, rate)
            self._biases[layer].step_by(delta.sum(axis=0), rate)
            delta = before
        shards = _shards(inputs.shape[1])
        squares += sum(self._each(lambda s: self._weights[0].step(s, inputs[:, s], delta, penalty, rate), shards))
        self._biases[0].step_by(delta.sum(axis=0), rate)
        return loss + 0.5 * self._alpha * squares / count


class _Parameters:
    """Weights or biases with Adam's running means of their gradients and squares."""

    def __init__(self, values: np.ndarray) -> None:
        self._values, self._slopes = values, np.zeros_like(values)
        self._first, self._second = np.zeros_like(values), np.zeros_like(values)

    def step(self, rows: slice, source: np.ndarray, delta: np.ndarray, penalty: float, rate: float) -> float:
        """Step some rows of the weights; return the sum of their squares before it."""
        np.matmul(source.T, delta, out=self._slopes[rows])
        return self._step(rows, penalty, rate)

    def step_by(self, slopes: np.ndarray, rate: float) -> None:
        """Step biases [shape=(n,)] by their gradient."""
        self._slopes[...] = slopes
        self._step(slice(None), 0.0, rate)

    def _step(self, rows: slice, penalty: float, rate: float) -> float:
        parts = [each[rows].reshape(-1) for each in (self._values, self._slopes, self._first, self._second)]
        squares = 0.0
        scratch = np.empty(min(_PIECE, parts[0].size), dtype=np.float32)
        for start in range(0, parts[0].size, _PIECE):
            value, slope, first, second = (part[start : start + _PIECE] for part in parts)
            change = scratch[: value.size]
            if penalty:
                squares += float(np.vdot(value, value))
                np.multiply(value, np.float32(penalty), out=change)
                slope += change
            _adam_step(value, slope, first, second, change, rate)
        return squares


def _adam_step(
    value: np.ndarray, slope: np.ndarray, first: np.ndarray, second: np.ndarray, change: np.ndarray, rate: float
) -> None:
    """Step `value`; `slope` and `change` are used up."""
    # mean += (1 - beta) (new - mean): one pass less than beta * mean + (1 - beta) * new.
    np.subtract(slope, first, out=change)
    change *= np.float32(1 - _BETA1)
    first += change
    slope *= slope
    slope -= second
    slope *= np.float32(1 - _BETA2)
    second += slope
    np.sqrt(second, out=change)
    change += _EPSILON
    np.divide(first, change, out=change)
    change *= np.float32(rate)
    value -= change


def _shards(size: int) -> list[slice]:
    bounds = [size * number // _SHARDS for number in range(_SHARDS + 1)]
    return [slice(a, b) for a, b in itertools.pairwise(bounds) if b > a]


def _cross_entropy(logits: np.ndarray, targets: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the mean cross-entropy and its gradient by the logits."""
    delta = _softmax(logits)
    rows = np.arange(len(targets))
    loss = -float(np.mean(np.log(np.maximum(delta[rows, targets], _TINY)), dtype=np.float64))
    delta[rows, targets] -= 1
    delta /= np.float32(len(targets))
    return loss, delta


def _softmax(logits: np.ndarray) -> np.ndarray:
    result = logits - logits.max(axis=1, keepdims=True)
    np.exp(result, out=result)
    result /= result.sum(axis=1, keepdims=True)
    return np.asarray(result)
