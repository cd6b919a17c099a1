"""Comparison of results: of this machine and uploaded ones."""

from collections.abc import Mapping, Sequence
from itertools import count

import streamlit as st

from aec.benchmark.results import BenchmarkResult, MeasuredStage
from aec.benchmark.summary import differences, fastest_of_each
from aec.charts.benchmark import STAGE_TITLES, comparison_alt, comparison_chart
from aec.errors import AecError
from aec.ui.benchmark.export import measurements_csv
from aec.ui.benchmark.tables import comparison_table
from aec.ui.benchmark.time_tabs import choose_stage
from aec.ui.benchmark.uploaded_results import COMPARED, UploadedResult
from aec.ui.benchmark_runs import BenchmarkRow
from aec.ui.download import download
from aec.ui.figures import show_figure, show_table
from aec.ui.messages import error_text
from aec.ui.text import distinct, plain

# More bars cannot be read at once.
_MOST = 6
_SHORT = 18

ListedResult = BenchmarkRow | UploadedResult


@st.fragment
def show_comparison(listed: Sequence[ListedResult]) -> None:
    """Show a selection of results and their comparison.

    Parameters
    ----------
    listed : sequence of BenchmarkRow or UploadedResult
        Those with a result.
    """
    by_id = {each.id: each for each in listed}
    titles = distinct({each.id: each.title for each in listed})
    # A chosen run may have been deleted meanwhile, an uploaded result dropped.
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
    results = _read([by_id[each] for each in chosen], titles)
    if len(results) < 2:
        st.caption("The others are compared with the first one chosen.")
        return
    _show(results, short_titles({titles[each]: by_id[each] for each in chosen if titles[each] in results}))


def _read(chosen: Sequence[ListedResult], titles: Mapping[str, str]) -> dict[str, BenchmarkResult]:
    results: dict[str, BenchmarkResult] = {}
    for each in chosen:
        try:
            result = each.load()
        except AecError as error:
            st.warning(f"{plain(each.title)}: {error_text(error)}", icon=":material/compare_arrows:")
            continue
        if result is not None:
            results[titles[each.id]] = result
    return results


def _show(results: Mapping[str, BenchmarkResult], short: Mapping[str, str]) -> None:
    stages = [
        stage for stage in STAGE_TITLES if all(fastest_of_each(result.summary, stage) for result in results.values())
    ]
    stage: MeasuredStage = "extraction"
    if len(stages) > 1:
        stage = choose_stage(stages, "compared-stage")
    by_short = {short[title]: result for title, result in results.items()}
    for words in cautions(by_short):
        st.warning(plain(words), icon=":material/warning:")
    rows = {title: fastest_of_each(result.summary, stage) for title, result in by_short.items()}
    show_figure(comparison_chart(rows), comparison_alt(rows), "comparison")
    alt = "The chosen results side by side, a row for each version"
    show_table(comparison_table(by_short, stage), alt, "comparison-figures")
    st.caption(
        "Each version in its fastest configuration, started warm. A speed-up is relative to the first version of the "
        "same result; whiskers are the range over its repeats."
    )
    download("Compared measurements (CSV)", lambda: measurements_csv(results), "benchmarks.csv")


def cautions(results: Mapping[str, BenchmarkResult]) -> list[str]:
    """Return warnings about a comparison, one per kind of difference.

    Parameters
    ----------
    results : mapping of str to BenchmarkResult
        By title; the others are compared with the first.
    """
    base = next(iter(results.values()))
    differing: dict[str, list[str]] = {}
    for title, result in results.items():
        for difference in differences(result, base):
            differing.setdefault(difference, []).append(f"“{title}”")
    return [f"{', '.join(differing[name])}: {words}" for name, words in _CAUTIONS.items() if name in differing]


_CAUTIONS = {
    "clips": "other clips. Seconds, memory and accuracy cannot be compared; speed-ups only with care, because they "
    "are larger for long clips and many clips.",
    "features": "other features. Figures cannot be compared.",
    "machine": "another machine. Seconds and memory cannot be compared; speed-ups can, given the number of cores.",
    "libraries": "other versions of Python or of libraries, which can cause differences.",
}


def short_titles(listed: Mapping[str, ListedResult]) -> dict[str, str]:
    """Return titles short enough to stand beside a chart on a phone, by full title."""
    found: dict[str, str] = {}
    for title, each in listed.items():
        name = each.short_title
        name = name if len(name) <= _SHORT else f"{name[: _SHORT - 1]}…"
        numbered = (name if number == 1 else f"{name} {number}" for number in count(1))
        found[title] = next(short for short in numbered if short not in found.values())
    return found
