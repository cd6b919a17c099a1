"""Training loop: batches, augmentation, validation, early stopping, checkpoints."""

import dataclasses
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from aec.errors import TrainingError
from aec.evaluation.metrics import confusion_matrix, metrics_of
from aec.features import FeatureSpec
from aec.models.deep.augmentation import Augmentation, Strength
from aec.models.deep.batches import ClipDataset, cropped, epoch_batches
from aec.models.deep.checkpoints import Checkpoints
from aec.models.deep.process_group import ProcessGroup
from aec.models.epoch_log import EpochLog
from aec.models.network_settings import NetworkSettings

# The UAR of a few speakers varies from epoch to epoch: epochs are compared by the mean over the last so many.
SMOOTHED_OVER = 5
# Consecutive steps with non-finite gradients after which training fails.
_MOST_SKIPPED = 20
_PROBED = 16


class Engine(Protocol):
    """Training step and prediction: `DataParallel` or `PipelineParallel`."""

    group: ProcessGroup

    def step(self, features: Tensor, lengths: Tensor, soft_targets: Tensor, progress: float) -> float:
        """Train on a batch and return its loss."""

    def logits(self, clips: ClipDataset, rows: np.ndarray) -> np.ndarray:
        """Return logits by the averaged weights."""

    def averaged_weights(self) -> dict[str, Tensor]:
        """Return copies of the averaged weights that this worker has to save."""

    def state(self) -> dict[str, Any]:
        """Return the state of this worker for a checkpoint."""

    def load(self, state: dict[str, Any]) -> None:
        """Restore a state that `state` returned."""


@dataclass(frozen=True, eq=False)
class TrainingOutcome:
    """Result of a training.

    Parameters
    ----------
    weights : dict of str to Tensor
        Of the best epoch; in a worker that holds a part of the network, of that part.
    curve : tuple of EpochLog
    kept_epoch : int
    cancelled : bool
    """

    weights: dict[str, Tensor]
    curve: tuple[EpochLog, ...]
    kept_epoch: int
    cancelled: bool


