"""The answer for one clip: the word, the player, the bars, what to know about it, and the details in tabs."""

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
from aec.ui.prediction.answers import Answer, Heard
from aec.ui.prediction.compare_view import show_compare
from aec.ui.prediction.timeline_view import show_timeline
from aec.ui.prediction.why_view import show_why
from aec.ui.sound_words import quality_of, sound_facts
from aec.ui.text import duration_text, plain

if TYPE_CHECKING:
    from aec.models.model import Model
    from aec.prediction.predictor import Prediction


def show_answer(answer: Answer, heard: Heard, card: ModelCard, model: "Model | None") -> None:
    """Show one clip's answer in full.

    Parameters
    ----------
    answer : Answer
    heard : Heard
        Its outcome.
    card : ModelCard
        Of the model that gave it.
    model : Model or None
        That model, where it is still there.
    """
    prediction = heard.prediction
    said, bars = st.columns(2, gap="large")
    with said:
        _show_headline(answer, prediction)
        show_player(answer.clip.content, heard.facts, alt=f"The clip {answer.clip.name}")
        if answer.clip.sample is not None:
            _show_sample(answer.clip.sample, card)
    with bars:
        probabilities = prediction.probabilities
        show_figure(
            probability_chart(probabilities),
            probability_alt(probabilities),
            key=f"bars-{answer.key}",
            table=_probability_table(probabilities),
        )
    if notes := quality_of(prediction.notes):
        st.warning(
            "  \n".join(plain(note) for note in notes), title="About this recording", icon=":material/hearing:"
        )
    _show_details(answer, heard, card, model)


def _show_headline(answer: Answer, prediction: "Prediction") -> None:
    marks = [prediction.emotion, prediction.second] if prediction.unsure else [prediction.emotion]
    # The headline is in words; the marks only tie it to the bars.
    dots = "".join(f':color[●]{{foreground="{colour_of(emotion)}"}}' for emotion in marks)
    st.header(f"{dots} {prediction.headline}", anchor=False)
    st.caption(f"{plain(answer.clip.name)}, {duration_text(prediction.duration_s)}")
    if prediction.unsure:
        st.markdown(
            f"No emotion stands out: {prediction.emotion} has {prediction.confidence:.0%} and "
            f"{prediction.second} {prediction.probabilities[prediction.second]:.0%}."
        )


def _show_sample(sample: SampleClip, card: ModelCard) -> None:
    learned = f" {TRAINED_ON_VOICE}" if is_trained_on(card, sample.voice) else ""
    st.caption(f"Synthetic speech, meant as {plain(sample.emotion)}: “{plain(sample.text)}”{learned}")


def _show_details(answer: Answer, heard: Heard, card: ModelCard, model: "Model | None") -> None:
    long = bool(heard.prediction.segments)
    why = ["Why"] if model is not None else []
    names = [*(["Over time"] if long else []), *why, "Sound", "Other models", "Model card"]
    tabs = dict(zip(names, st.tabs(names, key=f"details-{answer.key}"), strict=True))
    if long:
        with tabs["Over time"]:
            show_timeline(answer, heard, card, model)
    if model is not None:
        with tabs["Why"]:
            show_why(model, answer, heard)
    with tabs["Sound"]:
        facts = sound_facts(answer.clip.name, heard.facts, card.features[0])
        st.table(
            {title: plain(text) for title, text in facts.items()},
            border="horizontal",
            alt="What the file is and what was done to it",
        )
    with tabs["Other models"]:
        show_compare(answer, heard, card)
    with tabs["Model card"]:
        show_card(card, key=f"card-{answer.key}")


def _probability_table(probabilities: dict[str, float]) -> pd.DataFrame:
    rows = [(titled(emotion), round(100 * share, 1)) for emotion, share in ranking(probabilities)]
    return pd.DataFrame(rows, columns=["Emotion", "Probability (%)"])
