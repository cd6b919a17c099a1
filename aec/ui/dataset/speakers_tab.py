"""Who speaks: clips per speaker and sex, and who lacks which emotion."""

import pandas as pd
import streamlit as st

from aec.charts.cells import coverage_alt, coverage_chart
from aec.charts.speakers import sex_alt, sex_chart, speaker_alt, speaker_chart
from aec.charts.words import counted, titled
from aec.ui.dataset.datasets import Dataset
from aec.ui.dataset.summaries import sex_counts, speaker_counts
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
    table = _wide(counts, "speaker")
    show_figure(speaker_chart(counts), speaker_alt(counts), "speakers", table)
    st.subheader("Who shows which emotion", anchor=False)
    st.caption(
        f"{coverage_alt(counts)} A model that never heard an emotion from a voice has to learn it from others."
    )
    show_figure(coverage_chart(counts), coverage_alt(counts), "coverage", _lacking(table))
    st.subheader("By sex", anchor=False)
    sexes = sex_counts(usable, data.emotions)
    show_figure(sex_chart(sexes), sex_alt(sexes), "sexes", _sex_table(sexes))


def _wide(counts: pd.DataFrame, row: str) -> pd.DataFrame:
    table = counts.pivot_table(index=row, columns="emotion", values="clips", aggfunc="sum", sort=False)
    table.columns = pd.Index([titled(str(emotion)) for emotion in table.columns])
    table.index.name = titled(row)
    return table.reset_index()


def _lacking(table: pd.DataFrame) -> pd.DataFrame:
    emotions = table.columns[1:]
    none = [", ".join(name for name in emotions if row[name] == 0) for _, row in table.iterrows()]
    return table.assign(**{"No clip of": none})


def _sex_table(sexes: pd.DataFrame) -> pd.DataFrame:
    table = _wide(sexes, "sex")
    table["Sex"] = [titled(str(sex)) for sex in table["Sex"]]
    table.insert(1, "Speakers", sexes.drop_duplicates("sex")["speakers"].to_numpy())
    return table
