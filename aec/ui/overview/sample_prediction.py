"""A sample clip of the overview, with its prediction."""

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from aec.errors import AecError, ModelFileError
from aec.ui.demo_clips import TRAINED_ON_VOICE, SampleClip, is_trained_on, sample_clips
from aec.ui.messages import show_error
from aec.ui.offered_models import bundled_model
from aec.ui.text import plain

if TYPE_CHECKING:
    from aec.prediction.predictor import Prediction

_SHOWN = "sad"


def show_sample(place: DeltaGenerator) -> None:
    """Show a demo clip with its prediction, and a link to the prediction page."""
    # Imported here, as below: the page shows its title before sound and models are loaded.
    from aec.ui.players import read_demo_clip

    offered = sample_clips()
    sample = next((each for each in offered if each.emotion == _SHOWN), offered[0] if offered else None)
    if sample is None:
        place.caption("The demo corpora are not installed, so there is no sample to show.")
        return
    try:
        with place.skeleton(height=260):
            prediction = _predicted(sample.path, bundled_model().card.graph_digest)
            content = read_demo_clip(sample.path)
    except AecError as error:
        with place:
            of_model = isinstance(error, ModelFileError)
            show_error(error, title=f"The {'bundled model' if of_model else 'sample'} cannot be used")
        return
    with place:
        _show_prediction(sample, prediction, content)


def _show_prediction(sample: SampleClip, prediction: "Prediction", content: bytes) -> None:
    from aec.charts.predictions import probability_alt, probability_chart
    from aec.charts.style import colour_of
    from aec.ui.figures import show_figure
    from aec.ui.players import show_player

    colour = colour_of(prediction.emotion)
    trained = f" {TRAINED_ON_VOICE}" if is_trained_on(bundled_model().card, sample.voice) else ""
    probabilities = prediction.probabilities
    text, bars = st.columns(2, gap="large", vertical_alignment="center")
    with text:
        st.subheader(f':color[●]{{foreground="{colour}"}} {plain(prediction.headline)}', anchor=False)
        st.caption(f"Synthetic speech, meant as {plain(sample.emotion)}: “{plain(sample.text)}”{trained}")
        show_player(content, None, alt=f"The sample {sample.name}, meant as {sample.emotion}")
        st.page_link("pages/prediction.py", label="**Try your own**", icon=":material/mic:")
    with bars:
        # The numbers are on the bars; a table would repeat them.
        show_figure(probability_chart(probabilities, small=True), probability_alt(probabilities), key="sample-bars")


# One prediction for all visitors: the clip is a sample and no visitor's voice.
@st.cache_data(max_entries=4, show_spinner=False)
def _predicted(path: str, model_digest: str) -> "Prediction":  # noqa: ARG001 - part of the cache's key
    from aec.prediction.predictor import predict_source
    from aec.ui.players import read_demo_clip

    return predict_source(bundled_model(), read_demo_clip(path), name=Path(path).name)
