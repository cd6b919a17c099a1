"""What a clip says: upload, record or choose a sample; the answer, the details below it, and the earlier answers."""

from datetime import UTC, datetime

import streamlit as st

from aec.settings import read_settings
from aec.ui.entry_script import run_inside_entry_script
from aec.ui.prediction.answers import answer_all
from aec.ui.prediction.clips import clip_inputs
from aec.ui.prediction.history import history, remember
from aec.ui.prediction.model_choice import load_and_describe, show_model_choice
from aec.ui.run_list import visitor_zone

run_inside_entry_script()
st.title("Prediction", anchor=False)
offer, card_line = show_model_choice(read_settings())
# The inputs come first, and are kept whatever becomes of the model.
clips = clip_inputs()
model = load_and_describe(offer, card_line)
if clips and model is not None:
    # Imported when there is something to draw: charts and tables take their time to load.
    from aec.ui.prediction.results_view import show_results

    answers = answer_all(model, clips)
    remember(answers, model.card, offer, datetime.now(UTC).astimezone(visitor_zone()))
    show_results(answers, model)
elif model is not None:
    st.info("Add a file, record yourself, or choose a sample. The answer appears here.", icon=":material/graphic_eq:")
    from aec.ui.card_view import show_card_below

    show_card_below(model.card)
if entries := history():
    from aec.ui.prediction.history_view import show_history

    show_history(entries, open_latest=not clips)
st.caption(
    "Sound stays in memory, is heard by this session alone, and is dropped with it. The model learned from acted or "
    "synthetic speech, and acted speech is not how people feel: take its answer as a guess about the tone of voice."
)
