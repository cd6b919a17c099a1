"""The tab about training a network in several processes: how fast, what is lost on the way, and when it pays."""

from typing import Any

import streamlit as st

from aec.charts.networks import networks_alt, networks_chart
from aec.charts.words import counted
from aec.ui.benchmark.network_words import network_reasons, network_sentence
from aec.ui.benchmark.tables import networks_table
from aec.ui.figures import show_figure


def show_networks(key: str, report: dict[str, Any]) -> None:
    """Show how fast a network learns in each setting.

    Parameters
    ----------
    key : str
        Of the result; unique on the page.
    report : dict
        With rows in `networks`.
    """
    rows = report["networks"]
    st.markdown(network_sentence(rows))
    show_figure(networks_chart(rows), networks_alt(rows), f"networks-{key}")
    repeats = counted(len(rows[0]["repeats_s"]), "repeat")
    st.caption(
        f"A {rows[0]['network'].upper()} learns on the processor, {rows[0]['batch_size']} made-up clips of about 150 "
        f"frames in each step. Bars are medians over {repeats} in turn, with the slowest and the fastest one."
    )
    st.dataframe(
        networks_table(rows),
        hide_index=True,
        height="content",
        key=f"networks-table-{key}",
        alt="Each way to train: processes, clips per second, efficiency, gradient exchange and waiting",
    )
    st.caption(
        "Efficiency: how many times faster than one process with one thread, divided by the number of cores it may "
        "use. Exchange: the time to add up as many bytes as there are gradients over all processes, measured on its "
        "own after each step, as a share of the step. Idle: the share in which even the busiest process of a divided "
        "network computes nothing."
    )
    with st.expander("When several processes pay", icon=":material/help:", expanded=True):
        st.markdown("\n".join(f"- {reason}" for reason in network_reasons(report)))
