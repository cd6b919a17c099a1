"""The answer for one clip: the word, the player, the bars, what to know about it, and the details in tabs."""

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from aec.charts.predictions import probability_alt, probability_chart, ranking, timeline_alt, timeline_chart
from aec.charts.style import colour_of
from aec.charts.words import titled
from aec.models.card import ModelCard
from aec.ui.figures import show_figure
from aec.ui.manifests import Sample
from aec.ui.players import show_player
from aec.ui.prediction.answers import Answer, Heard
from aec.ui.prediction.card_view import show_card
from aec.ui.sound_words import quality_of, sound_facts
from aec.ui.text import duration_text, plain

if TYPE_CHECKING:
    from aec.prediction import Prediction, Segment


def show_answer(answer: Answer, heard: Heard, card: ModelCard) -> None:
    """Show one clip's answer in full.

    Parameters
    ----------
    answer : Answer
    heard : Heard
        Its outcome.
    card : ModelCard
        Of the model that gave it.
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
    _show_details(answer, heard, card)


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


def _show_sample(sample: Sample, card: ModelCard) -> None:
    learned = sample.corpus in card.training.corpora
    st.caption(
        f"Synthetic speech, meant as {plain(sample.emotion)}: “{plain(sample.text)}”"
        + (
            " The model was trained on this clip, so expect it to do better here than on your voice."
            if learned
            else ""
        )
    )


def _show_details(answer: Answer, heard: Heard, card: ModelCard) -> None:
    segments = heard.prediction.segments
    names = [*(["Over time"] if segments else []), "Sound", "Model card"]
    tabs = dict(zip(names, st.tabs(names, key=f"details-{answer.key}"), strict=True))
    if segments:
        with tabs["Over time"]:
            _show_timeline(answer, heard.prediction, segments)
    with tabs["Sound"]:
        facts = sound_facts(answer.clip.name, heard.facts, card.features[0])
        st.table(
            {title: plain(text) for title, text in facts.items()},
            border="horizontal",
            alt="What the file is and what was done to it",
        )
    with tabs["Model card"]:
        show_card(card, key=f"card-{answer.key}")


def _show_timeline(answer: Answer, prediction: "Prediction", segments: tuple["Segment", ...]) -> None:
    windowed = [note.text for note in prediction.notes if note.kind == "windowed"]
    st.caption(plain(" ".join(["Each window is judged by itself.", *windowed])))
    show_figure(
        timeline_chart(segments),
        timeline_alt(segments),
        key=f"timeline-{answer.key}",
        table=_timeline_table(segments),
    )


def _probability_table(probabilities: dict[str, float]) -> pd.DataFrame:
    rows = [(titled(emotion), round(100 * share, 1)) for emotion, share in ranking(probabilities)]
    return pd.DataFrame(rows, columns=["Emotion", "Probability (%)"])


def _timeline_table(segments: tuple["Segment", ...]) -> pd.DataFrame:
    rows = [
        {
            "From (s)": segment.start_s,
            "To (s)": segment.end_s,
            "Likeliest": titled(segment.emotion),
            **{f"{titled(emotion)} (%)": round(100 * p, 1) for emotion, p in segment.probabilities.items()},
        }
        for segment in segments
    ]
    return pd.DataFrame(rows)
