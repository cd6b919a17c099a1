"""The result of a benchmark: the finding first, then a tab for each question, then the files to take along."""

from functools import partial
from typing import Any

import streamlit as st

from aec.charts.words import counted
from aec.settings import Settings
from aec.ui.benchmark.files import measurements_csv, result_json
from aec.ui.benchmark.load_tabs import show_accuracy, show_load, show_machine
from aec.ui.benchmark.network_tab import show_networks
from aec.ui.benchmark.time_tabs import show_scaling, show_stages, show_time, show_versions
from aec.ui.run_words import without_folders
from aec.ui.text import plain

_TABS = {
    "Time": show_time,
    "Versions": show_versions,
    "Scaling": show_scaling,
    "Networks": show_networks,
    "CPU and memory": show_load,
    "Where the time goes": show_stages,
    "Accuracy": show_accuracy,
    "Machine": show_machine,
}


def show_benchmark_report(key: str, title: str, report: dict[str, Any], settings: Settings) -> None:
    """Show a result.

    Parameters
    ----------
    key : str
        Of the result; unique on the page, and what its files are called.
    title : str
        What it is called in a list.
    report : dict
        As `aec.benchmark.benchmark` returns it.
    settings : Settings
    """
    st.subheader(plain(report["sentence"]), anchor=False)
    corpora = ", ".join(f"{name} {number:,}" for name, number in report["corpora"].items())
    repeats = counted(report["repeats"], "repeat")
    st.caption(plain(f"{corpora}; {report['duration_s'] / 60:.1f} minutes of sound; {repeats}, in turn."))
    for note in report["notes"]:
        st.caption(plain(without_folders(note, settings)))
    # Networks are measured where that was asked for; older results know nothing of it.
    tabs = {name: view for name, view in _TABS.items() if name != "Networks" or report.get("networks")}
    for tab, view in zip(st.tabs(list(tabs), key=f"benchmark-{key}"), tabs.values(), strict=True):
        with tab:
            view(key, report)
    _show_downloads(key, title, report, settings)


def _show_downloads(key: str, title: str, report: dict[str, Any], settings: Settings) -> None:
    files = (
        ("Result (JSON)", partial(result_json, report, settings), "json", "application/json", _JSON_HELP),
        ("Measurements (CSV)", partial(measurements_csv, {title: report}), "csv", "text/csv", _CSV_HELP),
        ("Charts (HTML)", partial(_charts, report, title, settings), "html", "text/html", _HTML_HELP),
    )
    with st.container(horizontal=True):
        for label, make, ending, mime, words in files:
            st.download_button(
                label,
                make,
                file_name=f"{key}.{ending}",
                mime=mime,
                icon=":material/download:",
                on_click="ignore",
                key=f"benchmark-{ending}-{key}",
                help=words,
            )


_JSON_HELP = "Everything, to be kept or added on another machine’s benchmark page."
_CSV_HELP = "Every measurement of every repeat, one per row."
_HTML_HELP = "All charts with their tables, in one file that opens without a network (5 MB)."


def _charts(report: dict[str, Any], title: str, settings: Settings) -> str:
    # Made when it is asked for: it draws every chart once more.
    from aec.ui.benchmark.document import charts_html

    return charts_html(report, f"Benchmark {title}", settings)
