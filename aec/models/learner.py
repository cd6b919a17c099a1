"""Common interface of model families, chosen by name: fit, predict, save.

Families are named as modules and imported at call, so that PyTorch is loaded only to train a network.
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
class FitCallbacks:
    """Callbacks and checkpoint location of one fit.

    Parameters
    ----------
    on_epoch : callable
        Called after each epoch.
    stop : callable
        Returns True to end the training; the best epoch so far is kept.
    checkpoints : Path
        Folder of this fit's checkpoints; training resumes from what is found there.
    key : str
        Digest of clips and settings; checkpoints with another key are ignored.
    """

    on_epoch: Callable[[Epoch], None]
    stop: Callable[[], bool]
    checkpoints: Path
    key: str


class Fitted(Protocol):
    """A trained model."""

    @property
    def epochs(self) -> int:
        """Number of epochs trained."""

    @property
    def kept_epoch(self) -> int:
        """Epoch of the weights; 0 if none was complete."""

    @property
    def cancelled(self) -> bool:
        """Whether training was stopped."""

    def logits(self, rows: np.ndarray) -> np.ndarray:
        """Return logits [shape=(n, labels), dtype=float32] of some rows."""

    def keep(self, path: Path, check_on: np.ndarray, card: ModelCard) -> ModelCard:
        """Save the model file; its output on some rows is compared with the model's first."""


class Learner(Protocol):
    """Training of one model family.

    Attributes
    ----------
    at_once : int or None
        Number of folds that may train in parallel; None if each uses one core.
    """

    at_once: int | None

    def fit(self, rows: np.ndarray, validation: np.ndarray, callbacks: FitCallbacks) -> Fitted:
        """Train on some rows, with validation rows to choose the epoch by."""

    def fit_all(self, rows: np.ndarray, best_epochs: list[int], callbacks: FitCallbacks) -> Fitted:
        """Train on all rows, for about as many epochs as the folds found best."""

    def versions(self) -> dict[str, str]:
        """Return the versions of the libraries used."""


def check_model(name: str) -> None:
    """Raise TrainingError for a model whose library is missing."""
    if name in NETWORKS:
        need_torch(f"the model {name!r} is trained with", "train the mlp, which does without")


def check_team(name: str, team: Any) -> None:
    """Refuse an absent device or too many workers before the long work.

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
    """Return the learner of a model family.

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
