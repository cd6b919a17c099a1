"""What parallelism buys on this machine: choose and start, watch, read the finding, look back, compare."""

import streamlit as st

from aec.settings import read_settings
from aec.ui.benchmark.form import show_benchmark_form
from aec.ui.benchmark.runs import benchmark_runs
from aec.ui.benchmark.view import show_chosen_benchmark, show_results_beside
from aec.ui.frame import run_inside_entry_script

run_inside_entry_script()
st.title("Benchmark", anchor=False)
settings = read_settings()
rows = benchmark_runs(settings)
controls, outcome = st.columns([1, 2], gap="large")
with controls:
    show_benchmark_form(rows, settings)
with outcome:
    show_chosen_benchmark(rows, settings)
show_results_beside(rows)
