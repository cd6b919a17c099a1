"""Settings from Streamlit's `secrets.toml`, the environment of hosted deployments."""

import os

import streamlit as st


def export_secrets() -> None:
    """Put secrets named `AEC_...` into the environment.

    Streamlit exports text and numbers, but no TOML booleans such as `AEC_PUBLIC = true`.
    """
    if st.secrets.load_if_toml_exists():
        for name, value in st.secrets.items():
            if name.startswith("AEC_") and isinstance(value, bool | str | int | float):
                os.environ[name] = str(value)
