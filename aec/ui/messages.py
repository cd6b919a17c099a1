"""Errors on a page: what happened and what to do, never a traceback."""

import streamlit as st

from aec.errors import AecError
from aec.ui.text import plain


def error_text(error: AecError) -> str:
    """Return what came, what is expected and what to do, safe to put on a page."""
    return plain(str(error))


def show_error(error: AecError, title: str | None = None) -> None:
    """Show an error with its remedy.

    Parameters
    ----------
    error : AecError
    title : str, optional
        What could not be done.
    """
    st.error(error_text(error), title=title, icon=":material/error:")
