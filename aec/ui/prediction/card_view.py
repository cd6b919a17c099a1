"""A model's card on a page."""

from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from aec.ui.prediction.card_words import card_line, class_rows, facts_of, score_rows
from aec.ui.text import plain

if TYPE_CHECKING:
    from aec.models.card import ModelCard


def show_card_line(card: "ModelCard") -> None:
    """Show the card as one quiet line."""
    st.caption(f":material/neurology: {plain(card_line(card))}")


def show_score(place: DeltaGenerator, card: "ModelCard") -> None:
    """Show the score that counts as a number; the protocol is a part of its name."""
    uar = card.metrics["uar"]
    if uar is not None:
        protocol = card.split.split(",")[0] or "protocol not stated"
        place.metric(f"UAR, {plain(protocol)}", f"{uar:.2f}", border=True)


def show_card_below(card: "ModelCard") -> None:
    """Show the whole card on request, where no answer has it in a tab."""
    with st.expander("Model card", icon=":material/neurology:", key="card-open", on_change="rerun") as box:
        # Tables take their time to load; nobody waits for a card that is closed.
        if box.open:
            show_card(card, key="card-below", within_expander=True)


def show_card(card: "ModelCard", key: str, *, within_expander: bool = False) -> None:
    """Show a readable card: what the model learned from, how good it is on whom, licences and notes.

    Parameters
    ----------
    card : ModelCard
    key : str
        Unique on the page.
    within_expander : bool
        Expanders do not stand in expanders.
    """
    st.markdown(f"**{plain(card.name)}**")
    facts = {title: plain(text) for title, text in facts_of(card).items()}
    st.table(facts, border="horizontal", alt="What the model is and what it was trained on")
    _show_scores(card)
    if card.per_class:
        by_emotion = st.container() if within_expander else st.expander("By emotion", icon=":material/table_rows:")
        with by_emotion:
            _show_classes(card, key)
    for title, texts in (("Good to know", card.notes), ("Licences", card.licences)):
        if texts:
            st.markdown("\n".join([f"**{title}**\n", *(f"- {plain(text)}" for text in texts)]))


def _show_scores(card: "ModelCard") -> None:
    # Imported here: the overview shows a line of the card alone, and is the first page of most visits.
    import pandas as pd

    rows = score_rows(card)
    if not rows:
        st.caption("How well this model does was not measured.")
        return
    st.markdown(f"**How good it is** on {plain(card.split or 'a protocol that is not stated')}")
    st.table(pd.DataFrame(rows), hide_index=True, border="horizontal", alt="Scores of the model with their intervals")
    if card.interval_note:
        st.caption(plain(card.interval_note))


def _show_classes(card: "ModelCard", key: str) -> None:
    import pandas as pd

    st.dataframe(
        pd.DataFrame(class_rows(card)),
        hide_index=True,
        column_config={name: st.column_config.NumberColumn(format="%.2f") for name in ("Precision", "Recall", "F1")},
        alt="Precision, recall and F1 of every emotion",
        key=f"{key}-classes",
    )
