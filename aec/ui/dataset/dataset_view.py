"""The Dataset page below its controls: numbers, downloads and tabs."""

import pandas as pd
import streamlit as st

from aec.charts.words import counted
from aec.settings import Settings
from aec.ui.dataset.balance_sentence import balance_sentence
from aec.ui.dataset.balance_tab import show_balance
from aec.ui.dataset.corpus_choice import offer_demo
from aec.ui.dataset.downloads import clips_csv, report_json
from aec.ui.dataset.listen_tab import show_listening
from aec.ui.dataset.loading import Dataset
from aec.ui.dataset.problems_tab import show_problems
from aec.ui.dataset.sound_tab import show_sound
from aec.ui.dataset.speakers_tab import show_speakers
from aec.ui.download import download
from aec.ui.text import plain

TABS = ("Balance", "Sound", "Speakers", "Problems", "Listen")


def show_dataset(data: Dataset, settings: Settings) -> None:
    """Show the numbers, the downloads and the tabs of a data set."""
    _show_numbers(data)
    if data.usable.empty:
        st.warning("None of these clips can be used with this label set. Choose another label set, or other corpora.")
        offer_demo()
    else:
        counts = {str(emotion): int(n) for emotion, n in data.usable["emotion"].value_counts().items()}
        st.markdown(f"**{balance_sentence(counts, data.emotions)}**")
    if sentences := left_out_sentences(data):
        st.caption(plain(" ".join(sentences)))
    _show_downloads(data, settings)
    _show_tabs(data, settings)


def left_out_sentences(data: Dataset) -> list[str]:
    """Return sentences on the clips that are not usable, and why."""
    sentences = []
    if unusable := int(data.clips["inside"].sum()) - len(data.usable):
        verb = "is" if unusable == 1 else "are"
        sentences.append(f"{counted(unusable, 'clip')} cannot be used and {verb} left out.")
    if data.scan.left_out:
        listed = ", ".join(f"{emotion} {n:,}" for emotion, n in data.scan.left_out.items())
        sentences.append(f"Outside the label set and left out: {listed}.")
    return [*sentences, *data.notes]


# A fragment: another tab is drawn without the rest of the page, and a closed tab is not drawn at all.
@st.fragment
def _show_tabs(data: Dataset, settings: Settings) -> None:
    tabs = dict(zip(TABS, st.tabs(TABS, key="dataset-tabs", on_change="rerun"), strict=True))
    shown = next((name for name, tab in tabs.items() if tab.open), TABS[0])
    with tabs[shown]:
        if shown == "Problems":
            show_problems(data)
        elif shown == "Listen":
            show_listening(data, settings)
        elif data.usable.empty:
            st.caption("Nothing to draw with this label set.")
        else:
            {"Balance": show_balance, "Sound": show_sound, "Speakers": show_speakers}[shown](data)


def _show_numbers(data: Dataset) -> None:
    usable = data.usable
    minutes = float(usable["duration_s"].sum()) / 60
    duration = ("Minutes", f"{minutes:.1f}") if minutes < 60 else ("Hours", f"{minutes / 60:.1f}")
    with st.grid(5, min_column_width=100):
        st.metric("Clips", f"{len(usable):,}", border=True)
        st.metric(*duration, border=True)
        st.metric("Speakers", _distinct(usable["speaker"]), border=True)
        st.metric("Emotions", _distinct(usable["emotion"]), border=True)
        st.metric("Problems", f"{len(data.problems):,}", border=True)


def _distinct(column: "pd.Series[str]") -> str:
    return f"{column.nunique():,}"


def _show_downloads(data: Dataset, settings: Settings) -> None:
    with st.container(horizontal=True):
        download(
            "Table of clips (CSV)",
            lambda: clips_csv(data, settings),
            "clips.csv",
            help="One row per clip, whatever the label set: path, emotion, speaker, duration, problems and the rest.",
        )
        download(
            "Report (JSON)",
            lambda: report_json(data, settings),
            "dataset.json",
            help="The figures of aec scan: clips, corpora, emotions, speakers, seconds, problems.",
        )
