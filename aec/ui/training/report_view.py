"""Report of a training: score with its protocol, metrics, and tabs."""

from collections.abc import Callable
from functools import partial

import msgspec
import streamlit as st

from aec.charts.training import (
    class_alt,
    class_chart,
    confusion_alt,
    score_alt,
    score_chart,
    speaker_score_alt,
    speaker_score_chart,
)
from aec.charts.words import METRIC_TITLES, titled
from aec.evaluation.metrics import METRICS
from aec.settings import Settings
from aec.training import TrainingReport
from aec.training.progress import epoch_records
from aec.ui.confusion_view import show_confusion
from aec.ui.download import json_text
from aec.ui.figures import show_figure
from aec.ui.offered_models import choose_model
from aec.ui.run_records import TrainingRow
from aec.ui.text import plain
from aec.ui.training.about_tab import show_facts, show_leaks
from aec.ui.training.curves_view import show_curves
from aec.ui.training.mistakes_tab import show_hardest
from aec.ui.training.protocol_view import show_protocols
from aec.ui.training.published_view import show_published
from aec.ui.training.report_tables import class_table, guessing, score_table, speaker_scores


def show_report(row: TrainingRow, report: TrainingReport, settings: Settings) -> None:
    """Show a report.

    Parameters
    ----------
    row : TrainingRow
    report : TrainingReport
    settings : Settings
    """
    _show_headline(row, report)
    if not report.is_complete:
        folds = f"{report.folds_done} of {report.folds} folds"
        st.warning(
            f"The training was cancelled: these figures are of {folds} and of {report.n_test:,} test clips alone. "
            "Do not compare them with figures of all folds.",
            title="Not all folds",
            icon=":material/warning:",
        )
    _show_numbers(report)
    leaks = [leak for leak in report.leaks if leak.found]
    if leaks:
        details = " ".join(leak.detail for leak in leaks)
        st.warning(plain(details), title="Read this score with care", icon=":material/warning:")
    _show_downloads(row, report, settings)
    names = ["Confusion", "Emotions", "Speakers", "Mistakes", "Scores", "Leak audit", "Curves", "About"]
    tabs = st.tabs(names, key=f"report-{row.id}")
    views: tuple[Callable[[], None], ...] = (
        partial(_show_confusion, row, report),
        partial(_show_classes, row, report),
        partial(_show_speakers, row, report),
        partial(show_hardest, report.predictions, key=f"mistakes-{row.id}"),
        partial(_show_scores, row, report, settings),
        partial(show_leaks, report, settings),
        partial(_show_curves, row),
        partial(show_facts, row, report, settings),
    )
    for tab, view in zip(tabs, views, strict=True):
        with tab:
            view()


def _show_headline(row: TrainingRow, report: TrainingReport) -> None:
    st.subheader(f"UAR {report.uar:.2f}, {plain(report.split_title)}", anchor=False)
    interval = report.intervals.get("uar")
    chance = guessing(report)["uar"]
    within = f"95 % interval {interval[0]:.2f} to {interval[1]:.2f}; " if interval else ""
    times = f"{report.uar / chance:.1f} times what guessing gives ({chance:.2f})"
    st.markdown(f"{within}{times}; {report.n_test:,} test clips. UAR is the mean recall over the emotions.")
    if row.state == "cancelled":
        st.caption("This training was cancelled; the best so far was kept.")
    if not interval:
        st.caption(plain(report.interval_note))


def _show_numbers(report: TrainingReport) -> None:
    numbers = st.grid(4, min_column_width=115, gap="xsmall")
    for name in METRICS:
        interval = report.intervals.get(name)
        numbers.metric(
            METRIC_TITLES[name],
            f"{report.metrics[name]:.2f}",
            delta=f"{interval[0]:.2f} to {interval[1]:.2f}" if interval else None,
            delta_color="off",
            delta_arrow="off",
            border=True,
        )


def _show_scores(row: TrainingRow, report: TrainingReport, settings: Settings) -> None:
    reports = {titled(report.split_title): report}
    show_figure(
        score_chart(reports, guessing(report)),
        score_alt(reports),
        key=f"scores-{row.id}",
        table=score_table(report),
    )
    st.caption(plain(report.interval_note))
    show_protocols(row, report, settings)
    show_published(row, report)


def _show_confusion(row: TrainingRow, report: TrainingReport) -> None:
    labels, confusion = report.labels, report.confusion
    st.caption(confusion_alt(labels, confusion))
    form = st.segmented_control(
        "Numbers", ["Counts", "Row %"], default="Counts", required=True, key=f"confusion-form-{row.id}"
    )
    show_confusion(labels, confusion, f"confusion-{row.id}", as_share=form == "Row %")


def _show_classes(row: TrainingRow, report: TrainingReport) -> None:
    rows = {label: each for label, each in report.per_class.items() if each.support or each.precision}
    show_figure(class_chart(rows), class_alt(rows), key=f"classes-{row.id}", table=class_table(rows))


def _show_speakers(row: TrainingRow, report: TrainingReport) -> None:
    scores = speaker_scores(report.predictions)
    if scores.empty:
        st.info("No speaker of the test clips is known.")
        return
    st.caption(speaker_score_alt(scores))
    table = scores.rename(columns={"speaker": "Speaker", "uar": "UAR", "clips": "Clips"}).round(3)
    show_figure(
        speaker_score_chart(scores, report.uar, guessing(report)["uar"]),
        speaker_score_alt(scores),
        key=f"speakers-{row.id}",
        table=table,
    )


def _show_curves(row: TrainingRow) -> None:
    epochs = epoch_records(row.run.progress())
    if not epochs:
        st.info("No curves were kept.")
    show_curves(epochs, f"curve-{row.id}", tables=True)


def _show_downloads(row: TrainingRow, report: TrainingReport, settings: Settings) -> None:
    with st.container(horizontal=True):
        if row.has_model:
            _show_use(row)
            # A function: the file is read for a download, not at every click on the page.
            st.download_button(
                "Download model",
                row.run.model_path.read_bytes,
                file_name=f"{row.id}.onnx",
                mime="application/octet-stream",
                icon=":material/download:",
                on_click="ignore",
                key=f"model-{row.id}",
            )
        st.download_button(
            "Download report",
            lambda: report_text(report, settings),
            file_name=f"{row.id}.json",
            mime="application/json",
            icon=":material/download:",
            on_click="ignore",
            key=f"report-file-{row.id}",
        )


def _show_use(row: TrainingRow) -> None:
    chosen = st.button(
        "Use for prediction",
        type="primary",
        icon=":material/graphic_eq:",
        key=f"use-{row.id}",
        on_click=choose_model,
        args=(row.id,),
    )
    if chosen:
        st.switch_page("pages/prediction.py")


def report_text(report: TrainingReport, settings: Settings) -> str:
    """Return a report as JSON for download, without the folders of this machine."""
    fields = {name: value for name, value in msgspec.structs.asdict(report).items() if name != "run"}
    return json_text(fields, settings)
