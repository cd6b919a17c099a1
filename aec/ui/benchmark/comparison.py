"""Results side by side: those of this machine and those that were added."""

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

import streamlit as st

from aec.benchmark.comparing import version_rows, what_differs
from aec.charts.benchmark import STAGE_TITLES
from aec.charts.comparing import comparison_alt, comparison_chart
from aec.errors import AecError
from aec.ui.benchmark.files import measurements_csv
from aec.ui.benchmark.imported import COMPARED, Imported
from aec.ui.benchmark.runs import BenchmarkRow, benchmark_report
from aec.ui.benchmark.tables import comparison_table
from aec.ui.figures import show_figure
from aec.ui.messages import error_text
from aec.ui.text import distinct, plain

# More bars than that nobody reads at once.
_MOST = 6
_SHORT = 18

Result = BenchmarkRow | Imported


@st.fragment
def show_comparison(results: Sequence[Result]) -> None:
    """Show what can be compared, and the comparison of what was chosen.

    Parameters
    ----------
    results : sequence of BenchmarkRow or Imported
        Those with a report.
    """
    by_id = {result.id: result for result in results}
    titles = distinct({result.id: result.title for result in results})
    # What was chosen may be gone: a run that was deleted, a result that was dropped.
    st.session_state[COMPARED] = [each for each in st.session_state.get(COMPARED, ()) if each in by_id][:_MOST]
    chosen = st.multiselect(
        "Results to compare",
        list(by_id),
        format_func=lambda result_id: titles.get(result_id, result_id),
        max_selections=_MOST,
        placeholder="Choose two or more",
        key=COMPARED,
        wrap=True,
        persist_state="session",
    )
    reports = _reports([by_id[each] for each in chosen], titles)
    if len(reports) < 2:
        st.caption("The first one chosen is what the others are held against.")
        return
    _show(reports, short_titles({titles[each]: by_id[each] for each in chosen if titles[each] in reports}))


def _reports(chosen: Sequence[Result], titles: Mapping[str, str]) -> dict[str, Mapping[str, Any]]:
    reports: dict[str, Mapping[str, Any]] = {}
    for result in chosen:
        try:
            report = result.report if isinstance(result, Imported) else benchmark_report(result)
        except AecError as error:
            st.warning(f"{plain(result.title)}: {error_text(error)}", icon=":material/compare_arrows:")
            continue
        if report is not None:
            reports[titles[result.id]] = report
    return reports


def _show(reports: Mapping[str, Mapping[str, Any]], short: Mapping[str, str]) -> None:
    stages = [stage for stage in STAGE_TITLES if all(version_rows(report, stage) for report in reports.values())]
    stage = "extraction"
    if len(stages) > 1:
        stage = st.segmented_control(
            "Stage",
            stages,
            default="extraction",
            required=True,
            format_func=STAGE_TITLES.__getitem__,
            key="compared-stage",
        )
    by_short = {short[title]: report for title, report in reports.items()}
    for words in cautions(by_short):
        st.warning(plain(words), icon=":material/warning:")
    rows = {title: version_rows(report, stage) for title, report in by_short.items()}
    show_figure(comparison_chart(rows), comparison_alt(rows), "comparison")
    st.dataframe(
        comparison_table(by_short, stage),
        hide_index=True,
        height="content",
        key="comparison-figures",
        alt="The chosen results side by side, a row for each version",
    )
    st.caption(
        "Each version with the workers that were fastest, started warm. A speed-up is against the first version of "
        "the same result; whiskers are the range over its repeats."
    )
    st.download_button(
        "Compared measurements (CSV)",
        lambda: measurements_csv(reports),
        file_name="benchmarks.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key="comparison-csv",
    )


def cautions(reports: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return what may not be compared, one sentence for each way in which results differ from the first.

    Parameters
    ----------
    reports : mapping of str to mapping
        By title; the first is what the others are held against.
    """
    base = next(iter(reports.values()))
    differing: dict[str, list[str]] = {}
    for title, report in reports.items():
        for what in what_differs(report, base):
            differing.setdefault(what, []).append(f"“{title}”")
    return [f"{', '.join(differing[what])}: {words}" for what, words in _CAUTIONS.items() if what in differing]


_CAUTIONS = {
    "clips": "other clips. Seconds, memory and accuracy are of other work and may not be compared; speed-ups only "
    "with care, because long clips and many clips gain more.",
    "features": "other features. Nothing but the shape of the result may be compared.",
    "machine": "another machine. Seconds and memory may not be compared as if only the version differed; speed-ups "
    "may, as what each machine gains, given its number of cores.",
    "libraries": "other versions of Python or of libraries. A difference may be theirs.",
}


def short_titles(results: Mapping[str, Result]) -> dict[str, str]:
    """Return titles short enough to stand beside a chart on a phone, by full title."""
    names = {title: each.name if isinstance(each, Imported) else each.when for title, each in results.items()}
    cut = {title: name if len(name) <= _SHORT else f"{name[: _SHORT - 1]}…" for title, name in names.items()}
    found: dict[str, str] = {}
    for title, name in cut.items():
        numbered = (name if number == 1 else f"{name} {number}" for number in count(1))
        found[title] = next(each for each in numbered if each not in found.values())
    return found
