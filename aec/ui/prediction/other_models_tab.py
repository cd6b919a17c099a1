"""Tab with another model's prediction for the same clip."""

import streamlit as st

from aec.charts.predictions import probability_alt, probability_chart
from aec.errors import AecError
from aec.models.card import ModelCard
from aec.settings import read_settings
from aec.ui.card_text import card_line
from aec.ui.figures import show_figure
from aec.ui.messages import show_error
from aec.ui.offered_models import offered_models
from aec.ui.prediction.clip_predictions import FailedClip, PredictedClip, predict_clips
from aec.ui.text import plain


def show_other_models(predicted: PredictedClip, card: ModelCard) -> None:
    """Show a list of the other models, and the two predictions side by side.

    Parameters
    ----------
    predicted : PredictedClip
    card : ModelCard
        Of the model that predicted.
    """
    offered = offered_models(read_settings())
    chosen = st.selectbox(
        "Compare with another model",
        list(offered),
        index=None,
        format_func=lambda name: offered[name].title if name in offered else name,
        placeholder="Choose a model",
        key=f"compare-{predicted.key}",
        help="Models from the Training page appear here once they are finished.",
    )
    if chosen is None or chosen not in offered:
        return
    try:
        other = offered[chosen].load()
    except AecError as error:
        show_error(error, title="This model cannot be used")
        return
    (outcome,) = predict_clips(other, [predicted.clip])
    if isinstance(outcome, FailedClip):
        show_error(outcome.error, title="This model has no prediction for this clip")
        return
    ours, theirs = predicted.prediction, outcome.prediction
    if other.card.graph_digest == card.graph_digest:
        st.caption("This is the same model.")
    if ours.emotion == theirs.emotion:
        st.markdown(f"**Both models predict {ours.emotion}.**")
    else:
        st.markdown(f"**The models differ: {ours.emotion} and {theirs.emotion}.**")
    left, right = st.columns(2, gap="large")
    for place, name, model_card, prediction in ((left, "a", card, ours), (right, "b", other.card, theirs)):
        with place:
            st.markdown(f"**{plain(prediction.headline)}**")
            show_figure(
                probability_chart(prediction.probabilities, small=True),
                probability_alt(prediction.probabilities),
                key=f"compare-{name}-{predicted.key}",
            )
            st.caption(plain(card_line(model_card)))
