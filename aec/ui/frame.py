"""Every page runs inside the entry script; the one place that touches Streamlit's private parts.

Streamlit runs files of a folder named `pages` by itself until `streamlit_app.py` has called `st.navigation` once.
Whoever opens a deep link first after the server's start would see a bare page: other titles, no page settings.
"""

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager


def run_inside_entry_script() -> None:
    """Run again through `streamlit_app.py` where Streamlit started the page without it; else do nothing."""
    if getattr(PagesManager, "uses_pages_directory", False):
        PagesManager.uses_pages_directory = False
        st.rerun()
