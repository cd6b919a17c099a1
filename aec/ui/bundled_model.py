"""The bundled model, loaded once for all sessions."""

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from aec.errors import AecError, ModelFileError
from aec.ui.messages import show_error

if TYPE_CHECKING:
    from aec.models.model_file import Model


def bundled_model() -> "Model":
    """Return the bundled model.

    Raises
    ------
    ModelFileError
        It is missing or damaged.
    """
    # Imported here, as below: onnxruntime takes its time, and not every page needs it.
    from aec.prediction import BUNDLED_MODEL

    return _loaded(str(BUNDLED_MODEL), _stamp(BUNDLED_MODEL))


def bundled_model_or_stop() -> "Model":
    """Return the bundled model, or say why there is none and end the page."""
    try:
        with st.skeleton(height=24):
            return bundled_model()
    except AecError as error:
        show_error(error, title="The bundled model cannot be used")
        st.stop()


@st.cache_resource(max_entries=2, show_spinner=False)
def _loaded(path: str, stamp: tuple[int, int]) -> "Model":  # noqa: ARG001 - the cache's key: a new file is read anew
    from aec.prediction import load_bundled_model

    try:
        return load_bundled_model()
    except ModelFileError as error:
        remedy = "Install the program again; its own model came with it"
        raise ModelFileError(error.got, error.expected, remedy, kind=error.kind) from error


def _stamp(path: Path) -> tuple[int, int]:
    try:
        facts = path.stat()
    except OSError:
        return (0, 0)
    return (facts.st_size, facts.st_mtime_ns)
