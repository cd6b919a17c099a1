"""Parts of the overview below its numbers: five steps, active jobs, last runs."""

import streamlit as st

from aec.charts.words import counted
from aec.runs.queue import Job
from aec.settings import Settings
from aec.ui.benchmark_runs import OPEN_BENCHMARK, BenchmarkRow
from aec.ui.job_panel import jobs_or_error
from aec.ui.overview.recent_runs import recent_runs
from aec.ui.run_records import OPEN_RUN, TrainingRow
from aec.ui.run_words import kind_title, progress_text
from aec.ui.text import plain

_REFRESH_S = 2.0
_STEPS = (
    ("Files", "pages/dataset.py", ":material/folder_open:", "Two demo corpora, or folders of your own."),
    (
        "Clips",
        "pages/dataset.py",
        ":material/table_rows:",
        "Speakers, emotions, durations, and problems of clips.",
    ),
    (
        "Features",
        "pages/dataset.py",
        ":material/equalizer:",
        "The input of a model, many times a second. See it in the tab Listen.",
    ),
    (
        "Model",
        "pages/training.py",
        ":material/model_training:",
        "Trained on some voices, tested on others.",
    ),
    (
        "Prediction",
        "pages/prediction.py",
        ":material/graphic_eq:",
        "The most probable emotion with its confidence, or “unsure”.",
    ),
)


def show_steps() -> None:
    """Show the five steps from a file to a prediction, each with a link to its page."""
    st.subheader("From file to prediction", anchor=False)
    steps = st.grid(len(_STEPS), min_column_width=140, gap="xsmall", border=True)
    for number, (title, page, icon, text) in enumerate(_STEPS, start=1):
        with steps.cell(), st.container(gap="xsmall"):
            st.page_link(page, label=f"**{number}. {title}**", icon=icon)
            st.caption(text)


def show_running() -> None:
    """Show the active jobs, refreshed every two seconds while there are any."""
    st.subheader("Running now", anchor=False)
    if jobs := jobs_or_error():
        _show_jobs(tuple(job.id for job in jobs))
    elif jobs is not None:
        st.caption("Nothing is running.")


def show_recent(settings: Settings) -> None:
    """Show the last three runs, each as a button that opens it."""
    st.subheader("Last runs", anchor=False)
    runs = recent_runs(settings)
    if not runs:
        st.caption("Nothing was trained or measured yet.")
        st.page_link("pages/training.py", label="Train a model", icon=":material/model_training:")
    for run in runs:
        _show_run(run)


@st.fragment(run_every=_REFRESH_S)
def _show_jobs(drawn: tuple[str, ...]) -> None:
    jobs = jobs_or_error()
    if jobs is None:
        return
    if tuple(job.id for job in jobs) != drawn:
        # The numbers and the last runs have changed as well.
        st.rerun()
    for job in jobs[:1]:
        _show_job(job)
    if waiting := len(jobs) - 1:
        st.caption(f"{counted(waiting, 'job')} waiting")


def _show_job(job: Job) -> None:
    page = "pages/benchmark.py" if job.kind == "benchmark" else "pages/training.py"
    st.page_link(page, label=kind_title(job.kind), icon=":material/open_in_new:")
    if job.state == "running":
        st.progress(job.progress.share or 0.0, text=progress_text(job.progress))
    else:
        st.caption("It starts in a moment.")


def _show_run(run: TrainingRow | BenchmarkRow) -> None:
    trained = isinstance(run, TrainingRow)
    title = f"{'Training' if trained else 'Benchmark'} · {plain(run.title)}"
    icon = ":material/model_training:" if trained else ":material/speed:"
    # A button, because it also selects the run that the page shows.
    opened = st.button(
        title, type="tertiary", icon=icon, key=f"open-{run.id}", wrap=True, on_click=_open, args=(run.id, trained)
    )
    if opened:
        st.switch_page("pages/training.py" if trained else "pages/benchmark.py")


def _open(run_id: str, trained: bool) -> None:
    st.session_state[OPEN_RUN if trained else OPEN_BENCHMARK] = run_id
