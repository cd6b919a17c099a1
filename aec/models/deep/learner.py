"""Networks behind the common interface of model families (`aec.models.learner`)."""

from functools import partial
from pathlib import Path

import numpy as np
import torch
from msgspec.structs import replace

from aec.models.card import ModelCard
from aec.models.deep.batches import ClipDataset
from aec.models.deep.devices import choose_device
from aec.models.deep.distributed_training import check_backend, fit_distributed
from aec.models.deep.fitting import FittedNetwork, fit_network
from aec.models.deep.networks import cut, parts_of
from aec.models.learner import FitCallbacks, FittedModel, LabelledFeatures
from aec.models.network_settings import NetworkSettings, Team
from aec.settings import usable_cores


class NetworkLearner:
    """Training of networks; each uses all cores, so folds train one after the other."""

    at_once: int | None = 1

    def __init__(self, name: str, clips: LabelledFeatures, settings: NetworkSettings, team: Team) -> None:
        self._name, self._settings, self._team, self._spec = name, settings, team, clips.spec
        self._clips = ClipDataset(clips.features, clips.lengths, clips.targets, clips.n_labels)

    def fit(self, rows: np.ndarray, validation: np.ndarray, callbacks: FitCallbacks) -> FittedModel:
        """Train on some rows, with others to choose the epoch by."""
        return self._fit(rows, validation, self._settings, None, callbacks)

    def fit_all(self, rows: np.ndarray, best_epochs: list[int], callbacks: FitCallbacks) -> FittedModel:
        """Train on all rows for the median of the folds' best epochs."""
        settings = replace(self._settings, validation_share=0.0, early_stopping=False)
        epochs = max(1, int(np.median(best_epochs))) if self._settings.early_stopping else None
        return self._fit(rows, np.empty(0, dtype=np.int64), settings, epochs, callbacks)

    def versions(self) -> dict[str, str]:
        """Return the versions of the libraries used."""
        from aec.models.deep.export import library_versions

        return library_versions()

    def _fit(
        self,
        rows: np.ndarray,
        validation: np.ndarray,
        settings: NetworkSettings,
        epochs: int | None,
        callbacks: FitCallbacks,
    ) -> FittedModel:
        arguments = (self._name, self._clips, rows, validation, settings, self._spec)
        if self._team.workers > 1:
            fitted = fit_distributed(self._team, *arguments, epochs=epochs, callbacks=callbacks)
        else:
            torch.set_num_threads(usable_cores())
            fitted = fit_network(*arguments, device=self._team.device, epochs=epochs, callbacks=callbacks)
        return FittedModel(
            len(fitted.curve),
            fitted.kept_epoch,
            fitted.cancelled,
            partial(fitted.logits, self._clips),
            partial(_save, fitted, self._clips),
        )


def _save(fitted: FittedNetwork, clips: ClipDataset, path: Path, check_on: np.ndarray, card: ModelCard) -> ModelCard:
    from aec.models.deep.export import save_network

    return save_network(path, fitted, clips, check_on, card)


def check(name: str, team: Team) -> None:
    """Refuse a device or number of workers that is not possible here."""
    choose_device(team.device, 0, team.workers)
    if team.workers > 1:
        check_backend()
    if team.parallel == "model":
        cut(parts_of(name, 64, 2, NetworkSettings()), team.workers, (1, 100, 64))


def make(name: str, clips: LabelledFeatures, recipe: NetworkSettings, team: Team) -> NetworkLearner:
    """Return the learner of a network."""
    return NetworkLearner(name, clips, recipe, team)
