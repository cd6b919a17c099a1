"""Settings from Streamlit's `secrets.toml`, which hosted deployments fill in instead of the environment."""

import os

import streamlit as st


def export_secrets() -> None:
    """Put secrets named `AEC_...` into the environment.

    Streamlit exports those that are text or numbers; a TOML boolean, such as `AEC_PUBLIC = true`, it leaves out.
    """
    if st.secrets.load_if_toml_exists():
        for name, value in st.secrets.items():
            if name.startswith("AEC_") and isinstance(value, bool | str | int | float):
                os.environ[name] = str(value)
