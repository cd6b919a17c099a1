"""The job panel: no job, running and queued jobs, permission to cancel."""

import pytest
from dashboard_helpers import texts
from training_helpers import add_epochs, make_run, start

from aec.runs.index import RunIndex
from aec.runs.progress import JobProgress
from aec.runs.queue import Job
from aec.settings import read_settings
from aec.ui.run_words import kind_title, remaining_words

PAGES = ("overview", "dataset", "benchmark", "training", "prediction")


@pytest.fixture(autouse=True)
def _no_worker(monkeypatch):
    monkeypatch.setattr("aec.runs.queue.ensure_worker", lambda _home: None)


def sidebar_text(app):
    parts = [*app.sidebar.markdown, *app.sidebar.caption]
    return "\n".join(str(part.value) for part in parts)


def queue_run(number, owner=""):
    run = make_run(number, owner=owner)
    RunIndex(read_settings().home).add(run.id, "mlp", owner)
    return run


@pytest.mark.parametrize("page", PAGES)
def test_every_page_shows_that_no_job_runs(open_page, page):
    app = open_page(page)
    assert sidebar_text(app) == "No job is running."
    assert not app.sidebar.button
    assert not (read_settings().home / "index.sqlite").exists()


@pytest.mark.parametrize("page", PAGES)
def test_every_page_shows_running_and_queued_jobs(open_page, page):
    running, waiting = start(make_run(1)), queue_run(2)
    add_epochs(running, 5)
    app = open_page(page)
    shown = sidebar_text(app)
    assert "**Training (MLP)**" in shown
    assert "1 job waiting" in shown
    (bar,) = app.sidebar.get("progress")
    assert bar.proto.text == "Fold 1 of 5: epoch 5"
    assert 0 < bar.proto.value < 100
    keys = {button.key for button in app.sidebar.button}
    assert keys == {f"cancel-panel-{running.id}", f"cancel-panel-{waiting.id}"}


def test_remaining_time_is_shown_if_known(open_page, monkeypatch):
    job = Job(
        id="a",
        kind="mlp",
        state="running",
        owner="",
        created=0.0,
        progress=JobProgress(0.4, "Fold 1 of 5: epoch 3", 84.0),
        cancelling=False,
    )
    (read_settings().home / "runs").mkdir(parents=True)
    monkeypatch.setattr("aec.ui.job_panel.list_jobs", lambda _home: [job])
    app = open_page("dataset")
    assert "About 1 min 20 s left" in sidebar_text(app)


def test_a_running_job_is_cancelled(open_page):
    run = start(make_run())
    app = open_page("dataset")
    app.button(key=f"cancel-panel-{run.id}").click().run()
    assert RunIndex(read_settings().home).is_cancel_requested(run.id)
    assert "Stopping; what is done by now is kept." in sidebar_text(app)
    assert not app.sidebar.button


def test_a_queued_job_is_removed_at_once(open_page):
    waiting = queue_run(1)
    app = open_page("dataset")
    app.button(key=f"cancel-panel-{waiting.id}").click().run()
    assert waiting.state().name == "cancelled"
    assert sidebar_text(app) == "No job is running."


def test_in_public_only_the_own_job_can_be_cancelled(open_page, monkeypatch):
    monkeypatch.setenv("AEC_PUBLIC", "1")
    theirs = start(make_run(1, owner="somebody"), "somebody")
    mine = queue_run(2, owner="me")
    app = open_page("dataset")
    app.session_state["owner-token"] = "me"
    app.run()
    assert {button.key for button in app.sidebar.button} == {f"cancel-panel-{mine.id}"}
    assert not RunIndex(read_settings().home).is_cancel_requested(theirs.id)


def cancel_by_force():
    import streamlit as st

    from aec.ui.job_panel import cancel_job

    st.session_state["owner-token"] = "me"
    cancel_job("20261121-100000-mlp-0001")


@pytest.mark.parametrize(("public", "cancelled"), [("1", False), ("", True)])
def test_a_forged_click_does_not_cancel_the_job_of_another(monkeypatch, public, cancelled):
    from streamlit.testing.v1 import AppTest

    monkeypatch.setenv("AEC_PUBLIC", public)
    start(make_run(1, owner="somebody"), "somebody")
    app = AppTest.from_function(cancel_by_force).run()
    assert not app.exception
    assert RunIndex(read_settings().home).is_cancel_requested("20261121-100000-mlp-0001") is cancelled


def test_in_public_nobody_can_cancel_a_job_without_owner(monkeypatch):
    from streamlit.testing.v1 import AppTest

    monkeypatch.setenv("AEC_PUBLIC", "1")
    run = start(make_run(1))
    AppTest.from_function(cancel_by_force).run()
    assert not RunIndex(read_settings().home).is_cancel_requested(run.id)


def test_an_unusable_index_is_reported_in_the_panel(open_page):
    home = read_settings().home
    (home / "runs").mkdir(parents=True)
    (home / "index.sqlite").mkdir()
    app = open_page("dataset")
    assert "the list of runs cannot be used" in sidebar_text(app)
    assert "Dataset" in texts(app)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, ""), (0.2, "About 0 s left"), (12.4, "About 12 s left"), (95, "About 1 min 40 s left")],
)
def test_remaining_time_in_words(seconds, words):
    assert remaining_words(seconds) == words


def test_kinds_in_words():
    assert kind_title("mlp") == "Training (MLP)"
    assert kind_title("something") == "Job"
