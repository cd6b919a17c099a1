"""Problems tab: a table of problems with filters and a download."""

import pandas as pd
import streamlit as st

from aec.charts.words import counted
from aec.ui.dataset.downloads import as_csv
from aec.ui.dataset.loading import Dataset
from aec.ui.dataset.problem_table import filter_problems
from aec.ui.download import download

# More rows than anybody reads; the downloaded file has them all.
SHOWN = 500
_WIDTHS = {"Clip": 170, "Corpus": 80, "Problem": 95, "What happens": 190, "Detail": 190}


def show_problems(data: Dataset) -> None:
    """Show the problems of a data set as a table with filters."""
    if data.problems.empty:
        st.success("No problems were found.", icon=":material/check_circle:")
        return
    found = _filtered(data.problems)
    if found.empty:
        st.caption("No problem fits these filters.")
        return
    more = f"; the first {SHOWN} are shown, the file has them all" if len(found) > SHOWN else ""
    st.caption(f"{counted(len(found), 'problem')} of {len(data.problems):,}{more}.")
    st.dataframe(
        found.head(SHOWN),
        hide_index=True,
        # From this height on Streamlit wraps sentences.
        row_height=72,
        key="problems",
        column_config={name: st.column_config.TextColumn(width=width) for name, width in _WIDTHS.items()},
        alt="Problems of clips and what happens to each",
    )
    download("Download CSV", lambda: as_csv(found), "problems.csv")


def _filtered(problems: pd.DataFrame) -> pd.DataFrame:
    numbers = problems["Problem"].value_counts()
    kinds = st.pills(
        "Show only",
        sorted(numbers.index),
        selection_mode="multi",
        format_func=lambda kind: f"{kind} ({numbers.get(kind, 0):,})",
        key="problem-kinds",
        wrap=True,
        persist_state="page",
    )
    by_corpus, by_text = st.columns(2)
    corpora = by_corpus.multiselect(
        "Corpus",
        list(dict.fromkeys(problems["Corpus"])),
        placeholder="All",
        key="problem-corpora",
        persist_state="page",
    )
    text = by_text.text_input(
        "Search", placeholder="In names and details", key="problem-text", type="search", persist_state="page"
    )
    return filter_problems(problems, kinds, corpora, text or "")
