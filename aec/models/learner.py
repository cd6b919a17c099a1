"""The interface of trainable models, and their registry by name.

Modules are named and imported at call, so that PyTorch is loaded only where a network is trained.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

import numpy as np

from aec.features.feature_file import FeatureFile
from aec.features.spec import FeatureSpec
from aec.models.card import ModelCard
from aec.models.epoch_log import EpochLog
from aec.models.network_settings import NETWORKS, NetworkSettings, Team
from aec.models.torch_presence import need_torch

if TYPE_CHECKING:
    from aec.models.mlp import MlpSettings

MODELS = {"mlp": "aec.models.mlp_learner", **dict.fromkeys(NETWORKS, "aec.models.deep.learner")}


@dataclass(frozen=True, eq=False)
class LabelledFeatures:
    """Features of clips with their labels.

    Parameters
    ----------
    features : FeatureFile
        Row i is clip i.
    lengths : np.ndarray [shape=(clips,), dtype=int64]
        Frames of each clip, without padding.
    targets : np.ndarray [shape=(clips,), dtype=int64]
        Label number of each clip.
    n_labels : int
    spec : FeatureSpec
    """

    features: FeatureFile
    lengths: np.ndarray
    targets: np.ndarray
    n_labels: int
    spec: FeatureSpec


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
        Folder of this fit alone; checkpoints in it are resumed.
    key : str
        Of clips and settings; checkpoints of another key are not resumed.
    """

    on_epoch: Callable[[EpochLog], None]
    stop: Callable[[], bool]
    checkpoints: Path
    key: str


@dataclass(frozen=True, eq=False)
class FittedModel:
    """A trained model.

    Parameters
    ----------
    epochs : int
        Number of trained epochs.
    kept_epoch : int
        Epoch of the weights; 0 if none was complete.
    cancelled : bool
    logits : callable
        Rows of clips -> logits [shape=(len(rows), labels), dtype=float32].
    save : callable
        (path, rows, card) -> the card as saved; writes a model file, verified on the clips in these rows.
    """

    epochs: int
    kept_epoch: int
    cancelled: bool
    logits: Callable[[np.ndarray], np.ndarray]
    save: Callable[[Path, np.ndarray, ModelCard], ModelCard]


class Learner(Protocol):
    """Trainer of one kind of model on labelled features.

    Attributes
    ----------
    at_once : int or None
        Most folds that may train in parallel; None where each uses one core.
    """

    at_once: int | None

    def fit(self, rows: np.ndarray, validation: np.ndarray, callbacks: FitCallbacks) -> FittedModel:
        """Train on some clips; others choose the best epoch."""

    def fit_all(self, rows: np.ndarray, best_epochs: list[int], callbacks: FitCallbacks) -> FittedModel:
        """Train on all clips, for about as many epochs as were best in the folds."""

    def versions(self) -> dict[str, str]:
        """Return the versions of the libraries that a trained model depends on."""


class _LearnerModule(Protocol):
    def make(
        self, name: str, clips: LabelledFeatures, recipe: "MlpSettings | NetworkSettings", team: Team
    ) -> Learner: ...

    def check(self, name: str, team: Team) -> None: ...


def check_model(name: str) -> None:
    """Raise TrainingError for a model whose library is not installed."""
    if name in NETWORKS:
        need_torch(f"the model {name!r} is trained with", "train the mlp, which does without")


def check_team(name: str, team: Team) -> None:
    """Refuse an absent device, or more processes than can train together.

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
        _module(name).check(name, team)


def make_learner(name: str, clips: LabelledFeatures, recipe: "MlpSettings | NetworkSettings", team: Team) -> Learner:
    """Return the learner of a kind of model.

    Parameters
    ----------
    name : str
        A key of `MODELS`.
    clips : LabelledFeatures
    recipe : MlpSettings or NetworkSettings
    team : Team
        For networks.
    """
    check_model(name)
    return _module(name).make(name, clips, recipe, team)


def _module(name: str) -> _LearnerModule:
    return cast("_LearnerModule", importlib.import_module(MODELS[name]))
