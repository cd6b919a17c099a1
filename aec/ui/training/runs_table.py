"""The table of all trainings, and the comparison of the selected ones."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from aec.charts.training import difference_alt, difference_chart
from aec.charts.words import METRIC_TITLES, counted
from aec.errors import AecError
from aec.evaluation.comparison import Comparison, Difference, compare
from aec.ui.figures import show_figure
from aec.ui.messages import error_text
from aec.ui.run_records import TrainingRow, report_of
from aec.ui.run_words import STATE_TITLES
from aec.ui.text import plain

# More lines than that nobody reads at once.
_COMPARED = 6


@st.fragment
def show_runs(rows: Sequence[TrainingRow]) -> None:
    """Show the table; two or more selected rows are compared below it.

    Parameters
    ----------
    rows : sequence of TrainingRow
        Newest first, at least one.
    """
    event = st.dataframe(
        _table(rows),
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        # Another set of runs is another table: a selection by row number would move to other runs.
        key=f"runs-{len(rows)}-{rows[0].id}",
        alt="All trainings, newest first",
    )
    chosen = [rows[at] for at in event["selection"]["rows"] if at < len(rows)]
    if len(chosen) < 2:
        st.caption("Select two runs or more to compare them on the clips that they share.")
        return
    show_comparison(sorted(chosen, key=lambda row: row.id)[:_COMPARED])


def show_comparison(rows: Sequence[TrainingRow]) -> None:
    """Compare runs with the oldest of them.

    Parameters
    ----------
    rows : sequence of TrainingRow
        Oldest first, at least two.
    """
    base = rows[0]
    found: list[tuple[TrainingRow, Comparison]] = []
    st.markdown(f"**Against {plain(base.title)}**")
    for row in rows[1:]:
        try:
            found.append((row, _compared(base, row)))
        except AecError as error:
            st.warning(f"{plain(row.title)}: {error_text(error)}", icon=":material/compare_arrows:")
    if not found:
        return
    for row, comparison in found:
        st.markdown(f"- {plain(_sentence(row.title, comparison))}")
    if len({row.protocol for row in rows if row.uar is not None}) > 1:
        st.warning(
            "These runs were tested by different protocols. A split with speakers on both sides scores higher "
            "without being better.",
            icon=":material/warning:",
        )
    differences = _uar_differences(found)
    table = pd.DataFrame([line for row, one in found for line in _lines(row.title, one)])
    show_figure(difference_chart(differences), difference_alt(differences, base.title), key="comparison", table=table)
    st.caption(plain(" ".join(dict.fromkeys(one.note for _, one in found))))


def _uar_differences(found: Sequence[tuple[TrainingRow, Comparison]]) -> dict[str, Difference]:
    # Beside a chart there is little room on a phone: the time is enough, and the end of the name where it is not.
    times = [row.when for row, _ in found]
    names = [row.when if times.count(row.when) == 1 else f"{row.when} {row.id[-4:]}" for row, _ in found]
    return {name: one.differences["uar"] for name, (_, one) in zip(names, found, strict=True)}


def _compared(base: TrainingRow, row: TrainingRow) -> Comparison:
    reports = [report_of(each) for each in (base, row)]
    missing = [each for each, report in zip((base, row), reports, strict=True) if report is None]
    if missing:
        raise AecError(f"the run of {missing[0].when} has no report", "", "Choose finished runs")
    first, second = (report.predictions for report in reports if report is not None)
    return compare(first, second)


def _sentence(title: str, comparison: Comparison) -> str:
    difference = comparison.differences["uar"]
    verdict = _verdict(difference)
    left = comparison.only_first + comparison.only_second
    alone = f"; {counted(left, 'clip')} tested by one of them alone left out" if left else ""
    return f"{title}: {verdict} On {counted(comparison.clips, 'shared clip')}{alone}."


def _verdict(difference: Difference) -> str:
    if abs(difference.value) < 0.0005:
        return "no difference in UAR."
    how = f"{abs(difference.value):.3f} {'higher' if difference.value > 0 else 'lower'} in UAR"
    if difference.interval is None:
        return f"{how}; there is no interval for the difference."
    low, high = difference.interval
    sure = "the difference is sure" if difference.is_sure else "it may be chance"
    return f"{how} ({low:+.3f} to {high:+.3f}): {sure}."


def _lines(title: str, comparison: Comparison) -> list[dict[str, str | float]]:
    return [
        {
            "Run": title,
            "Score": METRIC_TITLES[name],
            "First": round(one.first, 3),
            "This": round(one.second, 3),
            "Difference": round(one.value, 3),
            "95 % interval": f"{one.interval[0]:+.3f} to {one.interval[1]:+.3f}" if one.interval else "none",
        }
        for name, one in comparison.differences.items()
    ]


def _table(rows: Sequence[TrainingRow]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "Started": row.when,
                "Model": row.model.upper(),
                "State": STATE_TITLES.get(row.state, row.state),
                "UAR (95 % interval)": row.score,
                "Protocol": row.protocol or "–",
                "Corpora": row.corpora,
            }
            for row in rows
        ]
    )
