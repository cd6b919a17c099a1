"""The epochs of a training: batches, what is changed in them, validation, which epoch is kept, checkpoints."""

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
from aec.models.deep.checkpoints import Checkpoints
from aec.models.deep.clips import Clips, cropped, epoch_batches
from aec.models.deep.settings import NetworkSettings
from aec.models.deep.world import World
from aec.models.epoch import Epoch

# A few speakers' UAR jumps from epoch to epoch; epochs are judged by the mean over the last so many.
SMOOTHED_OVER = 5
# So many steps in a row without usable gradients end the training.
_WASTED = 20
_PROBED = 16


class Engine(Protocol):
    """What turns batches into better weights: `Copies` or `Stages`."""

    world: World

    def step(self, features: Tensor, lengths: Tensor, asked: Tensor, progress: float) -> float:
        """Learn from a batch and return its loss."""

    def logits(self, clips: Clips, rows: np.ndarray) -> np.ndarray:
        """Return logits by the averaged weights."""

    def answering(self) -> dict[str, Tensor]:
        """Return copies of the averaged weights that this process answers for."""

    def state(self) -> dict[str, Any]:
        """Return what a checkpoint of this process holds."""

    def load(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""


@dataclass(frozen=True, eq=False)
class Trained:
    """What a training gave.

    Parameters
    ----------
    weights : dict of str to Tensor
        Of the kept epoch; in a process that holds a part of the network, of that part.
    curve : tuple of Epoch
    kept_epoch : int
    cancelled : bool
    """

    weights: dict[str, Tensor]
    curve: tuple[Epoch, ...]
    kept_epoch: int
    cancelled: bool


class Lessons:
    """The batches of each epoch, equal in every process and after every resumption.

    Parameters
    ----------
    clips : Clips
    rows : np.ndarray [shape=(n,) or (n, versions), dtype=int64]
        Training clips; where each lies in the file in several versions, every epoch draws one of them.
    settings : NetworkSettings
    spec : FeatureSpec
    """

    def __init__(self, clips: Clips, rows: np.ndarray, settings: NetworkSettings, spec: FeatureSpec) -> None:
        rows = rows.reshape(len(rows), -1)
        self._clips, self._rows, self._settings = clips, rows, settings
        self._augment = Augmentation(spec, Strength(), settings.mixup) if settings.augment else None
        self._asked = _asked(clips.targets[rows[:, 0]], clips.n_labels, settings)
        self.per_epoch = math.ceil(len(rows) / settings.batch_size)

    def of_epoch(self, epoch: int) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Yield (features, lengths, asked) of each batch of an epoch."""
        rng = np.random.default_rng([self._settings.seed, epoch])
        count, versions = self._rows.shape
        drawn = np.random.default_rng([self._settings.seed, epoch, 1]).integers(versions, size=count)
        rows = self._rows[np.arange(count), drawn]
        generator = torch.Generator().manual_seed(self._settings.seed * 100_003 + epoch)
        for places in epoch_batches(self._clips.lengths[rows], self._settings.batch_size, rng):
            features, lengths = self._clips.read(rows[places])
            features, lengths = cropped(features, lengths, self._settings.crop_frames, generator)
            asked = self._asked[places]
            if self._augment is not None:
                features, lengths, asked = self._augment(features, lengths, asked, generator)
            yield features, lengths, asked / asked.sum()


def _asked(targets: np.ndarray, n_labels: int, settings: NetworkSettings) -> Tensor:
    """Return what each clip asks of each label, times the weight of its own [shape=(clips, labels)]."""
    counts = np.bincount(targets, minlength=n_labels)
    weights = len(targets) / (np.count_nonzero(counts) * np.maximum(counts, 1))
    asked = np.eye(n_labels)[targets] * (1 - settings.label_smoothing) + settings.label_smoothing / n_labels
    if settings.class_weights:
        asked *= weights[targets][:, None]
    return torch.from_numpy(asked.astype(np.float32))


def train_epochs(
    engine: Engine,
    clips: Clips,
    rows: np.ndarray,
    validation: np.ndarray,
    settings: NetworkSettings,
    spec: FeatureSpec,
    *,
    epochs: int | None = None,
    on_epoch: Callable[[Epoch], None] | None = None,
    stop: Callable[[], bool] | None = None,
    checkpoints: Checkpoints | None = None,
) -> Trained:
    """Train for as many epochs as help.

    Parameters
    ----------
    engine : Engine
    clips : Clips
    rows : np.ndarray [shape=(n,) or (n, versions), dtype=int64]
        Clips to learn from; see `Lessons`.
    validation : np.ndarray [shape=(m,), dtype=int64]
        Clips to choose the epoch by; may be empty.
    settings : NetworkSettings
    spec : FeatureSpec
    epochs : int, optional
        End after so many, while the learning rate falls as for `settings.max_epochs`.
    on_epoch : callable, optional
        Called after each epoch.
    stop : callable, optional
        Asked before each step; once it returns True in the first process, the training ends with its best epoch.
    checkpoints : Checkpoints, optional
        Where each epoch's state is kept, and where an earlier training of the same is found.

    Raises
    ------
    TrainingError
        A batch that does not fit in memory, a loss that is no number any more.
    """
    if settings.floor_db and spec.kind != "logmel":
        raise TrainingError(f"a noise is to be laid under {spec.kind} features", "log-mel spectrograms are expected")
    world = engine.world
    last = epochs or settings.max_epochs
    lessons = Lessons(clips, rows, settings, spec)
    keeper = _Keeper(settings, clips.targets[validation])
    curve: list[Epoch] = []
    found = checkpoints.latest(world) if checkpoints else None
    if found is not None:
        engine.load(found["engine"])
        curve = [Epoch(*fields) for fields in found["curve"]]
        keeper.load(found["kept"])
    cancelled = False
    for number in range(len(curve) + 1, last + 1):
        if keeper.exhausted:
            break
        # Dropout draws from here: another stream in every process, the same after every resumption.
        torch.manual_seed((settings.seed * 100_003 + number) * 1009 + world.rank)
        loss = _one_epoch(engine, lessons, number, settings, stop)
        cancelled = loss is None
        if loss is None:
            break
        uar = _validation_uar(engine, clips, rows, validation, number)
        curve.append(Epoch(number, last, loss, uar))
        keeper.look(curve[-1], engine)
        if checkpoints is not None:
            rows_of_curve = [dataclasses.astuple(epoch) for epoch in curve]
            checkpoints.write(number, {"engine": engine.state(), "curve": rows_of_curve, "kept": keeper.state()})
        if on_epoch is not None:
            on_epoch(curve[-1])
    weights, kept = keeper.kept(engine, len(curve), always_best=cancelled)
    return Trained(weights, tuple(curve), kept, cancelled)


def _one_epoch(
    engine: Engine, lessons: Lessons, number: int, settings: NetworkSettings, stop: Callable[[], bool] | None
) -> float | None:
    """Return the mean loss of an epoch, or None where it was stopped."""
    total, wasted, steps = 0.0, 0, 0
    for batch, (features, lengths, asked) in enumerate(lessons.of_epoch(number)):
        if engine.world.agreed(int(stop is not None and stop())):
            return None
        progress = ((number - 1) * lessons.per_epoch + batch) / (settings.max_epochs * lessons.per_epoch)
        loss = engine.step(features, lengths, asked, progress)
        # A step whose gradients are no numbers changes nothing; a row of them means that the weights are lost.
        wasted = 0 if math.isfinite(loss) else wasted + 1
        if wasted >= min(_WASTED, lessons.per_epoch):
            raise _lost(number)
        if math.isfinite(loss):
            total, steps = total + loss, steps + 1
    return total / max(1, steps)


def _lost(number: int) -> TrainingError:
    return TrainingError(
        f"the loss is no finite number any more in epoch {number}",
        "",
        "The state after the epoch before is kept; start again with a lower learning rate",
    )


def _validation_uar(
    engine: Engine, clips: Clips, rows: np.ndarray, validation: np.ndarray, number: int
) -> float | None:
    # Weights that were lost towards the end of an epoch show here; without validation clips, on some of the others.
    answers = engine.logits(clips, validation if len(validation) else rows.reshape(-1)[:_PROBED])
    if not np.isfinite(answers).all():
        raise _lost(number)
    if len(validation) == 0:
        return None
    guesses = answers.argmax(axis=1)
    return float(metrics_of(confusion_matrix(clips.targets[validation], guesses, clips.n_labels))["uar"])


class _Keeper:
    """Remembers the weights of the epoch to keep by validation, and says when training no longer helps.

    A few speakers' clips cannot tell good epochs apart. So the latest one counts whose UAR is within one standard
    error of the best: it has seen more, and its weights have settled.

    Parameters
    ----------
    settings : NetworkSettings
    targets : np.ndarray [shape=(clips,), dtype=int64]
        Labels of the validation clips; none of them, and the last epoch is kept.

    References
    ----------
    L. Breiman, J. Friedman, R. Olshen, C. Stone, Classification and Regression Trees, 1984, section 3.4.3.
    """

    def __init__(self, settings: NetworkSettings, targets: np.ndarray) -> None:
        self._settings, self._judged = settings, len(targets) > 0
        counts = np.unique(targets, return_counts=True)[1]
        # Of a mean of recalls, each with the largest variance that a share can have.
        self._error = math.sqrt(float((0.25 / counts).sum())) / max(1, len(counts))
        self._best = -math.inf
        self._epoch = self._stale = 0
        self._recent: list[float] = []
        self._weights: dict[str, Tensor] = {}

    @property
    def exhausted(self) -> bool:
        """Whether `patience` epochs passed without one to keep."""
        return self._judged and self._settings.early_stopping and self._stale >= self._settings.patience

    def look(self, epoch: Epoch, engine: Engine) -> None:
        """Take in an epoch."""
        if epoch.validation_uar is None:
            return
        self._recent = [*self._recent[1 - SMOOTHED_OVER :], epoch.validation_uar]
        score = sum(self._recent) / len(self._recent)
        self._best = max(self._best, score)
        if score >= self._best - self._error:
            self._epoch, self._stale = epoch.epoch, 0
            self._weights = engine.answering()
        else:
            self._stale += 1

    def kept(self, engine: Engine, last: int, *, always_best: bool) -> tuple[dict[str, Tensor], int]:
        """Return the weights to keep and their epoch: the best one's where that is asked for, else the last one's."""
        if self._epoch and (self._settings.early_stopping or always_best):
            return self._weights, self._epoch
        return engine.answering(), last

    def state(self) -> dict[str, Any]:
        """Return all that a checkpoint needs."""
        return {
            "best": self._best,
            "epoch": self._epoch,
            "stale": self._stale,
            "recent": self._recent,
            "weights": self._weights,
        }

    def load(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        self._best, self._epoch, self._stale = float(state["best"]), int(state["epoch"]), int(state["stale"])
        self._recent = [float(uar) for uar in state["recent"]]
        self._weights = dict(state["weights"])
