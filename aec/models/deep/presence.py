"""Whether PyTorch is there, and what to do where it is not; nothing of it is loaded."""

from functools import cache
from importlib.util import find_spec

from aec.errors import TrainingError

INSTALL = "pip install -r requirements-deep.txt"


@cache
def torch_is_there() -> bool:
    """Return whether PyTorch can be imported."""
    return find_spec("torch") is not None


def need_torch(model: str) -> None:
    """Raise TrainingError where PyTorch is missing."""
    if not torch_is_there():
        raise TrainingError(
            f"the model {model!r} is trained with PyTorch, which is not installed",
            "",
            f"Run `{INSTALL}`, or train the mlp, which does without",
        )
