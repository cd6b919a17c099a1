"""What a visitor chose to train, checked once more, as the configuration of a run."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from aec.corpora.demo import is_demo
from aec.emotions import LABEL_SETS
from aec.errors import UsageError
from aec.settings import usable_cores

MAX_EPOCHS = 1_000
# With strangers, a training of the demo corpora is to end within two minutes on a small machine.
MAX_EPOCHS_IN_PUBLIC = 60
MAX_SEED = 2**31 - 1
MAX_BATCH = 512
FEATURES = ("mfcc", "logmel")
_DEMO_LICENCE = "Trained on synthetic speech made by espeak-ng; the clips are CC0."


@dataclass(frozen=True)
class Choices:
    """What the widgets say.

    Parameters
    ----------
    folders : tuple of str
        Of the chosen corpora.
    labels : str
        A label set.
    features : {"mfcc", "logmel"}
    split : str
        `speaker`, `random` or `corpus:NAME`.
    folds : int or None
        None is 5, or as many as there are speakers.
    seed : int
    epochs : int
        At most this many.
    early_stopping : bool
    validation_share : float
        0 to below 1.
    model : {"mlp", "cnn", "rnn", "crnn"}
    batch_size : int
        Of a network, as the rest.
    augment : bool
    workers : int
        Processes.
    parallel : {"data", "model"}
        How they share the work.
    """

    folders: tuple[str, ...]
    labels: str
    features: str
    split: str
    folds: int | None
    seed: int
    epochs: int
    early_stopping: bool
    validation_share: float
    model: str = "mlp"
    batch_size: int = 32
    augment: bool = True
    workers: int = 1
    parallel: str = "data"


def config_of(choices: Choices, *, public: bool = False) -> dict[str, Any]:
    """Return the configuration of a run, as `aec train --resume` reads it.

    Raises
    ------
    UsageError, TrainingError
        Choices that the widgets do not offer: a page can be sent anything; or PyTorch is missing.
    """
    _check(choices, public=public)
    # Imported here: scikit-learn takes a second to load, and most visits train nothing.
    from aec.models.deep.settings import Team
    from aec.training import TrainingSettings, check_model, spec_for

    check_model(choices.model)
    synthetic = [is_demo(folder) for folder in choices.folders]
    settings = TrainingSettings(
        model=choices.model,
        spec=spec_for(choices.model, choices.features),
        split=choices.split,
        folds=None if choices.split.startswith("corpus:") else choices.folds,
        labels=choices.labels,
        **_recipe(choices),
        team=Team(choices.workers, choices.parallel),
        licences=(_DEMO_LICENCE,) if any(synthetic) else (),
        synthetic=all(synthetic),
    )
    return {**settings.to_dict(), "data": list(choices.folders)}


def _recipe(choices: Choices) -> dict[str, Any]:
    from aec.models.deep.settings import NetworkSettings
    from aec.models.mlp import MlpSettings

    shared: dict[str, Any] = {
        "max_epochs": choices.epochs,
        "early_stopping": choices.early_stopping,
        "validation_share": choices.validation_share,
        "seed": choices.seed,
    }
    if choices.model == "mlp":
        return {"mlp": MlpSettings(**shared)}
    return {"network": NetworkSettings(**shared, batch_size=choices.batch_size, augment=choices.augment)}


def check_limits(folders: Iterable[str], epochs: int, seed: int, *, public: bool) -> None:
    """Raise UsageError for a training that may not be started from a page.

    Parameters
    ----------
    folders : iterable of str
    epochs, seed : int
    public : bool
        Strangers reach this deployment.
    """
    limit = MAX_EPOCHS_IN_PUBLIC if public else MAX_EPOCHS
    if not 1 <= epochs <= limit:
        raise UsageError(f"the number of epochs is {epochs}", f"1 to {limit} is expected")
    if not 0 <= seed <= MAX_SEED:
        raise UsageError(f"the seed is {seed}", f"0 to {MAX_SEED} is expected")
    if public and not all(is_demo(folder) for folder in folders):
        raise UsageError("only the demo corpora can be trained on here", "", "Choose among them")


def _check(choices: Choices, *, public: bool) -> None:
    if choices.labels not in LABEL_SETS:
        raise UsageError(f"there is no label set {choices.labels!r}", f"one of {', '.join(LABEL_SETS)} is expected")
    if choices.features not in FEATURES:
        raise UsageError(f"there are no features {choices.features!r}", f"one of {', '.join(FEATURES)} is expected")
    if public and choices.model != "mlp":
        raise UsageError("networks take too long to be trained here", "the MLP is what can be trained")
    if not 1 <= choices.workers <= usable_cores():
        expected = f"1 to {usable_cores()} is expected, a core for each"
        raise UsageError(f"the number of processes is {choices.workers}", expected)
    if not 1 <= choices.batch_size <= MAX_BATCH:
        raise UsageError(f"the batch size is {choices.batch_size}", f"1 to {MAX_BATCH} is expected")
    check_limits(choices.folders, choices.epochs, choices.seed, public=public)
