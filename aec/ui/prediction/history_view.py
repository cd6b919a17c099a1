"""The answers of this visit in a table; each opens its detail again."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from aec.errors import AecError
from aec.ui.prediction.answer_view import show_answer
from aec.ui.prediction.history import KEPT_ANSWERS, KEPT_MB, Remembered, clear_history
from aec.ui.prediction.results_view import answer_words

if TYPE_CHECKING:
    from aec.models.model import Model


def show_history(entries: Sequence[Remembered], *, open_latest: bool) -> None:
    """Show the table, and the selected answer below it.

    Parameters
    ----------
    entries : sequence of Remembered
        The latest first, at least one.
    open_latest : bool
        Where no row was selected or closed yet, the latest answer is open.
    """
    st.subheader("Answers of this visit", anchor=False)
    chosen = _choice(entries, open_latest=open_latest)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f"Select a row to open it again. The last {KEPT_ANSWERS} are kept, with up to {KEPT_MB} MB of sound, in "
            "memory alone; the oldest are dropped first."
        )
        st.button("Clear", icon=":material/delete:", key="history-clear", on_click=clear_history)
    if chosen is not None:
        # The same answer may be open above: its charts have a name of their own here.
        again = replace(chosen.answer, key=f"history-{chosen.answer.key}")
        show_answer(again, chosen.heard, chosen.card, _model_of(chosen))


def _model_of(entry: Remembered) -> "Model | None":
    """Return the model that gave an answer, unless it was deleted or replaced since."""
    try:
        model = entry.offer.load()
    except AecError:
        return None
    return model if model.card == entry.card else None


def _choice(entries: Sequence[Remembered], *, open_latest: bool) -> Remembered | None:
    keys = " ".join(entry.answer.key for entry in entries)
    event = st.dataframe(
        pd.DataFrame([_row(entry) for entry in entries]),
        hide_index=True,
        column_config={
            "Confidence": st.column_config.ProgressColumn("Confidence (%)", format="%.0f", min_value=0, max_value=100)
        },
        on_select="rerun",
        selection_mode="single-row",
        selection_default={"selection": {"rows": [0] if open_latest else []}},
        # Another set of answers is another table: a selection by row number would move to another answer.
        key=f"history-{open_latest:d}-{hashlib.blake2b(keys.encode(), digest_size=8).hexdigest()}",
        alt="Answers of this visit, the latest first; the selected row is shown below",
    )
    rows = event["selection"]["rows"]
    return entries[rows[0]] if rows and rows[0] < len(entries) else None


def _row(entry: Remembered) -> dict[str, str | float]:
    prediction = entry.heard.prediction
    return {
        "Clip": entry.answer.clip.name,
        "Answer": answer_words(prediction),
        "Confidence": 100 * prediction.confidence,
        "Model": entry.offer.short,
        "Time": f"{entry.at:%H:%M:%S}",
    }
