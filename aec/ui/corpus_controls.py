"""Controls of several pages: the choice of corpora and of the label set."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import streamlit as st

from aec.corpora.demo import DEMO_FOLDERS
from aec.emotions import LABEL_SETS
from aec.settings import Settings


def choose_corpora(offered: Mapping[str, Path], settings: Settings, key: str, gone: Sequence[str] = ()) -> list[str]:
    """Show the choice of corpora and return the chosen names in list order.

    Parameters
    ----------
    offered : mapping of str to Path
        Folders by name; the demo corpora are chosen at first.
    settings : Settings
    key : str
        Of the widget.
    gone : sequence of str
        Further names, of folders that are not there any more.
    """
    names = [*offered, *gone]
    chosen = st.pills(
        "Corpora",
        names,
        selection_mode="multi",
        default=[name for name in DEMO_FOLDERS if name in offered] or list(offered)[:1],
        key=key,
        wrap=True,
        persist_state="session",
        help=None
        if settings.public
        else "The demo corpora, and the folders of sound under data/ or the folders that AEC_DATA names.",
    )
    # In the order of the list, not of the clicks: the same corpora are the same scan.
    return [name for name in names if name in chosen]


def choose_label_set(key: str) -> str:
    """Show the choice of the label set and return its name."""
    return st.segmented_control(
        "Label set",
        list(LABEL_SETS),
        default="seven",
        required=True,
        format_func=str.capitalize,
        help="Seven is the set of the usual corpora, five that of IEMOCAP; all keeps every emotion.",
        key=key,
        persist_state="session",
    )
