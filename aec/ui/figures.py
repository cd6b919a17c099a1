"""A chart on a page with its alternative text and the table behind it."""

from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

# No toolbar: it covers the chart on a phone, and the table below has the numbers.
_CONFIG = {"displayModeBar": False, "scrollZoom": False}


def show_table(table: "pd.DataFrame", alt: str, key: str) -> None:
    """Show a table in full height, without row numbers; `key` is unique on the page."""
    st.dataframe(table, hide_index=True, height="content", key=key, alt=alt)


def show_figure(figure: "go.Figure", alt: str, key: str, table: "pd.DataFrame | None" = None) -> None:
    """Show a figure with its alternative text and, below it, its numbers.

    Parameters
    ----------
    figure : go.Figure
    alt : str
        The figure's finding, as a sentence.
    key : str
        Unique on the page.
    table : pd.DataFrame, optional
        The numbers, with headings fit to be read.
    """
    st.plotly_chart(figure, key=key, alt=alt, config=_CONFIG)
    if table is not None:
        with st.expander("Show as a table", icon=":material/table_rows:"):
            st.dataframe(table, hide_index=True, alt=alt, key=f"{key}-table")
