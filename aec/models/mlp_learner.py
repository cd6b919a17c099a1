"""The MLP behind the common interface of models (`aec.models.learner`)."""

from functools import partial
from pathlib import Path

import msgspec
import numpy as np

from aec.models.card import ModelCard
from aec.models.epoch_log import EpochLog
from aec.models.learner import FitCallbacks, FittedModel, LabelledFeatures
from aec.models.mlp import FittedMlp, MlpSettings, fit_mlp
from aec.models.network_settings import Team
from aec.settings import usable_cores


class MlpLearner:
    """Training of MLPs; each uses one core, so folds train in parallel."""

    at_once: int | None = None

    def __init__(self, clips: LabelledFeatures, settings: MlpSettings) -> None:
        self._clips, self._settings = clips, settings

    def fit(self, rows: np.ndarray, validation: np.ndarray, callbacks: FitCallbacks) -> FittedModel:
        """Train on some clips; others choose the best epoch."""
        return self._fit(rows, validation, self._settings, callbacks, threads=1)

    def fit_all(self, rows: np.ndarray, best_epochs: list[int], callbacks: FitCallbacks) -> FittedModel:
        """Train on all clips; with early stopping, for the median of the best epochs."""
        changes: dict[str, float] = {"validation_share": 0.0, "early_stopping": False}
        if self._settings.early_stopping:
            epochs = max(1, int(np.median(best_epochs)))
            changes |= {"max_epochs": epochs, "patience": epochs}
        settings = msgspec.structs.replace(self._settings, **changes)
        return self._fit(rows, np.empty(0, dtype=np.int64), settings, callbacks, threads=usable_cores())

    def versions(self) -> dict[str, str]:
        """Return the versions of the libraries used."""
        from aec.models.mlp_export import library_versions

        return library_versions()

    def _fit(
        self, rows: np.ndarray, validation: np.ndarray, settings: MlpSettings, callbacks: FitCallbacks, threads: int
    ) -> FittedModel:
        def on_epoch(epoch: EpochLog) -> bool:
            callbacks.on_epoch(epoch)
            return not callbacks.stop()

        clips = self._clips
        fitted = fit_mlp(
            clips.features,
            rows,
            clips.targets,
            clips.n_labels,
            settings,
            validation=validation,
            on_epoch=on_epoch,
            threads=threads,
        )
        return FittedModel(
            len(fitted.curve),
            fitted.kept_epoch,
            fitted.cancelled,
            partial(fitted.logits, clips.features),
            partial(_save, fitted, clips),
        )


def _save(fitted: FittedMlp, clips: LabelledFeatures, path: Path, check_on: np.ndarray, card: ModelCard) -> ModelCard:
    # Imported late: onnx is not needed by a training that is refused or cancelled.
    from aec.models.mlp_export import save_mlp

    return save_mlp(path, fitted, clips.spec, (clips.features, check_on), card)


def make(name: str, clips: LabelledFeatures, recipe: MlpSettings, team: Team) -> MlpLearner:  # noqa: ARG001
    """Return the learner of an MLP."""
    return MlpLearner(clips, recipe)
