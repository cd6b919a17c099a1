"""A sample clip with its answer already there, for the overview."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from aec.errors import AecError, ModelFileError
from aec.ui.demo_clips import TRAINED_ON_VOICE, SampleClip, is_trained_on, sample_clips
from aec.ui.messages import show_error
from aec.ui.offered_models import bundled_model, file_stamp
from aec.ui.text import plain

if TYPE_CHECKING:
    from aec.audio import SoundFacts

_SHOWN = "sad"


def show_sample(place: DeltaGenerator) -> None:
    """Show a demo clip, what the bundled model says about it, and the way to one's own.

    Parameters
    ----------
    place : DeltaGenerator
    """
    # Imported here, as below: this module's page has its title on the screen before sound and models are loaded.
    from aec.audio import inspect
    from aec.ui.players import read_demo_clip

    offered = sample_clips()
    sample = next((each for each in offered if each.emotion == _SHOWN), offered[0] if offered else None)
    if sample is None:
        place.caption("The demo corpora are not installed, so there is no sample to show.")
        return
    try:
        with place.skeleton(height=260):
            answer = _answer(sample)
            content = read_demo_clip(sample.path)
            facts = inspect(content, name=sample.name)
    except AecError as error:
        with place:
            of_model = isinstance(error, ModelFileError)
            show_error(error, title=f"The {'bundled model' if of_model else 'sample'} cannot be used")
        return
    with place:
        _show_answer(sample, answer, content, facts)


def _show_answer(sample: SampleClip, answer: dict[str, Any], content: bytes, facts: "SoundFacts") -> None:
    from aec.ui.players import show_player

    said, bars = st.columns(2, gap="large", vertical_alignment="center")
    with said:
        _show_words(sample, answer)
        show_player(content, facts, alt=f"The sample {sample.name}, meant as {sample.emotion}")
        st.page_link("pages/prediction.py", label="**Try your own**", icon=":material/mic:")
    with bars:
        _show_bars(answer)


def _show_words(sample: SampleClip, answer: dict[str, Any]) -> None:
    from aec.charts.style import colour_of

    st.subheader(
        f':color[●]{{foreground="{colour_of(answer["emotion"])}"}} {plain(answer["headline"])}', anchor=False
    )
    learned = f" {TRAINED_ON_VOICE}" if answer["learned"] else ""
    st.caption(f"Synthetic speech, meant as {plain(sample.emotion)}: “{plain(sample.text)}”{learned}")


def _show_bars(answer: dict[str, Any]) -> None:
    from aec.charts.predictions import probability_alt, probability_chart
    from aec.ui.figures import show_figure

    chances = answer["probabilities"]
    # The numbers stand on the bars; a table would only say them again.
    show_figure(probability_chart(chances, small=True), probability_alt(chances), key="sample-bars")


def _answer(sample: SampleClip) -> dict[str, Any]:
    from aec.prediction.predictor import BUNDLED_MODEL

    stamps = (file_stamp(BUNDLED_MODEL), file_stamp(Path(sample.path)))
    return _predicted(sample.path, sample.voice, str(BUNDLED_MODEL), stamps)


# The same for every visitor, and nobody's voice: one answer for all. Plain data comes out of caches.
@st.cache_data(max_entries=4, show_spinner=False)
def _predicted(
    path: str,
    voice: str,
    model_path: str,  # noqa: ARG001 - part of the cache's key, as the stamps are
    stamps: tuple[tuple[int, int], ...],  # noqa: ARG001
) -> dict[str, Any]:
    from aec.prediction.predictor import predict_source
    from aec.ui.players import read_demo_clip

    model = bundled_model()
    found = predict_source(model, read_demo_clip(path), name=Path(path).name)
    return {**found.to_dict(), "headline": found.headline, "learned": is_trained_on(model.card, voice)}
