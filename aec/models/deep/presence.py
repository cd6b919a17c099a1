"""Whether PyTorch is there, and what to do where it is not; nothing of it is loaded."""

from functools import cache
from importlib.util import find_spec

from aec.errors import TrainingError

INSTALL = "pip install -r requirements-deep.txt"


@cache
def torch_is_there() -> bool:
    """Return whether PyTorch can be imported."""
    return find_spec("torch") is not None


def need_torch(for_what: str, otherwise: str) -> None:
    """Raise TrainingError where PyTorch is missing.

    Parameters
    ----------
    for_what : str
        Who needs it, and begins the sentence.
    otherwise : str
        What to do without it.
    """
    if not torch_is_there():
        raise TrainingError(f"{for_what} PyTorch, which is not installed", "", f"Run `{INSTALL}`, or {otherwise}")
