"""Which model answers: the bundled one, or one that was trained here."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from aec.errors import AecError
from aec.settings import Settings
from aec.ui.card_view import show_card_line
from aec.ui.messages import error_text
from aec.ui.models import bundled_model, model_at
from aec.ui.run_records import TrainingRow, training_runs
from aec.ui.text import distinct

if TYPE_CHECKING:
    from aec.models.model import Model

BUNDLED = "bundled"
_CHOICE = "model-choice"
# A cancelled training keeps its best so far, and says so on its card.
_WITH_MODEL = frozenset({"finished", "cancelled"})


@dataclass(frozen=True)
class Offer:
    """A model that can be chosen.

    Parameters
    ----------
    title : str
        What to call it in a list.
    short : str
        What to call it in a table.
    path : Path or None
        Of its file; None for the bundled model.
    """

    title: str
    short: str
    path: Path | None = None

    def load(self) -> "Model":
        """Return the model; raises ModelFileError."""
        return bundled_model() if self.path is None else model_at(self.path)


def has_model(row: TrainingRow) -> bool:
    """Return whether a run left a model that can be chosen."""
    return row.state in _WITH_MODEL and row.run.model_path.is_file()


def offered_models(settings: Settings) -> dict[str, Offer]:
    """Return what can be chosen, by an id: the bundled model, then the trained ones, newest first."""
    rows = [row for row in training_runs(settings) if has_model(row)]
    titles = distinct({row.id: _title(row) for row in rows})
    trained = {row.id: Offer(titles[row.id], f"Trained {row.when}", row.run.model_path) for row in rows}
    return {BUNDLED: Offer("Bundled model", "Bundled"), **trained}


def _title(row: TrainingRow) -> str:
    # As short as it can be with the score's protocol in it; the card's line says the rest.
    score = (
        ""
        if row.uar is None
        else f" · UAR {row.uar:.2f}, {row.protocol.split(',')[0] if row.is_complete else row.protocol}"
    )
    return f"{row.when}{score}" + ("" if row.state == "finished" else f", {row.state}")


def choose_model(choice: str) -> None:
    """Let a model answer from now on, as if it had been chosen in the list.

    Parameters
    ----------
    choice : str
        The id of a run, or `BUNDLED`.
    """
    st.session_state[_CHOICE] = choice


def show_choice(settings: Settings) -> tuple[Offer, DeltaGenerator]:
    """Show the list of models; return the chosen one and the place of its card's line."""
    offers = offered_models(settings)
    if st.session_state.get(_CHOICE, BUNDLED) not in offers:
        # Its run was deleted, or its file. The inputs and answers are untouched by that.
        st.session_state[_CHOICE] = BUNDLED
        st.warning(
            "The model that was chosen is no longer there. The bundled model answers from now on.",
            icon=":material/warning:",
        )
    choice, about = st.columns([2, 3], gap="medium", vertical_alignment="center")
    with choice:
        chosen = st.selectbox(
            "Model",
            list(offers),
            format_func=lambda name: offers[name].title if name in offers else name,
            key=_CHOICE,
            persist_state="session",
            help="Models from the Training page appear here once they are finished.",
        )
    return offers.get(chosen, offers[BUNDLED]), about.empty()


def load_or_tell(offer: Offer, place: DeltaGenerator) -> "Model | None":
    """Load a model and show its card's line; where that fails say why, and offer the bundled one.

    Parameters
    ----------
    offer : Offer
    place : DeltaGenerator
        Where the line belongs.
    """
    try:
        with place.skeleton(height=24):
            model = offer.load()
    except AecError as error:
        with place.container():
            _show_failure(offer, error)
        return None
    with place.container():
        show_card_line(model.card)
    return model


def _show_failure(offer: Offer, error: AecError) -> None:
    bundled = offer.path is None
    st.error(
        error_text(error),
        title="The bundled model cannot be used" if bundled else "This model cannot be used",
        icon=":material/error:",
    )
    if not bundled:
        st.button(
            "Use the bundled model",
            icon=":material/undo:",
            key="use-bundled",
            on_click=choose_model,
            args=(BUNDLED,),
        )
    st.caption("Your clips and earlier answers are kept.")
