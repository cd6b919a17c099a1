"""The described MLP as one of the models that can be trained."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from aec.models.card import ModelCard
from aec.models.epoch import Epoch
from aec.models.learner import FitCallbacks
from aec.models.mlp import FittedMlp, MlpSettings, fit_mlp
from aec.models.samples import Samples
from aec.settings import usable_cores


@dataclass(frozen=True, eq=False)
class _Fitted:
    samples: Samples
    fitted: FittedMlp

    @property
    def epochs(self) -> int:
        return len(self.fitted.curve)

    @property
    def kept_epoch(self) -> int:
        return self.fitted.kept_epoch

    @property
    def cancelled(self) -> bool:
        return self.fitted.cancelled

    def logits(self, rows: np.ndarray) -> np.ndarray:
        return self.fitted.logits(self.samples.features, rows)

    def keep(self, path: Path, check_on: np.ndarray, card: ModelCard) -> ModelCard:
        # Imported here: it brings onnx, which a training that is refused or cancelled does not need.
        from aec.models.mlp_export import keep_mlp

        return keep_mlp(path, self.fitted, self.samples.spec, (self.samples.features, check_on), card)


class MlpLearner:
    """Trains MLPs; each fold keeps to one core, so that folds train side by side."""

    at_once: int | None = None

    def __init__(self, samples: Samples, settings: MlpSettings) -> None:
        self._samples, self._settings = samples, settings

    def fit(self, rows: np.ndarray, validation: np.ndarray, callbacks: FitCallbacks) -> _Fitted:
        """Train on some samples."""
        return self._fit(rows, validation, self._settings, callbacks, threads=1)

    def fit_all(self, rows: np.ndarray, best_epochs: list[int], callbacks: FitCallbacks) -> _Fitted:
        """Train on all samples; with early stopping, for as many epochs as the folds found best."""
        settings = replace(self._settings, validation_share=0.0, early_stopping=False)
        if self._settings.early_stopping:
            epochs = max(1, int(np.median(best_epochs)))
            settings = replace(settings, max_epochs=epochs, patience=epochs)
        return self._fit(rows, np.empty(0, dtype=np.int64), settings, callbacks, threads=usable_cores())

    def versions(self) -> dict[str, str]:
        """Return the versions of the libraries that have a part in it."""
        from aec.models.mlp_export import library_versions

        return library_versions()

    def _fit(
        self, rows: np.ndarray, validation: np.ndarray, settings: MlpSettings, callbacks: FitCallbacks, threads: int
    ) -> _Fitted:
        def on_epoch(epoch: Epoch) -> bool:
            callbacks.on_epoch(epoch)
            return not callbacks.stop()

        samples = self._samples
        fitted = fit_mlp(
            samples.features,
            rows,
            samples.targets,
            samples.n_labels,
            settings,
            validation=validation,
            on_epoch=on_epoch,
            threads=threads,
        )
        return _Fitted(samples, fitted)


def make(name: str, samples: Samples, recipe: MlpSettings, team: object) -> MlpLearner:  # noqa: ARG001
    """Return what trains an MLP; see `aec.models.learner.make_learner`."""
    return MlpLearner(samples, recipe)
