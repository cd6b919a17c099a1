"""Table of the predictions of this visit; a selected one is shown again."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from aec.errors import AecError
from aec.ui.prediction.history import MAX_ENTRIES, MAX_MB, HistoryEntry, clear_history
from aec.ui.prediction.prediction_view import show_prediction
from aec.ui.prediction.results_view import prediction_row, select_row

if TYPE_CHECKING:
    from aec.models.model import Model


def show_history(entries: Sequence[HistoryEntry], *, open_latest: bool) -> None:
    """Show the table, and the selected prediction below it.

    Parameters
    ----------
    entries : sequence of HistoryEntry
        The latest first, at least one.
    open_latest : bool
        The latest prediction is open until a row is selected or closed.
    """
    st.subheader("Predictions of this visit", anchor=False)
    rows = [
        {**prediction_row(entry.predicted), "Model": entry.offered.short, "Time": f"{entry.at:%H:%M:%S}"}
        for entry in entries
    ]
    alt = "Predictions of this visit, the latest first; the selected row is shown below"
    keys = [entry.predicted.key for entry in entries]
    row = select_row(f"history-{open_latest:d}", keys, rows, 0 if open_latest else None, alt)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f"Select a row to open it again. The last {MAX_ENTRIES} are kept, with up to {MAX_MB} MB of sound, in "
            "memory alone; the oldest are dropped first."
        )
        st.button("Clear", icon=":material/delete:", key="history-clear", on_click=clear_history)
    if row is not None:
        chosen = entries[row]
        # The same prediction may be shown above: its widgets need other keys here.
        again = replace(chosen.predicted, key=f"history-{chosen.predicted.key}")
        show_prediction(again, chosen.card, _model_of(chosen))


def _model_of(entry: HistoryEntry) -> "Model | None":
    """Return the model that predicted, or None if it was deleted or replaced since."""
    try:
        model = entry.offered.load()
    except AecError:
        return None
    return model if model.card == entry.card else None
