"""A data set on a page: numbers, balance, durations, speakers, problems, and clips to listen to."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from aec.charts.corpora import (
    balance_alt,
    balance_chart,
    duration_alt,
    duration_chart,
    speaker_alt,
    speaker_chart,
)
from aec.charts.words import counted, titled
from aec.emotions import EMOTIONS, LABEL_SETS
from aec.features import FeatureSpec
from aec.ui.balance import balance_sentence
from aec.ui.demo_data import Dataset
from aec.ui.figures import show_figure
from aec.ui.listening import show_listening
from aec.ui.summaries import duration_summary, emotion_counts, speaker_counts
from aec.ui.text import plain

# The described system cuts every clip there.
LIMIT_S = (FeatureSpec().max_frames or 0) * FeatureSpec().hop_s
_DURATION_TITLES = [
    "Emotion",
    "Clips",
    "Shortest (s)",
    "Lower quarter (s)",
    "Median (s)",
    "Upper quarter (s)",
    "Longest (s)",
    "Over the limit",
]


def show_dataset(data: Dataset, labels: str) -> None:
    """Show a data set.

    Parameters
    ----------
    data : Dataset
    labels : str
        Name of its label set.
    """
    usable = data.usable
    emotions = _present(usable) if labels == "all" else LABEL_SETS[labels]
    _show_numbers(data, usable)
    if usable.empty:
        st.warning("None of these clips can be used with this label set. Choose another one.")
    else:
        counts = {str(emotion): int(n) for emotion, n in usable["emotion"].value_counts().items()}
        st.markdown(f"**{balance_sentence(counts, emotions)}**")
    _show_left_out(data, usable)
    names = ["Balance", "Duration", "Speakers", f"Problems ({len(data.problems)})", "Listen"]
    balance, duration, speakers, problems, listen = st.tabs(names, key="dataset-tabs")
    with problems:
        _show_problems(data)
    if usable.empty:
        return
    with balance:
        _show_balance(usable, emotions)
    with duration:
        _show_durations(usable, emotions)
    with speakers:
        _show_speakers(usable, emotions)
    with listen:
        show_listening(usable)


def _show_numbers(data: Dataset, usable: pd.DataFrame) -> None:
    with st.grid(5, min_column_width=100):
        st.metric("Clips", f"{len(usable):,}", border=True)
        seconds = float(usable["duration_s"].sum())
        if seconds < 3600:
            st.metric("Minutes", f"{seconds / 60:.1f}", border=True)
        else:
            st.metric("Hours", f"{seconds / 3600:.1f}", border=True)
        st.metric("Speakers", f"{usable['speaker'].nunique():,}", border=True)
        st.metric("Emotions", f"{usable['emotion'].nunique()}", border=True)
        st.metric("Problems", f"{len(data.problems):,}", border=True)


def _show_left_out(data: Dataset, usable: pd.DataFrame) -> None:
    sentences = []
    if unusable := len(data.clips) - len(usable):
        sentences.append(
            f"{counted(unusable, 'clip')} cannot be used and {'is' if unusable == 1 else 'are'} left out."
        )
    if data.left_out:
        listed = ", ".join(f"{emotion} {n:,}" for emotion, n in data.left_out.items())
        sentences.append(f"Outside the label set and left out: {listed}.")
    sentences += data.notes
    if sentences:
        st.caption(plain(" ".join(sentences)))


def _show_balance(usable: pd.DataFrame, emotions: Sequence[str]) -> None:
    counts = emotion_counts(usable, emotions)
    table = counts.pivot_table(index="emotion", columns="corpus", values="clips", aggfunc="sum", sort=False)
    table.index = pd.Index([titled(emotion) for emotion in table.index], name="Emotion")
    show_figure(balance_chart(counts), balance_alt(counts), "balance", table.reset_index())


def _show_durations(usable: pd.DataFrame, emotions: Sequence[str]) -> None:
    summary = duration_summary(usable, emotions, LIMIT_S)
    st.caption(
        "Each box holds the middle half of the clips, its line is the median, and the whiskers reach the shortest "
        f"and the longest clip. The described system keeps 500 frames, which is {LIMIT_S:.1f} s, and cuts the rest."
    )
    table = summary.set_axis(_DURATION_TITLES, axis=1).round(2)
    table["Emotion"] = [titled(emotion) for emotion in table["Emotion"]]
    show_figure(duration_chart(summary, LIMIT_S), duration_alt(summary, LIMIT_S), "durations", table)


def _show_speakers(usable: pd.DataFrame, emotions: Sequence[str]) -> None:
    counts = speaker_counts(usable, emotions)
    if counts.empty:
        st.info("No speaker is known, so only a random split is possible, and its score is optimistic.")
        return
    table = counts.pivot_table(index="speaker", columns="emotion", values="clips", aggfunc="sum", sort=False)
    table.columns = pd.Index([titled(emotion) for emotion in table.columns])
    table.index.name = "Speaker"
    show_figure(speaker_chart(counts), speaker_alt(counts), "speakers", table.reset_index())


def _show_problems(data: Dataset) -> None:
    if data.problems.empty:
        st.success("No problems were found.", icon=":material/check_circle:")
        return
    kinds = sorted(data.problems["Problem"].unique())
    chosen = st.pills("Show only", kinds, selection_mode="multi", key="problem-kinds")
    shown = data.problems[data.problems["Problem"].isin(chosen or kinds)]
    st.dataframe(shown, hide_index=True, key="problems", alt="Problems of clips and what happens to each")
    st.download_button(
        "Download CSV",
        shown.to_csv(index=False, lineterminator="\n"),
        file_name="problems.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key="problems-csv",
    )


def _present(usable: pd.DataFrame) -> tuple[str, ...]:
    return tuple(emotion for emotion in EMOTIONS if (usable["emotion"] == emotion).any())
