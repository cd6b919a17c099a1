"""The tabs about what else a version needs and gives: memory and cores, accuracy, the machine."""

from typing import Any

import streamlit as st

from aec.charts.benchmark import (
    cores_alt,
    cores_chart,
    f1_alt,
    f1_chart,
    memory_alt,
    memory_chart,
    row_title,
)
from aec.ui.benchmark.tables import f1_table, machine_table, memory_table
from aec.ui.figures import show_figure
from aec.ui.text import plain


def show_load(key: str, report: dict[str, Any]) -> None:
    """Show memory over time, and the load of each core under one version.

    Parameters
    ----------
    key : str
        Of the result; unique on the page.
    report : dict
    """
    lines = report["timelines"]
    if not lines:
        st.info("Nothing was kept of the last repeat.")
        return
    show_figure(memory_chart(lines), memory_alt(lines), f"memory-{key}", memory_table(lines))
    st.caption(
        "Memory of the process and its workers together, in the last repeat; what they share counts once. Each line "
        "ends where its process does."
    )
    by_title = {row_title(line): line for line in lines}
    title = st.selectbox("Cores under", list(by_title), index=len(by_title) - 1, key=f"cores-of-{key}")
    line = by_title[title]
    show_figure(cores_chart(line), cores_alt(line), f"cores-{key}")
    st.caption("Load of the whole machine: what else runs here is in it.")


def show_accuracy(key: str, report: dict[str, Any]) -> None:
    """Show how far the features differ, and the scores of a network trained on each version's."""
    parity = report["parity"]
    for version, difference in parity["largest_difference"].items():
        if version == "engine" and difference is None:
            st.warning("The engine’s features are not all numbers, or not as many as the first version’s.")
        elif version == "engine":
            st.markdown(f"The engine’s features differ from the first version’s by at most **{difference:.1g}**.")
    if not parity["scores"]:
        st.info("The network was not trained in this benchmark.")
        return
    split = plain(parity["split"] or "how the clips were divided is not said")
    st.caption(f"One network for each version’s features; {split}. {f1_alt(parity['scores'])}")
    show_figure(f1_chart(parity["scores"]), f1_alt(parity["scores"]), f"f1-{key}", f1_table(parity["scores"]))


def show_machine(key: str, report: dict[str, Any]) -> None:
    """Show what it was measured on."""
    st.dataframe(
        machine_table(report["machine"]), hide_index=True, key=f"machine-{key}", alt="What it was measured on"
    )
