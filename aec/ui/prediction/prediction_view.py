"""Prediction for one clip: headline, player, probabilities, notes, tabs."""

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from aec.charts.predictions import probability_alt, probability_chart, ranking
from aec.charts.style import colour_of
from aec.charts.words import titled
from aec.models.card import ModelCard
from aec.ui.card_view import show_card
from aec.ui.demo_clips import TRAINED_ON_VOICE, SampleClip, is_trained_on
from aec.ui.figures import show_figure
from aec.ui.players import show_player
from aec.ui.prediction.clip_predictions import PredictedClip
from aec.ui.prediction.other_models_tab import show_other_models
from aec.ui.prediction.timeline_tab import show_timeline
from aec.ui.prediction.why_tab import show_why
from aec.ui.sound_text import quality_texts, sound_facts
from aec.ui.text import duration_text, plain

if TYPE_CHECKING:
    from aec.models.model import Model
    from aec.prediction.predictor import Prediction


def show_prediction(predicted: PredictedClip, card: ModelCard, model: "Model | None") -> None:
    """Show one clip's prediction in full.

    Parameters
    ----------
    predicted : PredictedClip
    card : ModelCard
        Of the model that predicted.
    model : Model or None
        That model; None where it no longer exists.
    """
    prediction, clip = predicted.prediction, predicted.clip
    headline, bars = st.columns(2, gap="large")
    with headline:
        _show_headline(clip.name, prediction)
        show_player(clip.content, predicted.facts, alt=f"The clip {clip.name}")
        if clip.sample is not None:
            _show_sample(clip.sample, card)
    with bars:
        probabilities = prediction.probabilities
        show_figure(
            probability_chart(probabilities),
            probability_alt(probabilities),
            key=f"bars-{predicted.key}",
            table=_probability_table(probabilities),
        )
    if notes := quality_texts(prediction.notes):
        st.warning(
            "  \n".join(plain(note) for note in notes), title="About this recording", icon=":material/hearing:"
        )
    _show_details(predicted, card, model)


def _show_headline(name: str, prediction: "Prediction") -> None:
    marks = [prediction.emotion, prediction.second] if prediction.unsure else [prediction.emotion]
    # The headline is text; the marks link it to the bars by colour.
    dots = "".join(f':color[●]{{foreground="{colour_of(emotion)}"}}' for emotion in marks)
    st.header(f"{dots} {prediction.headline}", anchor=False)
    st.caption(f"{plain(name)}, {duration_text(prediction.duration_s)}")
    if prediction.unsure:
        st.markdown(
            f"No emotion stands out: {prediction.emotion} has {prediction.confidence:.0%} and "
            f"{prediction.second} {prediction.probabilities[prediction.second]:.0%}."
        )


def _show_sample(sample: SampleClip, card: ModelCard) -> None:
    learned = f" {TRAINED_ON_VOICE}" if is_trained_on(card, sample.voice) else ""
    st.caption(f"Synthetic speech, meant as {plain(sample.emotion)}: “{plain(sample.text)}”{learned}")


def _show_details(predicted: PredictedClip, card: ModelCard, model: "Model | None") -> None:
    long = bool(predicted.prediction.segments)
    why = ["Why"] if model is not None else []
    names = [*(["Over time"] if long else []), *why, "Sound", "Other models", "Model card"]
    tabs = dict(zip(names, st.tabs(names, key=f"details-{predicted.key}"), strict=True))
    if long:
        with tabs["Over time"]:
            show_timeline(predicted, card, model)
    if model is not None:
        with tabs["Why"]:
            show_why(model, predicted)
    with tabs["Sound"]:
        facts = sound_facts(predicted.clip.name, predicted.facts, card.features[0])
        st.table(
            {title: plain(text) for title, text in facts.items()},
            border="horizontal",
            alt="Facts about the file and its processing",
        )
    with tabs["Other models"]:
        show_other_models(predicted, card)
    with tabs["Model card"]:
        show_card(card, key=f"card-{predicted.key}")


def _probability_table(probabilities: dict[str, float]) -> pd.DataFrame:
    rows = [(titled(emotion), round(100 * value, 1)) for emotion, value in ranking(probabilities)]
    return pd.DataFrame(rows, columns=["Emotion", "Probability (%)"])
