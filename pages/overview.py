"""What this is, what is there, and the ways on."""

import streamlit as st

from aec.errors import AecError
from aec.ui.bundled_model import bundled_model
from aec.ui.card_view import show_card_line, show_score
from aec.ui.frame import run_inside_entry_script
from aec.ui.manifests import demo_counts
from aec.ui.messages import show_error

run_inside_entry_script()
st.title("Audio Emotion Classifier", anchor=False)
st.markdown(
    "Hear what a voice expresses: from a folder of clips to a prediction that says how sure it is, with every score "
    "measured on speakers that the model has never heard."
)
counts = demo_counts()
numbers = st.grid(4, min_column_width=130, gap="xsmall")
numbers.metric("Demo clips", f"{counts.clips:,}", border=True)
numbers.metric("Synthetic voices", f"{counts.speakers}", border=True)
numbers.metric("Emotions", f"{counts.emotions}", border=True)
about_model = st.container()

ways = st.grid(2, min_column_width=280, gap="xsmall")
with ways.cell(), st.container(border=True, height="stretch"):
    st.page_link(
        "pages/prediction.py", label="**Prediction**: what does this clip say?", icon=":material/graphic_eq:"
    )
    st.markdown("Upload, record or choose a sample. See every emotion's probability, and over time for longer clips.")
with ways.cell(), st.container(border=True, height="stretch"):
    st.page_link("pages/dataset.py", label="**Dataset**: what is in my data?", icon=":material/library_music:")
    st.markdown("Look into the two demo corpora: balance, durations, speakers, problems; listen to any clip.")
with ways.cell(), st.container(border=True, height="stretch"):
    st.page_link(
        "pages/training.py",
        label="**Training**: how well can a model tell them apart?",
        icon=":material/model_training:",
    )
    st.markdown("Train on voices, test on others: live curves, a score with its interval, and a leak audit.")
with ways.cell(), st.container(border=True, height="stretch"):
    st.page_link("pages/benchmark.py", label="**Benchmark**: what does parallelism buy me?", icon=":material/speed:")
    st.markdown("Not on these pages yet. The page says what it will show.")

try:
    with about_model.skeleton(height=24):
        card = bundled_model().card
except AecError as error:
    with about_model:
        show_error(error, title="The bundled model cannot be used")
else:
    show_score(numbers, card)
    with about_model:
        show_card_line(card)
