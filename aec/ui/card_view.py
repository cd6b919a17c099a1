"""View of a model card on a page."""

from typing import TYPE_CHECKING

import streamlit as st

from aec.ui.card_tables import Row, class_rows, corpus_rows, risk_rows, robustness_rows, score_rows
from aec.ui.card_text import card_facts, card_line
from aec.ui.text import plain

if TYPE_CHECKING:
    from aec.models.card import ModelCard


def show_card_line(card: "ModelCard") -> None:
    """Show the card as one quiet line."""
    st.caption(f":material/neurology: {plain(card_line(card))}")


def show_card_below(card: "ModelCard") -> None:
    """Show the card in an expander."""
    with st.expander("Model card", icon=":material/neurology:", key="card-open", on_change="rerun") as box:
        # Tables are slow to load, so only when it is open.
        if box.open:
            show_card(card, key="card-below", within_expander=True)


def show_card(card: "ModelCard", key: str, *, within_expander: bool = False) -> None:
    """Show a card: training data, scores with their protocol, tables, notes, licences.

    Parameters
    ----------
    card : ModelCard
    key : str
        Unique on the page.
    within_expander : bool
        Whether it is shown in an expander, which cannot hold others.
    """
    st.markdown(f"**{plain(card.name)}**")
    facts = {title: plain(text) for title, text in card_facts(card).items()}
    st.table(facts, border="horizontal", alt="Facts of the model and its training data")
    _show_scores(card)
    for number, (title, icon, rows, about) in enumerate(_details(card)):
        with st.container() if within_expander else st.expander(title, icon=icon):
            if within_expander:
                st.markdown(f"**{title}**")
            _show_details(rows, about, key=f"{key}-details-{number}")
    for title, texts in (("Good to know", card.notes), ("Licences", card.licences)):
        if texts:
            st.markdown("\n".join([f"**{title}**\n", *(f"- {plain(text)}" for text in texts)]))


def _show_scores(card: "ModelCard") -> None:
    # Imported late: the overview, the first page of most visits, shows one line only.
    import pandas as pd

    rows = score_rows(card)
    if not rows:
        st.caption("The scores of this model were not measured.")
        return
    st.markdown(f"**Scores** on {plain(card.split or 'a protocol that is not stated')}")
    st.table(pd.DataFrame(rows), hide_index=True, border="horizontal", alt="Scores of the model with their intervals")
    if card.interval_note:
        st.caption(plain(card.interval_note))


def _details(card: "ModelCard") -> list[tuple[str, str, list[Row], str]]:
    """Return the tables of the card: title, icon, rows, explanation."""
    protocol = plain(card.split or "a protocol that is not stated")
    found = [
        ("By emotion", ":material/table_rows:", class_rows(card), f"Precision, recall and F1 on {protocol}."),
        (
            "By corpus",
            ":material/library_music:",
            corpus_rows(card),
            "Speakers, or a corpus, that are not in the training data. UAR is over the emotions that a corpus has.",
        ),
        (
            "In worse conditions",
            ":material/hearing:",
            robustness_rows(card),
            f"The same clips changed, on {protocol}; kept is the share of the first row's UAR.",
        ),
        (
            "Confidence and errors",
            ":material/verified:",
            risk_rows(card),
            f"All answers ranked by confidence, on {protocol}: the surer, the fewer are wrong.",
        ),
    ]
    return [each for each in found if each[2]]


def _show_details(rows: list[Row], about: str, key: str) -> None:
    import pandas as pd

    table = pd.DataFrame(rows)
    scores = {
        name: st.column_config.NumberColumn(format="%.2f") for name in table.columns if table[name].dtype == float
    }
    st.dataframe(table, hide_index=True, column_config=scores, alt=about, key=key)
    st.caption(about)
