"""Published reference scores beside a report, with their protocols."""

from collections.abc import Sequence

import streamlit as st

from aec.charts.words import counted, titled
from aec.corpora.demo import DEMO_FOLDERS
from aec.evaluation.published_scores import PublishedScore, published_alone, published_together
from aec.training import TrainingReport
from aec.ui.run_records import TrainingRow
from aec.ui.text import plain

_TITLES = {
    "ravdess": "RAVDESS",
    "crema-d": "CREMA-D",
    "savee": "SAVEE",
    "tess": "TESS",
    "emodb": "EmoDB",
    "iemocap": "IEMOCAP",
}
_CAREFUL = (
    "An orientation, no ranking: the figures are UAR or accuracy, whichever the source gives, and label sets, folds "
    "and preprocessing differ. Compare with the same protocol alone: with speakers on both sides a score is higher "
    "without being better."
)


def show_published(row: TrainingRow, report: TrainingReport) -> None:
    """Show published scores on the same corpora, or say that there are none.

    Parameters
    ----------
    row : TrainingRow
    report : TrainingReport
    """
    st.markdown("**Published scores**")
    corpora = list(report.corpora)
    if all(name in DEMO_FOLDERS for name in corpora):
        st.caption("Nothing is published on the demo corpora: they are synthetic and were made for this program.")
        return
    found = published_together(corpora)
    alone = [] if found else published_alone(corpora)
    names = ", ".join(_TITLES.get(name, name) for name in corpora)
    if not found and not alone:
        st.caption(plain(f"No published score on {names} is known here."))
        return
    if alone:
        st.caption(plain(f"Nothing is known here on {names} together. Of each corpus alone:"))
    _show_table(row, report, found or alone)


def published_rows(
    row: TrainingRow, report: TrainingReport, scores: Sequence[PublishedScore]
) -> list[dict[str, str]]:
    """Return the table: this run first, then the published scores.

    Parameters
    ----------
    row : TrainingRow
    report : TrainingReport
    scores : sequence of PublishedScore
    """
    ours = {
        "Data": ", ".join(_TITLES.get(name, name) for name in report.corpora),
        "Approach": "This run",
        "Score": f"UAR {row.score}",
        "Tested on": f"{titled(report.split_title)}; {counted(_emotions(report), 'emotion')}",
    }
    return [ours, *(_published(score) for score in scores)]


def _show_table(row: TrainingRow, report: TrainingReport, scores: Sequence[PublishedScore]) -> None:
    # Imported here: what has nothing to list needs no table.
    import pandas as pd

    # A table that is not scrolled: the protocol belongs beside each score, also on a phone.
    st.table(
        pd.DataFrame(published_rows(row, report, scores)),
        hide_index=True,
        border="horizontal",
        alt="This run and the published scores on the same corpora",
    )
    st.caption(_CAREFUL)
    others = sorted({score.emotions for score in scores} - {_emotions(report)})
    if others:
        counts = " or ".join(str(number) for number in others)
        st.caption(
            f"This run has {counted(_emotions(report), 'emotion')}, the published scores have {counts}: with more "
            "emotions the same score is harder to reach."
        )


def _published(score: PublishedScore) -> dict[str, str]:
    value = f"{score.low:.2f}" if score.low == score.high else f"{score.low:.2f} to {score.high:.2f}"
    remark = f" ({score.remark})" if score.remark else ""
    return {
        "Data": " and ".join(_TITLES[name] for name in sorted(score.corpora)),
        "Approach": f"{score.approach}{remark}",
        "Score": value,
        "Tested on": f"{titled(score.protocol)}; {counted(score.emotions, 'emotion')}",
    }


def _emotions(report: TrainingReport) -> int:
    """Return the number of emotions with test clips."""
    return sum(row.support > 0 for row in report.per_class.values())
