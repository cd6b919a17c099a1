"""Overview page: numbers, a sample prediction, the steps, active and last runs."""

import streamlit as st

from aec.settings import read_settings
from aec.ui.entry_script import run_inside_entry_script
from aec.ui.overview.numbers import show_best, show_counts, show_speed_up
from aec.ui.overview.parts import show_recent, show_running, show_steps
from aec.ui.overview.sample_prediction import show_sample

run_inside_entry_script()
st.title("Audio Emotion Classifier", anchor=False)
st.markdown(
    "Recognise emotion in speech: from a folder of clips to a prediction with its confidence, and scores that name "
    "the protocol by which they were measured."
)
grid = st.grid(4, min_column_width=160, gap="xsmall", border=True)
clips, speakers, best, speed_up = [grid.cell().container(gap="xsmall") for _ in range(4)]
sample = st.container(border=True)

settings = read_settings()
show_steps()
now, last = st.columns(2, gap="large")
with now:
    show_running()
with last:
    show_recent(settings)

# The parts that need the model come last, so that the rest of the page does not wait for it.
show_speed_up(speed_up, settings)
show_counts(clips, speakers, settings)
show_best(best, settings)
show_sample(sample)
