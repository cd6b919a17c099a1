"""Download button for a file that is made only when it is downloaded."""

from collections.abc import Callable
from pathlib import PurePath

import streamlit as st

from aec.settings import Settings
from aec.system.structs import to_json
from aec.ui.run_words import without_folders

_MIME = {".csv": "text/csv", ".html": "text/html", ".json": "application/json"}


def json_text(value: object, without_folders_of: Settings | None = None) -> str:
    """Return a value as JSON for a download, on request without folder names."""
    text = to_json(value, indent=1)
    return text if without_folders_of is None else without_folders(text, without_folders_of)


def download(
    label: str,
    make: Callable[[], str | bytes],
    file_name: str,
    *,
    key: str | None = None,
    help: str | None = None,  # noqa: A002 - Streamlit's own word
) -> None:
    """Show a download button.

    Parameters
    ----------
    label : str
    make : callable
        Returns the file's content; called at the download, not at every rerun of the page.
    file_name : str
        Its suffix decides on the MIME type.
    key : str, optional
        Unique on the page; default the file's name.
    help : str, optional
    """
    st.download_button(
        label,
        make,
        file_name=file_name,
        mime=_MIME.get(PurePath(file_name).suffix, "application/octet-stream"),
        icon=":material/download:",
        on_click="ignore",
        key=key or f"download-{file_name}",
        help=help,
    )