class EpochBatches:
    """Batches of each epoch, equal in every worker and after every resumption.

    Parameters
    ----------
    clips : ClipDataset
    rows : np.ndarray [shape=(n,) or (n, versions), dtype=int64]
        Training clips; of several versions of a clip, every epoch draws one.
    settings : NetworkSettings
    spec : FeatureSpec
    """

    def __init__(self, clips: ClipDataset, rows: np.ndarray, settings: NetworkSettings, spec: FeatureSpec) -> None:
        rows = rows.reshape(len(rows), -1)
        self._clips, self._rows, self._settings = clips, rows, settings
        self._augment = Augmentation(spec, Strength(), settings.mixup) if settings.augment else None
        self._soft_targets = _soft_targets(clips.targets[rows[:, 0]], clips.n_labels, settings)
        self.batches_per_epoch = math.ceil(len(rows) / settings.batch_size)

    def batches_of(self, epoch: int) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Yield (features, lengths, soft targets) of each batch of an epoch."""
        rng = np.random.default_rng([self._settings.seed, epoch])
        count, versions = self._rows.shape
        drawn = np.random.default_rng([self._settings.seed, epoch, 1]).integers(versions, size=count)
        rows = self._rows[np.arange(count), drawn]
        generator = torch.Generator().manual_seed(self._settings.seed * 100_003 + epoch)
        for places in epoch_batches(self._clips.lengths[rows], self._settings.batch_size, rng):
            features, lengths = self._clips.read(rows[places])
            features, lengths = cropped(features, lengths, self._settings.crop_frames, generator)
            soft_targets = self._soft_targets[places]
            if self._augment is not None:
                features, lengths, soft_targets = self._augment(features, lengths, soft_targets, generator)
            yield features, lengths, soft_targets / soft_targets.sum()


def _soft_targets(targets: np.ndarray, n_labels: int, settings: NetworkSettings) -> Tensor:
    """Return smoothed, weighted soft targets [shape=(clips, labels)]."""
    counts = np.bincount(targets, minlength=n_labels)
    weights = len(targets) / (np.count_nonzero(counts) * np.maximum(counts, 1))
    soft_targets = np.eye(n_labels)[targets] * (1 - settings.label_smoothing) + settings.label_smoothing / n_labels
    if settings.class_weights:
        soft_targets *= weights[targets][:, None]
    return torch.from_numpy(soft_targets.astype(np.float32))


def train_epochs(
    engine: Engine,
    clips: ClipDataset,
    rows: np.ndarray,
    validation: np.ndarray,
    settings: NetworkSettings,
    spec: FeatureSpec,
    *,
    epochs: int | None = None,
    on_epoch: Callable[[EpochLog], None] | None = None,
    stop: Callable[[], bool] | None = None,
    checkpoints: Checkpoints | None = None,
) -> TrainingOutcome:
    """Train until early stopping or the last epoch.

    Parameters
    ----------
    engine : Engine
    clips : ClipDataset
    rows : np.ndarray [shape=(n,) or (n, versions), dtype=int64]
        Training clips; see `EpochBatches`.
    validation : np.ndarray [shape=(m,), dtype=int64]
        Validation clips, to choose the epoch by; may be empty.
    settings : NetworkSettings
    spec : FeatureSpec
    epochs : int, optional
        Number of epochs; the learning rate follows the schedule of `settings.max_epochs`.
    on_epoch : callable, optional
        Called after each epoch.
    stop : callable, optional
        Called before each step; once it returns True in worker 0, training ends with the best epoch so far.
    checkpoints : Checkpoints, optional
        Where the state of each epoch is saved, and from where an interrupted training resumes.

    Raises
    ------
    TrainingError
        A batch that does not fit in memory, or a loss that is not finite.
    """
    if settings.floor_db and spec.kind != "logmel":
        raise TrainingError(f"a noise floor was set for {spec.kind} features", "log-mel spectrograms are expected")
    group = engine.group
    last = epochs or settings.max_epochs
    batches = EpochBatches(clips, rows, settings, spec)
    best_epoch = _BestEpoch(settings, clips.targets[validation])
    curve: list[EpochLog] = []
    found = checkpoints.latest(group) if checkpoints else None
    if found is not None:
        engine.load(found["engine"])
        curve = [EpochLog(*fields) for fields in found["curve"]]
        best_epoch.load(found["kept"])
    cancelled = False
    for number in range(len(curve) + 1, last + 1):
        if best_epoch.exhausted:
            break
        # Dropout draws from here: another stream in every worker, the same after every resumption.
        torch.manual_seed((settings.seed * 100_003 + number) * 1009 + group.rank)
        loss = _one_epoch(engine, batches, number, settings, stop)
        cancelled = loss is None
        if loss is None:
            break
        uar = _validation_uar(engine, clips, rows, validation, number)
        curve.append(EpochLog(number, last, loss, uar))
        best_epoch.update(curve[-1], engine)
        if checkpoints is not None:
            rows_of_curve = [dataclasses.astuple(epoch) for epoch in curve]
            checkpoints.write(number, {"engine": engine.state(), "curve": rows_of_curve, "kept": best_epoch.state()})
        if on_epoch is not None:
            on_epoch(curve[-1])
    weights, kept = best_epoch.selected(engine, len(curve), always_best=cancelled)
    return TrainingOutcome(weights, tuple(curve), kept, cancelled)


def _one_epoch(
    engine: Engine, batches: EpochBatches, number: int, settings: NetworkSettings, stop: Callable[[], bool] | None
) -> float | None:
    """Return the mean loss of an epoch, or None if it was stopped."""
    total, skipped, steps = 0.0, 0, 0
    for batch, (features, lengths, soft_targets) in enumerate(batches.batches_of(number)):
        if engine.group.from_first(int(stop is not None and stop())):
            return None
        progress = ((number - 1) * batches.batches_per_epoch + batch) / (
            settings.max_epochs * batches.batches_per_epoch
        )
        loss = engine.step(features, lengths, soft_targets, progress)
        # A step with non-finite gradients changes nothing; many in a row mean that the training diverged.
        skipped = 0 if math.isfinite(loss) else skipped + 1
        if skipped >= min(_MOST_SKIPPED, batches.batches_per_epoch):
            raise _diverged(number)
        if math.isfinite(loss):
            total, steps = total + loss, steps + 1
    return total / max(1, steps)


def _diverged(number: int) -> TrainingError:
    return TrainingError(
        f"the loss is not finite in epoch {number}",
        "",
        "The state after the epoch before is kept; start again with a lower learning rate",
    )


def _validation_uar(
    engine: Engine, clips: ClipDataset, rows: np.ndarray, validation: np.ndarray, number: int
) -> float | None:
    # Finds weights that diverged at the end of an epoch; without validation clips on some training clips.
    answers = engine.logits(clips, validation if len(validation) else rows.reshape(-1)[:_PROBED])
    if not np.isfinite(answers).all():
        raise _diverged(number)
    if len(validation) == 0:
        return None
    guesses = answers.argmax(axis=1)
    return float(metrics_of(confusion_matrix(clips.targets[validation], guesses, clips.n_labels))["uar"])


class _BestEpoch:
    """Early stopping: weights of the best epoch, end after `patience` epochs.

    The clips of a few speakers cannot rank good epochs. So the best epoch is the latest one whose UAR is within one
    standard error of the highest.

    Parameters
    ----------
    settings : NetworkSettings
    targets : np.ndarray [shape=(clips,), dtype=int64]
        Labels of the validation clips; without any, the last epoch is the best.

    References
    ----------
    L. Breiman, J. Friedman, R. Olshen, C. Stone, Classification and Regression Trees, 1984, section 3.4.3.
    """

    def __init__(self, settings: NetworkSettings, targets: np.ndarray) -> None:
        self._settings, self._judged = settings, len(targets) > 0
        counts = np.unique(targets, return_counts=True)[1]
        # Of a mean of recalls, each with the largest variance of a proportion.
        self._error = math.sqrt(float((0.25 / counts).sum())) / max(1, len(counts))
        self._best = -math.inf
        self._epoch = self._stale = 0
        self._recent: list[float] = []
        self._weights: dict[str, Tensor] = {}

    @property
    def exhausted(self) -> bool:
        """Whether `patience` epochs passed without a better one."""
        return self._judged and self._settings.early_stopping and self._stale >= self._settings.patience

    def update(self, epoch: EpochLog, engine: Engine) -> None:
        """Compare an epoch with the best so far."""
        if epoch.validation_uar is None:
            return
        self._recent = [*self._recent[1 - SMOOTHED_OVER :], epoch.validation_uar]
        score = sum(self._recent) / len(self._recent)
        self._best = max(self._best, score)
        if score >= self._best - self._error:
            self._epoch, self._stale = epoch.epoch, 0
            self._weights = engine.averaged_weights()
        else:
            self._stale += 1

    def selected(self, engine: Engine, last: int, *, always_best: bool) -> tuple[dict[str, Tensor], int]:
        """Return the weights and number of the best epoch, or else of the last."""
        if self._epoch and (self._settings.early_stopping or always_best):
            return self._weights, self._epoch
        return engine.averaged_weights(), last

    def state(self) -> dict[str, Any]:
        """Return the state for a checkpoint."""
        return {
            "best": self._best,
            "epoch": self._epoch,
            "stale": self._stale,
            "recent": self._recent,
            "weights": self._weights,
        }

    def load(self, state: dict[str, Any]) -> None:
        """Restore a state that `state` returned."""
        self._best, self._epoch, self._stale = float(state["best"]), int(state["epoch"]), int(state["stale"])
        self._recent = [float(uar) for uar in state["recent"]]
        self._weights = dict(state["weights"])
