"""How well a model tells emotions apart: announced, not there yet."""

import streamlit as st

from aec.ui.frame import run_inside_entry_script

run_inside_entry_script()
st.title("Training", anchor=False)
st.markdown(
    "This page will train a model on clips of your choice and report how well it does on speakers that it has never "
    "heard, with intervals, a confusion matrix and an audit for leaks. Runs will be kept and compared."
)
st.markdown("It is not there yet; from a shell, `python -m aec train` does it already. What works today:")
st.page_link("pages/dataset.py", label="Dataset: the clips to train on", icon=":material/library_music:")
st.page_link("pages/prediction.py", label="Prediction: what the bundled model says", icon=":material/graphic_eq:")
