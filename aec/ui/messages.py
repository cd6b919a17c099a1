"""Errors on a page: the problem and its remedy, never a traceback."""

import streamlit as st

from aec.errors import AecError
from aec.ui.text import plain


def error_text(error: AecError) -> str:
    """Return the text of an error as Markdown that shows it literally."""
    return plain(str(error))


def show_error(error: AecError, title: str | None = None) -> None:
    """Show an error with its remedy.

    Parameters
    ----------
    error : AecError
    title : str, optional
        Action that failed.
    """
    st.error(error_text(error), title=title, icon=":material/error:")
