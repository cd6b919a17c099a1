"""What parallelism buys: announced, not there yet."""

import streamlit as st

from aec.ui.frame import run_inside_entry_script

run_inside_entry_script()
st.title("Benchmark", anchor=False)
st.markdown(
    "This page will run the described first version, the final version and our engine on this machine, and compare "
    "their time, processor load, memory and speed-up. It will also check that all of them are equally accurate."
)
st.markdown("It is not there yet. What works today:")
st.page_link("pages/dataset.py", label="Dataset: the clips that will be measured", icon=":material/library_music:")
st.page_link("pages/prediction.py", label="Prediction: what a clip says", icon=":material/graphic_eq:")
