"""The kinds of models behind one interface, picked by name: fit, ask, keep.

They are named as modules and imported at call, so that PyTorch is loaded only by those who train a network.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from aec.models.card import ModelCard
from aec.models.deep.presence import need_torch
from aec.models.deep.settings import NETWORKS
from aec.models.epoch import Epoch
from aec.models.samples import Samples

MODELS = {"mlp": "aec.models.mlp_learner", **dict.fromkeys(NETWORKS, "aec.models.deep.learner")}


@dataclass(frozen=True)
class Watch:
    """Who looks on while a model learns.

    Parameters
    ----------
    on_epoch : callable
        Called after each epoch.
    stop : callable
        Returns True once the training is to end; the best epoch so far is kept.
    checkpoints : Path
        Folder for states on the way, of this training alone; what is found there is gone on with.
    key : str
        Of clips and settings, so that states of other ones are not taken.
    """

    on_epoch: Callable[[Epoch], None]
    stop: Callable[[], bool]
    checkpoints: Path
    key: str


class Fitted(Protocol):
    """A trained model."""

    @property
    def epochs(self) -> int:
        """How many epochs it trained."""

    @property
    def kept_epoch(self) -> int:
        """The epoch whose weights these are; 0 where none was complete."""

    @property
    def cancelled(self) -> bool:
        """Whether it was stopped."""

    def logits(self, rows: np.ndarray) -> np.ndarray:
        """Return logits [shape=(len(rows), labels), dtype=float32] of samples."""

    def keep(self, path: Path, check_on: np.ndarray, card: ModelCard) -> ModelCard:
        """Write the model file, after its answers on some samples were held against the model's own."""


class Learner(Protocol):
    """What trains one kind of model on some samples.

    Attributes
    ----------
    at_once : int or None
        How many folds may train side by side; None where each keeps to one core.
    """

    at_once: int | None

    def fit(self, rows: np.ndarray, validation: np.ndarray, watch: Watch) -> Fitted:
        """Train on some samples, with others to choose the epoch by."""

    def fit_all(self, rows: np.ndarray, best_epochs: list[int], watch: Watch) -> Fitted:
        """Train on all samples, for about as long as was best where an epoch could be chosen."""

    def versions(self) -> dict[str, str]:
        """Return the versions of the libraries that have a part in it."""


def check_model(name: str) -> None:
    """Raise TrainingError for a model that cannot be trained here because a library is missing."""
    if name in NETWORKS:
        need_torch(f"the model {name!r} is trained with", "train the mlp, which does without")


def check_team(name: str, team: Any) -> None:
    """Refuse a device that is not there, or more processes than can train together, before the long work.

    Parameters
    ----------
    name : str
        A key of `MODELS`.
    team : Team

    Raises
    ------
    UsageError, TrainingError
    """
    if name in NETWORKS:
        module: Any = importlib.import_module(MODELS[name])
        module.check(name, team)


def make_learner(name: str, samples: Samples, recipe: Any, team: Any) -> Learner:
    """Return what trains a kind of model.

    Parameters
    ----------
    name : str
        A key of `MODELS`.
    samples : Samples
    recipe : MlpSettings or NetworkSettings
    team : Team
        For networks.
    """
    check_model(name)
    module: Any = importlib.import_module(MODELS[name])
    learner: Learner = module.make(name, samples, recipe, team)
    return learner
