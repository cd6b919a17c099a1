"""The Dataset page: balance, sound, speakers, problems, clips to listen to."""

import streamlit as st

from aec.settings import read_settings
from aec.ui.dataset.corpus_choice import choose_dataset
from aec.ui.entry_script import run_inside_entry_script

run_inside_entry_script()
st.title("Dataset", anchor=False)
settings = read_settings()
data = choose_dataset(settings)
if data is not None:
    # Imported when there is something to draw: charts and tables take long to load.
    from aec.ui.dataset.dataset_view import show_dataset

    show_dataset(data, settings)
