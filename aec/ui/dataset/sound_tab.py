"""Sound tab: durations, levels, sampling rates and channels of the clips."""

import pandas as pd
import streamlit as st

from aec.charts.sound import (
    count_alt,
    count_chart,
    duration_alt,
    duration_chart,
    level_alt,
    level_chart,
)
from aec.charts.words import titled
from aec.features import FeatureSpec
from aec.ui.dataset.clip_counts import channel_counts, duration_summary, level_summary, rate_counts
from aec.ui.dataset.loading import Dataset
from aec.ui.figures import show_figure

# The described system cuts every clip there.
LIMIT_S = (FeatureSpec().max_frames or 0) * FeatureSpec().hop_s
_SUMMARY_TITLES = {
    "name": "Emotion",
    "clips": "Clips",
    "lowest": "Lowest",
    "lower": "Lower quarter",
    "median": "Median",
    "upper": "Upper quarter",
    "highest": "Highest",
    "over_limit": "Over the limit",
}


def show_sound(data: Dataset) -> None:
    """Show durations, levels, sampling rates and channels."""
    _show_durations(data)
    _show_levels(data)
    rates, channels = st.columns(2, gap="large")
    with rates:
        st.subheader("Sampling rates", anchor=False)
        _show_counts(rate_counts(data.usable), "sampling rate", "rates")
        st.caption("Every clip is resampled to the rate of the features first: 44,100 Hz for the described ones.")
    with channels:
        st.subheader("Channels", anchor=False)
        _show_counts(channel_counts(data.usable), "channels", "channels")
        st.caption("Several channels are averaged to one.")


def _show_durations(data: Dataset) -> None:
    st.subheader("Duration", anchor=False)
    summary = duration_summary(data.usable, data.emotions, LIMIT_S)
    st.caption(
        "Each box holds the middle half of the clips, its line is the median, and the whiskers reach the shortest "
        f"and the longest clip. The described system keeps 500 frames, which is {LIMIT_S:.1f} s, and cuts the rest."
    )
    table = _titled_table(summary, "Emotion", "s", 2)
    show_figure(duration_chart(summary, LIMIT_S), duration_alt(summary, LIMIT_S), "durations", table)


def _show_levels(data: Dataset) -> None:
    st.subheader("Level", anchor=False)
    form = st.segmented_control(
        "Peak level by",
        ["Emotion", "Corpus"],
        default="Emotion",
        required=True,
        key="level-form",
        persist_state="page",
    )
    by_emotion = form == "Emotion"
    names = data.emotions if by_emotion else tuple(dict.fromkeys(data.usable["corpus"]))
    summary = level_summary(data.usable, "emotion" if by_emotion else "corpus", names)
    if summary.empty:
        st.caption("No clip has a level.")
        return
    st.caption(f"The largest sample of each clip. {level_alt(summary)}")
    show_figure(level_chart(summary), level_alt(summary), "levels", _titled_table(summary, str(form), "dBFS", 1))


def _show_counts(counts: pd.DataFrame, quantity: str, key: str) -> None:
    table = counts.rename(columns={"title": titled(quantity), "clips": "Clips"})
    show_figure(count_chart(counts, titled(quantity)), count_alt(counts, quantity), key, table)


def _titled_table(summary: pd.DataFrame, first: str, unit: str, digits: int) -> pd.DataFrame:
    counts = {"name", "clips", "over_limit"}
    titles = {**_SUMMARY_TITLES, "name": first}
    table = summary.round(digits).assign(name=[titled(str(name)) for name in summary["name"]])
    return table.rename(columns={old: new if old in counts else f"{new} ({unit})" for old, new in titles.items()})
