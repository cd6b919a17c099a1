"""The Training page: form, chosen run, table of all runs."""

import streamlit as st

from aec.settings import read_settings
from aec.ui.entry_script import run_inside_entry_script
from aec.ui.run_records import training_runs
from aec.ui.training.form import show_form
from aec.ui.training.run_view import show_chosen_run

run_inside_entry_script()
st.title("Training", anchor=False)
settings = read_settings()
controls, outcome = st.columns([1, 2], gap="large")
with controls:
    show_form(settings)
rows = training_runs(settings)
with outcome:
    show_chosen_run(rows, settings)
if rows:
    # Imported when there is something to draw: charts and tables take their time to load.
    from aec.ui.training.runs_table import show_runs

    st.subheader("Runs", anchor=False)
    show_runs(rows)
