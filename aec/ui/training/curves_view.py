"""Training curves on the page."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from aec.charts.curves import CURVE_TITLES, curve_alt, curve_chart, curves_of
from aec.training.progress import EpochProgress
from aec.ui.figures import show_figure

_CAPTIONS = {"loss": "Training loss", "validation_uar": "UAR on validation clips, taken from the training clips"}


def show_curves(epochs: Sequence[EpochProgress], key: str, *, tables: bool) -> None:
    """Show the curves of loss and validation UAR, as far as there are values.

    Parameters
    ----------
    epochs : sequence of EpochProgress
    key : str
        Part of the keys of the figures.
    tables : bool
        Whether each figure has its table.
    """
    for field, caption in _CAPTIONS.items():
        if not any(getattr(epoch, field) is not None for epoch in epochs):
            continue
        st.caption(caption)
        table = curve_table(epochs, field) if tables else None
        show_figure(curve_chart(epochs, field), curve_alt(epochs, field), key=f"{key}-{field}", table=table)


def curve_table(epochs: Sequence[EpochProgress], field: str) -> pd.DataFrame:
    """Return the points of the curves, one per row."""
    rows = [
        {"Of": name, "Epoch": epoch, CURVE_TITLES[field]: round(value, 4)}
        for name, points in curves_of(epochs, field).items()
        for epoch, value in points
    ]
    return pd.DataFrame(rows)
