"""Limits of the trainings that a page may start."""

from typing import TYPE_CHECKING

from aec.corpora.demo import are_demo
from aec.errors import UsageError
from aec.settings import usable_cores

if TYPE_CHECKING:
    from aec.training import TrainingSettings

MAX_EPOCHS = 1_000
# With strangers, a training of the demo corpora is to end within two minutes on a small machine.
MAX_EPOCHS_IN_PUBLIC = 60
MAX_SEED = 2**31 - 1
MAX_BATCH = 512


def check_limits(settings: "TrainingSettings", *, public: bool) -> None:
    """Refuse a training beyond the limits; a browser can send any choice.

    Parameters
    ----------
    settings : TrainingSettings
    public : bool
        Whether strangers use this deployment.

    Raises
    ------
    UsageError
        A number out of bounds, or a choice that is not offered here.
    TrainingError
        PyTorch is missing.
    """
    # Imported here: it loads numpy and more, and the form needs the numbers above alone.
    from aec.models.learner import check_model

    if public and settings.is_network:
        raise UsageError("networks take too long to be trained here", "the MLP is what can be trained")
    if public and not are_demo(settings.data):
        raise UsageError("only the demo corpora can be trained on here", "", "Choose among them")
    cores = usable_cores()
    _check("the number of processes", settings.team.workers, 1, cores, ", a core for each")
    _check("the batch size", settings.recipe.batch_size, 1, MAX_BATCH)
    _check("the number of epochs", settings.recipe.max_epochs, 1, MAX_EPOCHS_IN_PUBLIC if public else MAX_EPOCHS)
    _check("the seed", settings.recipe.seed, 0, MAX_SEED)
    check_model(settings.model)


def _check(name: str, value: int, low: int, high: int, reason: str = "") -> None:
    if not low <= value <= high:
        raise UsageError(f"{name} is {value}", f"{low} to {high} is expected{reason}")
