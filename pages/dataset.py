"""What is in the data: balance, durations, speakers, problems, and clips to listen to."""

import streamlit as st

from aec.emotions import LABEL_SETS
from aec.errors import AecError
from aec.ui.dataset_view import show_dataset
from aec.ui.demo_data import installed_corpora, load_dataset
from aec.ui.frame import run_inside_entry_script
from aec.ui.messages import show_error

run_inside_entry_script()
st.title("Dataset", anchor=False)
st.caption("The demo corpora: synthetic speech, made by a program so that every page works at once. No real person.")
corpora = installed_corpora()
if not corpora:
    st.info("The demo corpora are not installed. Install the program again; they come with it.")
    st.stop()

with st.container(horizontal=True, gap="medium"):
    chosen = st.pills(
        "Corpora", corpora, selection_mode="multi", default=corpora, key="corpora", persist_state="session"
    )
    labels = st.segmented_control(
        "Label set",
        list(LABEL_SETS),
        default="seven",
        required=True,
        format_func=str.capitalize,
        help="Seven is the set of the usual corpora, five that of IEMOCAP; all keeps every emotion.",
        key="labels",
        persist_state="session",
    )
if not chosen:
    st.info("Choose one corpus or more.")
    st.stop()
try:
    with st.skeleton(height=400):
        data = load_dataset(chosen, labels)
except AecError as error:
    show_error(error, title="These corpora cannot be shown")
    st.stop()
show_dataset(data, labels)
