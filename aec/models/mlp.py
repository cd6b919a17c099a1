"""The baseline's MLP (StandardScaler + MLPClassifier), trained from a file.

scikit-learn's own `fit` holds the whole matrix several times and reports no progress; here each epoch is a pass of
`aec.models.perceptron` over shuffled batches, with the same network, steps and stopping rule (no improvement of the
loss by `tol` for more than `patience` epochs).
"""

import contextlib
import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import msgspec
import numpy as np

from aec.errors import TrainingError
from aec.evaluation.metrics import confusion_matrix, metrics_of
from aec.features.feature_file import FeatureFile
from aec.models.epoch_log import EpochLog
from aec.models.perceptron import Adam, Map, Perceptron
from aec.system.blas import blas_threads

_READ_ROWS = 512
# Scaled features up to this size stay in memory between epochs; larger ones are read again in each.
_HELD_BYTES = 64 << 20


class MlpSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Recipe of the MLP; the defaults are the baseline's.

    Parameters
    ----------
    hidden : tuple of int
        Neurons of the hidden layers.
    max_epochs : int
    batch_size : int
        Clips per step.
    learning_rate : float
        Of Adam.
    alpha : float
        L2 penalty.
    tol : float
        Smallest change of the loss that counts as an improvement.
    patience : int
        The training ends after more epochs than that without an improvement.
    early_stopping : bool
        Stop and keep the best epoch by UAR on validation clips instead of by the training loss.
    validation_share : float
        Share of the training clips (of their speakers, where known) for the validation curve and early stopping; 0,
        the baseline's, trains on all of them.
    seed : int

    Raises
    ------
    TrainingError
        A value out of bounds, or early stopping without validation clips.
    """

    hidden: tuple[int, ...] = (256, 128)
    max_epochs: int = 200
    batch_size: int = 200
    learning_rate: float = 1e-3
    alpha: float = 1e-4
    tol: float = 1e-4
    patience: int = 10
    early_stopping: bool = False
    validation_share: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.max_epochs < 1 or self.batch_size < 1 or self.patience < 1 or not self.hidden:
            raise TrainingError("epochs, batch size, patience and layers must be 1 or more")
        if not 0 <= self.validation_share < 1:
            raise TrainingError(f"the validation share is {self.validation_share}", "0 up to below 1 is expected")
        if self.early_stopping and self.validation_share == 0:
            raise TrainingError("early stopping needs validation clips", "", "Set a validation share above 0")


@dataclass(frozen=True, eq=False)
class Scaler:
    """Scaling of each feature to mean 0 and variance 1, as scikit-learn's.

    Parameters
    ----------
    mean, scale : np.ndarray [shape=(features,), dtype=float32]
    """

    mean: np.ndarray
    scale: np.ndarray

    @classmethod
    def fit(cls, features: FeatureFile, rows: np.ndarray) -> "Scaler":
        """Return the scaler of some rows of a feature file, which is read in batches."""
        width = features.shape[1] * features.shape[2]
        total, squares, start = np.zeros(width), np.zeros(width), np.zeros(width, dtype=np.float32)
        ordered = np.sort(rows)
        for at in range(0, len(ordered), _READ_ROWS):
            batch = _flat(features, ordered[at : at + _READ_ROWS])
            if at == 0:
                # Differences from some clip have small squares, so that nothing cancels out below.
                start = batch[0].copy()
            batch -= start
            total += batch.sum(axis=0, dtype=np.float64)
            np.square(batch, out=batch)
            squares += batch.sum(axis=0, dtype=np.float64)
        mean = total / len(rows)
        variance = np.maximum(squares / len(rows) - mean**2, 0)
        # Constant features are not scaled.
        constant = variance <= 1e-12 * np.maximum(squares / len(rows), 1e-30)
        scale = np.where(constant, 1.0, np.sqrt(variance))
        return cls((mean + start).astype(np.float32), scale.astype(np.float32))

    def apply(self, values: np.ndarray) -> np.ndarray:
        """Scale values [shape=(n, features), dtype=float32] in place and return them."""
        values -= self.mean
        values /= self.scale
        return values


@dataclass(frozen=True, eq=False)
class FittedMlp:
    """A trained scaler and network.

    Parameters
    ----------
    scaler : Scaler
    network : Perceptron
        Its outputs are in the order of the label numbers.
    curve : tuple of EpochLog
    kept_epoch : int
        Epoch of the weights.
    cancelled : bool
    """

    scaler: Scaler
    network: Perceptron
    curve: tuple[EpochLog, ...]
    kept_epoch: int
    cancelled: bool = False

    def logits(self, features: FeatureFile, rows: np.ndarray) -> np.ndarray:
        """Return logits [shape=(len(rows), labels), dtype=float32]."""
        batches = [rows[start : start + _READ_ROWS] for start in range(0, len(rows), _READ_ROWS)]
        return np.concatenate([self.network.logits(_scaled(self.scaler, features, b)) for b in batches])


def fit_mlp(
    features: FeatureFile,
    rows: np.ndarray,
    targets: np.ndarray,
    n_labels: int,
    settings: MlpSettings,
    *,
    validation: np.ndarray | None = None,
    on_epoch: Callable[[EpochLog], bool] | None = None,
    threads: int = 1,
) -> FittedMlp:
    """Train the MLP.

    Parameters
    ----------
    features : FeatureFile
    rows : np.ndarray [dtype=int64]
        Rows to train on.
    targets : np.ndarray [shape=(rows of the file,), dtype=int64]
        Label number of each row of the file.
    n_labels : int
    settings : MlpSettings
    validation : np.ndarray [dtype=int64], optional
        Rows of the validation clips.
    on_epoch : callable, optional
        Called after each epoch; returning False cancels, and the best epoch by validation so far, or the last, is
        kept.
    threads : int
        For the first layer.

    Returns
    -------
    FittedMlp
        Equal for equal arguments, bit for bit, on one machine and any number of threads.

    Raises
    ------
    TrainingError
        No clips, or the loss is no finite number.
    """
    if len(rows) == 0:
        raise TrainingError("there are no clips to train on", "", "Check the label set and the problem report")
    scaler = Scaler.fit(features, rows)
    network = Perceptron((features.shape[1] * features.shape[2], *settings.hidden, n_labels), settings.seed)
    held_out = np.empty(0, dtype=np.int64) if validation is None else validation
    best = _BestEpoch(settings, judged_by_validation=len(held_out) > 0)
    rng = np.random.default_rng(settings.seed)
    curve: list[EpochLog] = []
    cancelled = False
    with _map_over(threads) as each:
        adam = Adam(network, settings.learning_rate, settings.alpha, each)
        clips = _ScaledClips(scaler, features, rows)
        for number in range(1, settings.max_epochs + 1):
            loss = _one_epoch(adam, clips, rng.permutation(len(rows)), targets[rows], settings.batch_size)
            if not math.isfinite(loss):
                raise TrainingError(
                    f"the loss is no finite number any more in epoch {number}", "", "Use a lower learning rate"
                )
            uar = _validation_uar(network, scaler, features, held_out, targets, n_labels)
            curve.append(EpochLog(number, settings.max_epochs, loss, uar))
            best.update(curve[-1], network)
            cancelled = on_epoch is not None and not on_epoch(curve[-1])
            if cancelled or best.exhausted:
                break
    kept = best.restore(network) if cancelled or settings.early_stopping else len(curve)
    return FittedMlp(scaler, network, tuple(curve), kept, cancelled)


@contextlib.contextmanager
def _map_over(threads: int) -> Iterator[Map]:
    """Yield a `map` over threads, each with one BLAS thread."""
    with blas_threads(1):
        if threads == 1:
            yield map
            return
        with ThreadPoolExecutor(threads, thread_name_prefix="mlp") as pool:
            yield pool.map


class _ScaledClips:
    """The scaled training clips: in memory, or read in batches if there are many."""

    def __init__(self, scaler: Scaler, features: FeatureFile, rows: np.ndarray) -> None:
        self._scaler, self._features, self._rows = scaler, features, rows
        self._held: np.ndarray | None = None
        width = features.shape[1] * features.shape[2]
        if len(rows) * width * 4 <= _HELD_BYTES:
            self._held = np.empty((len(rows), width), dtype=np.float32)
            for start in range(0, len(rows), _READ_ROWS):
                self._held[start : start + _READ_ROWS] = _scaled(scaler, features, rows[start : start + _READ_ROWS])

    def batch(self, numbers: np.ndarray) -> np.ndarray:
        """Return training clips by their numbers [shape=(n, width)]."""
        if self._held is not None:
            return np.take(self._held, numbers, axis=0)
        return _scaled(self._scaler, self._features, self._rows[numbers])


class _BestEpoch:
    """Early stopping: weights of the best epoch, and the end after `patience` epochs."""

    def __init__(self, settings: MlpSettings, *, judged_by_validation: bool) -> None:
        self._settings = settings
        self._judged_by_validation = judged_by_validation
        self._best_loss = self._best_uar = -math.inf
        self._best = self._last = self._stale = 0
        self._weights: list[np.ndarray] = []

    @property
    def exhausted(self) -> bool:
        """Whether more than `patience` epochs passed without improvement."""
        return self._stale > self._settings.patience

    def update(self, epoch: EpochLog, network: Perceptron) -> None:
        """Compare an epoch with the best so far."""
        self._last = epoch.epoch
        uar = -epoch.loss if epoch.validation_uar is None else epoch.validation_uar
        stopping = uar if self._settings.early_stopping else -epoch.loss
        improved = stopping > self._best_loss + self._settings.tol
        self._stale = 0 if improved else self._stale + 1
        self._best_loss = max(self._best_loss, stopping)
        if uar > self._best_uar:
            self._best_uar, self._best = uar, epoch.epoch
            if self._judged_by_validation:
                self._weights = network.copy()

    def restore(self, network: Perceptron) -> int:
        """Restore the best epoch and return its number; without validation clips the last."""
        if not self._weights:
            return self._last
        network.restore(self._weights)
        return self._best


def _one_epoch(adam: Adam, clips: _ScaledClips, order: np.ndarray, targets: np.ndarray, batch_size: int) -> float:
    total = 0.0
    for start in range(0, len(order), batch_size):
        batch = order[start : start + batch_size]
        loss = adam.step(clips.batch(batch), targets[batch])
        if not math.isfinite(loss):
            return math.nan
        total += loss * len(batch)
    return total / len(order)


def _validation_uar(
    network: Perceptron,
    scaler: Scaler,
    features: FeatureFile,
    rows: np.ndarray,
    targets: np.ndarray,
    n_labels: int,
) -> float | None:
    if len(rows) == 0:
        return None
    guesses = network.logits(_scaled(scaler, features, rows)).argmax(axis=1)
    return float(metrics_of(confusion_matrix(targets[rows], guesses, n_labels))["uar"])


def _flat(features: FeatureFile, rows: np.ndarray) -> np.ndarray:
    return features.read(rows).reshape(len(rows), -1)


def _scaled(scaler: Scaler, features: FeatureFile, rows: np.ndarray) -> np.ndarray:
    return scaler.apply(_flat(features, rows))
