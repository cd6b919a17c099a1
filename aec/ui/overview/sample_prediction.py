"""A sample clip of the overview, with its prediction."""

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from aec.errors import AecError, ModelFileError
from aec.system.files import file_stamp
from aec.ui.demo_clips import TRAINED_ON_VOICE, SampleClip, is_trained_on, sample_clips
from aec.ui.messages import show_error
from aec.ui.offered_models import bundled_model
from aec.ui.text import plain

if TYPE_CHECKING:
    from aec.audio import SoundFacts

_SHOWN = "sad"


class SamplePrediction(msgspec.Struct, frozen=True, kw_only=True):
    """Prediction of a sample, as cached for all visitors.

    Parameters
    ----------
    emotion : str
    headline : str
    probabilities : dict of str to float
    is_trained_on_voice : bool
        Whether the model was trained on the sample's speaker.
    """

    emotion: str
    headline: str
    probabilities: dict[str, float]
    is_trained_on_voice: bool


def show_sample(place: DeltaGenerator) -> None:
    """Show a demo clip with its prediction, and a link to the prediction page."""
    # Imported here, as below: the page shows its title before sound and models are loaded.
    from aec.audio import inspect
    from aec.ui.players import read_demo_clip

    offered = sample_clips()
    sample = next((each for each in offered if each.emotion == _SHOWN), offered[0] if offered else None)
    if sample is None:
        place.caption("The demo corpora are not installed, so there is no sample to show.")
        return
    try:
        with place.skeleton(height=260):
            prediction = _predict(sample)
            content = read_demo_clip(sample.path)
            facts = inspect(content, name=sample.name)
    except AecError as error:
        with place:
            of_model = isinstance(error, ModelFileError)
            show_error(error, title=f"The {'bundled model' if of_model else 'sample'} cannot be used")
        return
    with place:
        _show_prediction(sample, prediction, content, facts)


def _show_prediction(sample: SampleClip, prediction: SamplePrediction, content: bytes, facts: "SoundFacts") -> None:
    from aec.ui.players import show_player

    text, bars = st.columns(2, gap="large", vertical_alignment="center")
    with text:
        _show_text(sample, prediction)
        show_player(content, facts, alt=f"The sample {sample.name}, meant as {sample.emotion}")
        st.page_link("pages/prediction.py", label="**Try your own**", icon=":material/mic:")
    with bars:
        _show_bars(prediction.probabilities)


def _show_text(sample: SampleClip, prediction: SamplePrediction) -> None:
    from aec.charts.style import colour_of

    st.subheader(
        f':color[●]{{foreground="{colour_of(prediction.emotion)}"}} {plain(prediction.headline)}', anchor=False
    )
    trained = f" {TRAINED_ON_VOICE}" if prediction.is_trained_on_voice else ""
    st.caption(f"Synthetic speech, meant as {plain(sample.emotion)}: “{plain(sample.text)}”{trained}")


def _show_bars(probabilities: dict[str, float]) -> None:
    from aec.charts.predictions import probability_alt, probability_chart
    from aec.ui.figures import show_figure

    # The numbers are on the bars; a table would repeat them.
    show_figure(probability_chart(probabilities, small=True), probability_alt(probabilities), key="sample-bars")


def _predict(sample: SampleClip) -> SamplePrediction:
    from aec.prediction.predictor import BUNDLED_MODEL

    stamps = (file_stamp(BUNDLED_MODEL), file_stamp(Path(sample.path)))
    return _predicted(sample.path, sample.voice, str(BUNDLED_MODEL), stamps)


# One prediction for all visitors: the clip is a sample and no visitor's voice.
@st.cache_data(max_entries=4, show_spinner=False)
def _predicted(
    path: str,
    voice: str,
    model_path: str,  # noqa: ARG001 - part of the cache's key, as the stamps are
    stamps: tuple[tuple[int, int] | None, ...],  # noqa: ARG001
) -> SamplePrediction:
    from aec.prediction.predictor import predict_source
    from aec.ui.players import read_demo_clip

    model = bundled_model()
    found = predict_source(model, read_demo_clip(path), name=Path(path).name)
    return SamplePrediction(
        emotion=found.emotion,
        headline=found.headline,
        probabilities=dict(found.probabilities),
        is_trained_on_voice=is_trained_on(model.card, voice),
    )
