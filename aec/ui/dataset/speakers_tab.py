"""Speakers tab: clips per speaker and sex, and the emotions of each speaker."""

import pandas as pd
import streamlit as st

from aec.charts.speakers import (
    sex_alt,
    sex_chart,
    speaker_alt,
    speaker_chart,
    speaker_heat_map,
    speaker_heat_map_alt,
)
from aec.charts.words import counted, titled
from aec.ui.dataset.clip_counts import sex_counts, speaker_counts
from aec.ui.dataset.loading import Dataset
from aec.ui.figures import show_figure


def show_speakers(data: Dataset) -> None:
    """Show clips per speaker, by sex, and the emotions of each speaker."""
    usable = data.usable
    counts = speaker_counts(usable, data.emotions)
    if counts.empty:
        st.info("No speaker is known, so only a random split is possible, and its score is optimistic.")
        return
    st.subheader("Clips by speaker", anchor=False)
    if unknown := int(usable["speaker"].isna().sum()):
        st.caption(f"Of {counted(unknown, 'clip')} the speaker is not known.")
    table = _count_table(counts, "Speaker")
    show_figure(speaker_chart(counts), speaker_alt(counts), "speakers", table)
    st.subheader("Emotions of each speaker", anchor=False)
    alt = speaker_heat_map_alt(counts)
    st.caption(f"{alt} Where a speaker lacks an emotion, a model has to learn it from other speakers.")
    missing = [", ".join(titled(emotion) for emotion in counts.columns[row == 0]) for row in counts.to_numpy()]
    show_figure(speaker_heat_map(counts), alt, "coverage", table.assign(**{"No clip of": missing}))
    st.subheader("By sex", anchor=False)
    sexes, speakers = sex_counts(usable, data.emotions)
    table = _count_table(sexes.rename(index=titled), "Sex")
    table.insert(1, "Speakers", list(speakers.values()))
    show_figure(sex_chart(sexes, speakers), sex_alt(sexes, speakers), "sexes", table)


def _count_table(counts: pd.DataFrame, title: str) -> pd.DataFrame:
    return counts.rename(columns=titled).rename_axis(index=title, columns=None).reset_index()
