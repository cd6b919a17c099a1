"""Guard of the pages: each one runs inside the entry script `streamlit_app.py`.

Streamlit itself runs files of a folder named `pages` until the entry script has called `st.navigation` once: the
first deep link after the server's start would show a bare page, without titles, settings and secrets. This module
alone uses private parts of Streamlit.
"""

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager


def run_inside_entry_script() -> None:
    """Rerun through the entry script if Streamlit started the page without it."""
    if getattr(PagesManager, "uses_pages_directory", False):
        PagesManager.uses_pages_directory = False
        st.rerun()
