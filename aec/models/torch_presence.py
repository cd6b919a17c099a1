"""Presence of PyTorch, found without importing it."""

from functools import cache
from importlib.util import find_spec

from aec.errors import TrainingError

INSTALL = "pip install -r requirements-deep.txt"


@cache
def torch_is_there() -> bool:
    """Return whether PyTorch can be imported."""
    return find_spec("torch") is not None


def need_torch(for_what: str, otherwise: str) -> None:
    """Raise TrainingError if PyTorch is missing.

    Parameters
    ----------
    for_what : str
        Beginning of the sentence: what needs PyTorch.
    otherwise : str
        Alternative without it.
    """
    if not torch_is_there():
        raise TrainingError(f"{for_what} PyTorch, which is not installed", "", f"Run `{INSTALL}`, or {otherwise}")
