"""Prediction page: inputs, the predictions with details, and earlier predictions."""

from datetime import UTC, datetime

import streamlit as st

from aec.settings import read_settings
from aec.ui.entry_script import run_inside_entry_script
from aec.ui.prediction.clip_inputs import clip_inputs
from aec.ui.prediction.clip_predictions import predict_clips
from aec.ui.prediction.history import add_to_history, history
from aec.ui.prediction.model_choice import load_and_describe, show_model_choice
from aec.ui.run_list import visitor_zone

run_inside_entry_script()
st.title("Prediction", anchor=False)
offered, card_line = show_model_choice(read_settings())
# The inputs come first, so that they stay if the model cannot be loaded.
clips = clip_inputs()
model = load_and_describe(offered, card_line)
if clips and model is not None:
    # Imported here: charts and tables load slowly.
    from aec.ui.prediction.results_view import show_results

    outcomes = predict_clips(model, clips)
    add_to_history(outcomes, model.card, offered, datetime.now(UTC).astimezone(visitor_zone()))
    show_results(outcomes, model)
elif model is not None:
    st.info(
        "Add a file, record yourself, or choose a sample. The prediction appears here.", icon=":material/graphic_eq:"
    )
    from aec.ui.card_view import show_card_below

    show_card_below(model.card)
if entries := history():
    from aec.ui.prediction.history_table import show_history

    show_history(entries, open_latest=not clips)
st.caption(
    "Sound stays in memory, is used in this session only, and is dropped with it. The model learned from acted or "
    "synthetic speech, and acted speech is not how people feel: take the prediction as a guess about the tone of "
    "voice."
)
