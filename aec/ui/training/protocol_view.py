"""A training tested on unseen speakers beside the same one with a random split."""

from collections.abc import Mapping
from functools import partial

import streamlit as st

from aec.charts.training import score_alt, score_chart
from aec.charts.words import METRIC_TITLES
from aec.errors import AecError
from aec.evaluation.comparison import Comparison, compare
from aec.runs.run import Run
from aec.settings import Settings, read_settings
from aec.training import TrainingReport
from aec.ui.figures import show_figure
from aec.ui.messages import show_error
from aec.ui.run_records import ACTIVE, TrainingRow, report_of, training_runs
from aec.ui.submission import show_start
from aec.ui.text import plain
from aec.ui.training.counterparts import OTHER_SPLIT, counterpart_settings, find_counterpart

_EVERY_S = 2.0
_TITLES = {"speaker": "Unseen speakers", "random": "Random split"}
_WITH = {"random": "a random split", "speaker": "unseen speakers"}


def show_protocols(row: TrainingRow, report: TrainingReport, settings: Settings) -> None:
    """Offer the same training with the other split, and show both.

    Parameters
    ----------
    row : TrainingRow
        Nothing is offered for a cross-corpus test.
    report : TrainingReport
    settings : Settings
    """
    other_split = OTHER_SPLIT.get(row.split)
    if other_split is None:
        return
    st.markdown("**Unseen speakers beside a random split**")
    wanted = st.toggle(f"Compare with {_WITH[other_split]}", key=f"protocols-{row.id}", persist_state="session")
    if not wanted:
        return
    try:
        other = find_counterpart(row, training_runs(settings))
        if other is None:
            _offer(row, other_split)
        elif other.state in ACTIVE:
            _watch(other.run)
        else:
            _show_pair(row, report, other)
    except AecError as error:
        show_error(error, title="The comparison cannot be shown")


def difference_sentence(reports: Mapping[str, TrainingReport], comparison: Comparison | None) -> str:
    """Return a sentence on the difference in UAR between the two splits.

    Parameters
    ----------
    reports : mapping of str to TrainingReport
        By `speaker` and `random`.
    comparison : Comparison or None
        Of the first with the second; None where they share no clip.
    """
    unseen, known = (reports[split].uar for split in ("speaker", "random"))
    if known - unseen < 0.005:
        how = f"The random split gives {known:.2f} and unseen speakers {unseen:.2f}: known voices do not help here."
    else:
        how = (
            f"The random split gives a UAR {known - unseen:.2f} higher. It is optimistic: speakers are on both "
            f"sides, so the model is tested on voices that it was trained on. For a new voice, expect {unseen:.2f}."
        )
    difference = comparison.differences["uar"] if comparison is not None else None
    if difference is None or difference.interval is None:
        return how
    low, high = difference.interval
    return f"{how} The difference is {difference.value:+.2f} ({low:+.2f} to {high:+.2f}, paired over speakers)."


def _show_pair(row: TrainingRow, report: TrainingReport, other: TrainingRow) -> None:
    # Imported here: most reports are read without this comparison.
    import pandas as pd

    theirs = report_of(other)
    if theirs is None:
        return
    found = {row.split: report, other.split: theirs}
    reports = {split: found[split] for split in _TITLES}
    titled = {_TITLES[split]: each for split, each in reports.items()}
    st.markdown(plain(difference_sentence(reports, _compared(reports))))
    table = pd.DataFrame(
        [
            {
                "Score": title,
                **{split: round(each.metrics[name], 3) for split, each in titled.items()},
                "Difference": round(reports["random"].metrics[name] - reports["speaker"].metrics[name], 3),
            }
            for name, title in METRIC_TITLES.items()
        ]
    )
    show_figure(score_chart(titled), score_alt(titled), key=f"protocol-chart-{row.id}", table=table)
    if report.data_digest != theirs.data_digest:
        st.caption("The clips have changed between the two runs; a part of the difference may come from that.")


def _compared(reports: Mapping[str, TrainingReport]) -> Comparison | None:
    try:
        return compare(reports["speaker"].predictions, reports["random"].predictions)
    except AecError:
        # Single splits may have no test clip in common; the two figures still stand side by side.
        return None


def _offer(row: TrainingRow, other_split: str) -> None:
    why = (
        "A random split tests on speakers of the training clips: the difference is the gain from known voices."
        if other_split == "random"
        else "The score on unseen speakers holds for new voices."
    )
    st.caption(f"{why} There is no such run yet with the same clips, features, model and settings.")
    show_start(
        f"Train the same with {_WITH[other_split]}",
        "counterpart",
        row.id,
        partial(_counterpart_config, row.run),
        failure="The training could not be started",
        button_key=f"counterpart-{row.id}",
    )


def _counterpart_config(run: Run) -> dict[str, object]:
    return counterpart_settings(run, read_settings()).to_config()


@st.fragment(run_every=_EVERY_S)
def _watch(run: Run) -> None:
    try:
        is_active = run.state().name in ACTIVE
    except AecError:
        is_active = False
    if not is_active:
        # It ended, or its folder is gone: the page shows what there is now.
        st.rerun()
    st.caption(
        ":material/hourglass_top: It is being trained. Both appear here side by side when it is done; the panel at "
        "the side says how far it is."
    )
