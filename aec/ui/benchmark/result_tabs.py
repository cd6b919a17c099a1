"""Result of a benchmark: the finding, tabs, and files to download."""

from functools import partial

import streamlit as st

from aec.benchmark.results import BenchmarkResult
from aec.charts.benchmark import cores_alt, cores_chart, f1_alt, f1_chart, memory_alt, memory_chart
from aec.charts.network_speed import networks_alt, networks_chart
from aec.charts.words import counted
from aec.settings import Settings
from aec.ui.benchmark.export import charts_html, measurements_csv, result_json
from aec.ui.benchmark.network_explanations import explain_networks, network_sentence
from aec.ui.benchmark.tables import f1_table, machine_table, memory_table, networks_table
from aec.ui.benchmark.time_tabs import show_clip_stages, show_explanations, show_scaling, show_time, show_versions
from aec.ui.download import download
from aec.ui.figures import show_figure, show_table
from aec.ui.run_words import without_folders
from aec.ui.text import plain


def show_result(key: str, title: str, result: BenchmarkResult, settings: Settings) -> None:
    """Show a result.

    Parameters
    ----------
    key : str
        Of the result, unique on the page; also the name of its files.
    title : str
        Of the result in lists.
    result : BenchmarkResult
    settings : Settings
    """
    st.subheader(plain(result.sentence), anchor=False)
    corpora = ", ".join(f"{name} {number:,}" for name, number in result.corpora.items())
    repeats = counted(result.repeats, "repeat")
    st.caption(plain(f"{corpora}; {result.duration_s / 60:.1f} minutes of sound; {repeats}, in turn."))
    for note in result.notes:
        st.caption(plain(without_folders(note, settings)))
    tabs = {name: show for name, show in _TABS.items() if name != "Networks" or result.networks}
    for tab, show in zip(st.tabs(list(tabs), key=f"benchmark-{key}"), tabs.values(), strict=True):
        with tab:
            show(key, result)
    _show_downloads(key, title, result, settings)


def _show_load(key: str, result: BenchmarkResult) -> None:
    """Show memory over time, and the load of each core under one version."""
    lines = result.timelines
    if not lines:
        st.info("This result has no memory and load over time.")
        return
    show_figure(memory_chart(lines), memory_alt(lines), f"memory-{key}", memory_table(lines))
    st.caption(
        "Memory of the process and its workers together, in the last repeat; shared memory counts once. Each line "
        "ends with its process."
    )
    by_title = {line.title: line for line in lines}
    title = st.selectbox("Cores under", list(by_title), index=len(by_title) - 1, key=f"cores-of-{key}")
    line = by_title[title]
    show_figure(cores_chart(line), cores_alt(line), f"cores-{key}")
    st.caption("Load of the whole machine, other programs included.")


def _show_accuracy(key: str, result: BenchmarkResult) -> None:
    """Show the difference of the features, and scores of networks trained on them."""
    parity = result.parity
    difference = parity.largest_difference.get("engine")
    if difference is not None:
        st.markdown(f"The engine’s features differ from the first version’s by at most **{difference:.1g}**.")
    elif "engine" in parity.largest_difference:
        st.warning("The engine’s features are not all numbers, or not as many as the first version’s.")
    if not parity.scores:
        st.info("The network was not trained in this benchmark.")
        return
    split = plain(parity.split or "unknown split")
    st.caption(f"One network for each version’s features; {split}. {f1_alt(parity.scores)}")
    show_figure(f1_chart(parity.scores), f1_alt(parity.scores), f"f1-{key}", f1_table(parity.scores))


def _show_machine(key: str, result: BenchmarkResult) -> None:
    """Show the machine of the benchmark."""
    st.dataframe(
        machine_table(result.machine), hide_index=True, key=f"machine-{key}", alt="The machine of the benchmark"
    )


def _show_networks(key: str, result: BenchmarkResult) -> None:
    """Show the training speed of a network in each setting."""
    rows = result.networks
    st.markdown(network_sentence(rows))
    show_figure(networks_chart(rows), networks_alt(rows), f"networks-{key}")
    repeats = counted(len(rows[0].repeats_s), "repeat")
    st.caption(
        f"A {rows[0].network.upper()} is trained on the processor, {rows[0].batch_size} synthetic clips of about 150 "
        f"frames per step. Bars are medians over {repeats} in turn, with the slowest and the fastest one."
    )
    alt = "Each way to train: processes, clips per second, efficiency, gradient exchange and idle time"
    show_table(networks_table(rows), alt, f"networks-table-{key}")
    st.caption(
        "Efficiency: speed relative to one process with one thread, divided by the number of cores. Exchange: time "
        "to sum as many bytes as there are gradients over all processes, measured separately after each step, as a "
        "share of the step. Idle: share of a step in which even the busiest process of a pipeline computes nothing."
    )
    show_explanations("When several processes pay", explain_networks(rows), expanded=True)


_TABS = {
    "Time": show_time,
    "Versions": show_versions,
    "Scaling": show_scaling,
    "Networks": _show_networks,
    "CPU and memory": _show_load,
    "Where the time goes": show_clip_stages,
    "Accuracy": _show_accuracy,
    "Machine": _show_machine,
}


def _show_downloads(key: str, title: str, result: BenchmarkResult, settings: Settings) -> None:
    with st.container(horizontal=True):
        download("Result (JSON)", lambda: result_json(result, settings), f"{key}.json", help=_JSON_HELP)
        download("Measurements (CSV)", lambda: measurements_csv({title: result}), f"{key}.csv", help=_CSV_HELP)
        charts = partial(charts_html, result, f"Benchmark {title}", settings)
        download("Charts (HTML)", charts, f"{key}.html", help=_HTML_HELP)


_JSON_HELP = "Everything, to be kept or added on another machine’s benchmark page."
_CSV_HELP = "Every measurement of every repeat, one per row."
_HTML_HELP = "All charts with their tables, in one file that opens without a network (5 MB)."
