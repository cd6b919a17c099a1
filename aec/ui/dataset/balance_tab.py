"""Balance tab: clips by emotion and corpus, beside published counts."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from aec.charts.corpora import (
    balance_alt,
    balance_chart,
    corpus_heat_map,
    corpus_heat_map_alt,
    share_alt,
    share_chart,
)
from aec.charts.words import titled
from aec.corpora import corpus_title
from aec.corpora.published_sizes import PUBLISHED_CLIPS, PUBLISHED_CORPORA, PUBLISHED_EMOTIONS
from aec.ui.dataset.clip_counts import emotion_counts, shares
from aec.ui.dataset.loading import Dataset
from aec.ui.figures import show_figure

_SIZE_TITLES = {
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
    """Show counts by emotion and corpus, published shares, and missing clips."""
    counts = emotion_counts(data.usable, data.emotions)
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Clips by emotion", anchor=False)
        show_figure(balance_chart(counts), balance_alt(counts), "balance", _count_table(counts))
    with right:
        _show_heat_map(counts)
    _show_published(data)
    _show_sizes(data.sizes)


def _show_heat_map(counts: pd.DataFrame) -> None:
    st.subheader("Emotions of each corpus", anchor=False)
    form = st.segmented_control(
        "Numbers", ["Counts", "Share (%)"], default="Counts", required=True, key="heat-map-form", persist_state="page"
    )
    as_share = form != "Counts"
    numbers = (100 * counts / counts.sum().clip(lower=1)).round(1) if as_share else counts
    alt = corpus_heat_map_alt(counts)
    show_figure(corpus_heat_map(counts, as_share=as_share), alt, "heat-map", _count_table(numbers))
    st.caption(f"{alt} The darker, the larger its share of the corpus.")


def _show_published(data: Dataset) -> None:
    st.subheader("Beside the published counts", anchor=False)
    st.caption(
        f"The described deep-learning system was trained on {PUBLISHED_CLIPS:,} clips, pooled from CREMA-D, TESS, "
        "RAVDESS and SAVEE. Its counts are a mark on each bar; where no mark is, nothing was published."
    )
    emotions = shares(_counts(data, "emotion"), PUBLISHED_EMOTIONS, {name: titled(name) for name in data.emotions})
    found = _counts(data, "corpus")
    corpora = shares(found, PUBLISHED_CORPORA, {name: corpus_title(name) for name in [*found, *PUBLISHED_CORPORA]})
    for column, title, rows in zip(
        st.columns(2, gap="large"), ("Emotion", "Corpus"), (emotions, corpora), strict=True
    ):
        with column:
            key = f"published-{title.lower()}"
            show_figure(share_chart(rows), share_alt(rows), key)
            st.caption(share_alt(rows))
            st.dataframe(
                _share_table(rows, title),
                hide_index=True,
                key=f"{key}-table",
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
    table = sizes[list(_SIZE_TITLES)].rename(columns=_SIZE_TITLES)
    table["State"] = table["State"].map(titled)
    st.dataframe(table, hide_index=True, key="sizes", alt="Clips and speakers here against the published size")


def _counts(data: Dataset, column: str) -> Mapping[str, int]:
    # The names of the table, which are the keys of the published counts.
    names = data.scan.table.loc[data.scan.usable, column]
    return {str(name): int(n) for name, n in names.value_counts(sort=False).items()}


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


def _count_table(counts: pd.DataFrame) -> pd.DataFrame:
    return counts.rename(index=titled).rename_axis(index="Emotion", columns=None).reset_index()
