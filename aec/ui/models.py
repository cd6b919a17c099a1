"""Model files, each loaded once for all sessions."""

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from aec.errors import ModelFileError

if TYPE_CHECKING:
    from aec.models.model import Model

# A file may have 50 MB and small machines have 1 GB: few models stay in memory at a time.
_LOADED_AT_ONCE = 4


def bundled_model() -> "Model":
    """Return the bundled model.

    Raises
    ------
    ModelFileError
        It is missing or damaged.
    """
    # Imported here, as below: onnxruntime takes its time, and not every page needs it.
    from aec.prediction.predictor import BUNDLED_MODEL

    try:
        return model_at(BUNDLED_MODEL)
    except ModelFileError as error:
        remedy = "Install the program again; its own model came with it"
        raise ModelFileError(error.got, error.expected, remedy, kind=error.kind) from error


def model_at(path: Path) -> "Model":
    """Return the model in a file; a file that was replaced is read anew.

    Parameters
    ----------
    path : Path

    Raises
    ------
    ModelFileError
        As `aec.models.model_file.load_model`.
    """
    return _loaded(str(path), file_stamp(path))


def file_stamp(path: Path) -> tuple[int, int]:
    """Return size and time of a file, by which caches know it; zeros where there is none."""
    try:
        facts = path.stat()
    except OSError:
        return (0, 0)
    return (facts.st_size, facts.st_mtime_ns)


@st.cache_resource(max_entries=_LOADED_AT_ONCE, show_spinner=False)
def _loaded(path: str, stamp: tuple[int, int]) -> "Model":  # noqa: ARG001 - the cache's key
    from aec.models.model_file import load_model

    return load_model(Path(path))
