"""Choice of the model that predicts."""

from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from aec.errors import AecError
from aec.settings import Settings
from aec.ui.card_view import show_card_line
from aec.ui.messages import error_text
from aec.ui.offered_models import BUNDLED, MODEL_WIDGET, OfferedModel, choose_model, offered_models

if TYPE_CHECKING:
    from aec.models.model import Model


def show_model_choice(settings: Settings) -> tuple[OfferedModel, DeltaGenerator]:
    """Show the list of models; return the chosen one and the place of its card's line."""
    offered = offered_models(settings)
    if st.session_state.get(MODEL_WIDGET, BUNDLED) not in offered:
        # Its run or file was deleted. The inputs and predictions stay.
        choose_model(BUNDLED)
        st.warning(
            "The chosen model no longer exists. The bundled model is used from now on.", icon=":material/warning:"
        )
    choice, about = st.columns([2, 3], gap="medium", vertical_alignment="center")
    with choice:
        chosen = st.selectbox(
            "Model",
            list(offered),
            format_func=lambda name: offered[name].title if name in offered else name,
            key=MODEL_WIDGET,
            persist_state="session",
            help="Models from the Training page appear here once they are finished.",
        )
    return offered.get(chosen, offered[BUNDLED]), about.empty()


def load_and_describe(offered: OfferedModel, place: DeltaGenerator) -> "Model | None":
    """Load a model and show its card's line, or the error and a way back.

    Parameters
    ----------
    offered : OfferedModel
    place : DeltaGenerator
        Place of the line.

    Returns
    -------
    Model or None
        None where it cannot be loaded.
    """
    try:
        with place.skeleton(height=24):
            model = offered.load()
    except AecError as error:
        with place.container():
            _show_failure(offered, error)
        return None
    with place.container():
        show_card_line(model.card)
    return model


def _show_failure(offered: OfferedModel, error: AecError) -> None:
    bundled = offered.path is None
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
    st.caption("Your clips and earlier predictions are kept.")
