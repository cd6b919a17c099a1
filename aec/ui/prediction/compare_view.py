"""What another model says of the same clip, side by side with the first one's answer."""

import streamlit as st

from aec.charts.predictions import probability_alt, probability_chart
from aec.errors import AecError
from aec.models.card import ModelCard
from aec.settings import read_settings
from aec.ui.card_text import card_line
from aec.ui.figures import show_figure
from aec.ui.messages import show_error
from aec.ui.offered_models import offered_models
from aec.ui.prediction.answers import Answer, Heard, answer_all
from aec.ui.text import plain


def show_compare(answer: Answer, heard: Heard, card: ModelCard) -> None:
    """Show a list of the other models, and the chosen one's answer beside the first one's.

    Parameters
    ----------
    answer : Answer
    heard : Heard
        Its outcome.
    card : ModelCard
        Of the model that gave it.
    """
    offers = offered_models(read_settings())
    chosen = st.selectbox(
        "Ask another model",
        list(offers),
        index=None,
        format_func=lambda name: offers[name].title if name in offers else name,
        placeholder="Choose a model",
        key=f"compare-{answer.key}",
        help="Models from the Training page appear here once they are finished.",
    )
    if chosen is None or chosen not in offers:
        return
    try:
        other = offers[chosen].load()
    except AecError as error:
        show_error(error, title="This model cannot be used")
        return
    (told,) = answer_all(other, [answer.clip])
    if not isinstance(told.outcome, Heard):
        show_error(told.outcome, title="This model has no answer to this clip")
        return
    ours, theirs = heard.prediction, told.outcome.prediction
    if other.card.graph_digest == card.graph_digest:
        st.caption("This is the model that answered already.")
    agree = "Both say" if ours.emotion == theirs.emotion else "They differ:"
    words = ours.emotion if ours.emotion == theirs.emotion else f"{ours.emotion} and {theirs.emotion}"
    st.markdown(f"**{agree} {words}.**")
    left, right = st.columns(2, gap="large")
    for place, which, model_card, prediction in ((left, "a", card, ours), (right, "b", other.card, theirs)):
        with place:
            st.markdown(f"**{plain(prediction.headline)}**")
            show_figure(
                probability_chart(prediction.probabilities, small=True),
                probability_alt(prediction.probabilities),
                key=f"compare-{which}-{answer.key}",
            )
            st.caption(plain(card_line(model_card)))
