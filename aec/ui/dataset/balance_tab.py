"""How many clips there are of which emotion and from where, beside what was published."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from aec.charts.cells import corpus_cells, corpus_cells_alt
from aec.charts.corpora import balance_alt, balance_chart
from aec.charts.shares import share_alt, share_chart
from aec.charts.words import titled
from aec.corpora.published import PUBLISHED_CLIPS, PUBLISHED_CORPORA, PUBLISHED_EMOTIONS
from aec.corpora.registry import corpus_title
from aec.ui.dataset.datasets import Dataset
from aec.ui.dataset.summaries import emotion_counts, shares
from aec.ui.figures import show_figure

_SIZES = {
    "title": "Corpus",
    "clips": "Clips here",
    "expected_clips": "Published clips",
    "speakers": "Speakers here",
    "expected_speakers": "Published speakers",
    "state": "State",
}
_SHARE_COLUMNS = {
    **dict.fromkeys(("Clips", "Published"), st.column_config.NumberColumn(format="localized")),
    **dict.fromkeys(("Share (%)", "Published (%)"), st.column_config.NumberColumn(format="%.1f")),
}


def show_balance(data: Dataset) -> None:
    """Show counts by emotion and corpus, shares beside published ones, and how complete known corpora are."""
    counts = emotion_counts(data.usable, data.emotions)
    bars, cells = st.columns(2, gap="large")
    with bars:
        st.subheader("Clips by emotion", anchor=False)
        show_figure(balance_chart(counts), balance_alt(counts), "balance", _wide(counts))
    with cells:
        _show_cells(counts)
    _show_published(data)
    _show_sizes(data.sizes)


def _show_cells(counts: pd.DataFrame) -> None:
    st.subheader("Emotions of each corpus", anchor=False)
    form = st.segmented_control(
        "Numbers", ["Counts", "Share (%)"], default="Counts", required=True, key="cells-form", persist_state="page"
    )
    as_share = form != "Counts"
    table = _wide(counts)
    if as_share:
        numbers = table.drop(columns="Emotion")
        table = table.assign(**(100 * numbers / numbers.sum().clip(lower=1)).round(1))
    show_figure(corpus_cells(counts, as_share=as_share), corpus_cells_alt(counts), "cells", table)
    st.caption(f"{corpus_cells_alt(counts)} The darker, the larger its share of the corpus.")


def _show_published(data: Dataset) -> None:
    st.subheader("Beside the published counts", anchor=False)
    st.caption(
        f"The described deep-learning system was trained on {PUBLISHED_CLIPS:,} clips, pooled from CREMA-D, TESS, "
        "RAVDESS and SAVEE. Its counts are a mark on each bar; where no mark is, nothing was published."
    )
    emotions = shares(_counts(data, "emotion"), PUBLISHED_EMOTIONS, {name: titled(name) for name in data.emotions})
    found = _counts(data, "corpus")
    sources = shares(found, PUBLISHED_CORPORA, {name: corpus_title(name) for name in [*found, *PUBLISHED_CORPORA]})
    by_emotion, by_source = st.columns(2, gap="large")
    for place, title, rows in ((by_emotion, "Emotion", emotions), (by_source, "Corpus", sources)):
        with place:
            name = f"published-{title.lower()}"
            show_figure(share_chart(rows), share_alt(rows), name)
            st.caption(share_alt(rows))
            st.dataframe(
                _share_table(rows, title),
                hide_index=True,
                key=f"{name}-table",
                alt=f"Clips by {title.lower()}, here and published",
                column_config=_SHARE_COLUMNS,
                placeholder="–",
                height="content",
            )


def _show_sizes(sizes: pd.DataFrame) -> None:
    st.subheader("Found and expected", anchor=False)
    if sizes.empty:
        st.caption("None of these corpora has a published size to be compared with.")
        return
    table = sizes[list(_SIZES)].rename(columns=_SIZES)
    table["State"] = [titled(state) for state in table["State"]]
    st.dataframe(table, hide_index=True, key="sizes", alt="Clips and speakers here against the published size")


def _counts(data: Dataset, column: str) -> Mapping[str, int]:
    # The codes of the table, which the published counts are told by.
    codes = data.scan.table.loc[data.scan.usable, column]
    return {str(name): int(n) for name, n in codes.value_counts(sort=False).items()}


def _share_table(rows: pd.DataFrame, title: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            title: rows["title"],
            "Clips": rows["found"],
            "Share (%)": 100 * rows["found_share"],
            "Published": rows["published"].astype("Int64"),
            "Published (%)": 100 * rows["published_share"],
        }
    )


def _wide(counts: pd.DataFrame) -> pd.DataFrame:
    table = counts.pivot_table(index="emotion", columns="corpus", values="clips", aggfunc="sum", sort=False)
    table.index = pd.Index([titled(str(emotion)) for emotion in table.index], name="Emotion")
    table.columns.name = None
    return table.reset_index()
