"""Choice of corpora and label set, and every state until their clips are loaded."""

import time
from collections.abc import Mapping
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from aec.corpora.demo import DEMO_FOLDERS
from aec.errors import AecError
from aec.settings import Settings
from aec.ui.corpus_controls import choose_corpora, choose_label_set
from aec.ui.dataset.loading import Dataset, load_dataset
from aec.ui.messages import show_error
from aec.ui.offered_corpora import folders_of, offered_corpora

_CORPORA = "corpora"
_LABELS = "labels"
# A cached scan has ended before anybody reads its progress.
_FIRST_AFTER_S = 0.5
_INTERVAL_S = 0.25


class ScanProgress:
    """Progress bar of a scan, redrawn a few times a second.

    Parameters
    ----------
    placeholder : DeltaGenerator
        An empty element of the page.
    """

    def __init__(self, placeholder: DeltaGenerator) -> None:
        self._placeholder = placeholder
        self._next = time.monotonic() + _FIRST_AFTER_S

    def __call__(self, done: int, total: int) -> None:
        """Show how many clips of how many were read."""
        if time.monotonic() >= self._next:
            self._placeholder.progress(done / total if total else 0.0, text=scan_text(done, total))
            self._next = time.monotonic() + _INTERVAL_S


def scan_text(done: int, total: int) -> str:
    """Return the progress of a scan as a sentence."""
    if not total:
        return "Looking for clips."
    return f"Reading each clip once: {done:,} of {total:,}. Later visits use what was found."


def choose_dataset(settings: Settings) -> Dataset | None:
    """Show the controls and return the chosen data set, or say why there is none."""
    offered = offered_corpora(settings)
    if not offered:
        st.info(
            "There are no corpora here. Install the program again: its demo corpora come with it."
            + ("" if settings.public else " Your own clips are found under data/, or in the folders AEC_DATA names."),
            icon=":material/folder_off:",
        )
        return None
    # A chosen corpus stays in the list when its folder goes away, so that the page can report it.
    gone = [name for name in st.session_state.get(_CORPORA) or [] if name not in offered]
    with st.container(horizontal=True, gap="medium"):
        chosen = choose_corpora(offered, settings, _CORPORA, gone)
        labels = choose_label_set(_LABELS)
    if any(name in DEMO_FOLDERS for name in chosen):
        st.caption(
            "The demo corpora are synthetic speech, made by a program so that every page works at once. "
            "No real person."
        )
    if not chosen:
        st.info("Choose one corpus or more.", icon=":material/library_music:")
        offer_demo(offered)
        return None
    return _load(chosen, labels, offered, settings)


def offer_demo(offered: Mapping[str, Path] | None = None) -> None:
    """Show the button that chooses the demo corpora and their label set."""
    if demo := [name for name in DEMO_FOLDERS if offered is None or name in offered]:
        st.button("Show the demo corpora", icon=":material/library_music:", on_click=_choose, args=(demo,))


def _choose(corpora: list[str]) -> None:
    st.session_state[_CORPORA] = corpora
    st.session_state[_LABELS] = "seven"


def _load(chosen: list[str], labels: str, offered: Mapping[str, Path], settings: Settings) -> Dataset | None:
    progress = st.empty()
    try:
        with st.skeleton(height=400):
            return load_dataset(folders_of(chosen, offered), labels, settings, ScanProgress(progress))
    except AecError as error:
        show_error(error, title="These corpora cannot be shown")
        return None
    finally:
        progress.empty()
