"""Benchmark page: settings, progress, results and their comparison."""

import streamlit as st

from aec.settings import read_settings
from aec.ui.benchmark.chosen_result import show_chosen_benchmark, show_other_results
from aec.ui.benchmark.form import show_benchmark_form
from aec.ui.benchmark_runs import benchmark_runs
from aec.ui.entry_script import run_inside_entry_script

run_inside_entry_script()
st.title("Benchmark", anchor=False)
settings = read_settings()
rows = benchmark_runs(settings)
controls, outcome = st.columns([1, 2], gap="large")
with controls:
    show_benchmark_form(rows, settings)
with outcome:
    show_chosen_benchmark(rows, settings)
show_other_results(rows)
