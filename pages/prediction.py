"""What a clip says: upload, record or choose a sample; the answer, and the details below it."""

import streamlit as st

from aec.ui.answers import answer_all
from aec.ui.bundled_model import bundled_model_or_stop
from aec.ui.card_view import show_card_line
from aec.ui.clips import clip_inputs
from aec.ui.frame import run_inside_entry_script

run_inside_entry_script()
st.title("Prediction", anchor=False)
model = bundled_model_or_stop()
show_card_line(model.card)
clips = clip_inputs()
if clips:
    # Imported when there is something to draw: charts and tables take their time to load.
    from aec.ui.results_view import show_results

    show_results(answer_all(model, clips), model.card)
else:
    st.info("Add a file, record yourself, or choose a sample. The answer appears here.", icon=":material/graphic_eq:")
st.caption(
    "Sound stays in memory, is heard by this session alone, and is dropped with it. The model learned from acted or "
    "synthetic speech, and acted speech is not how people feel: take its answer as a guess about the tone of voice."
)
