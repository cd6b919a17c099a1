"""The job panel: nothing, running, waiting; and who may cancel what."""

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


def said_in_the_sidebar(app):
    parts = [*app.sidebar.markdown, *app.sidebar.caption]
    return "\n".join(str(part.value) for part in parts)


def wait_in_queue(number, owner=""):
    run = make_run(number, owner=owner)
    RunIndex(read_settings().home).add(run.id, "mlp", owner)
    return run


@pytest.mark.parametrize("page", PAGES)
def test_every_page_says_quietly_that_nothing_runs(open_page, page):
    app = open_page(page)
    assert said_in_the_sidebar(app) == "No job is running."
    assert not app.sidebar.button
    assert not (read_settings().home / "index.sqlite").exists()


@pytest.mark.parametrize("page", PAGES)
def test_every_page_shows_what_runs_and_what_waits(open_page, page):
    running, waiting = start(make_run(1)), wait_in_queue(2)
    add_epochs(running, 5)
    app = open_page(page)
    said = said_in_the_sidebar(app)
    assert "**Training (MLP)**" in said
    assert "1 job waiting" in said
    (bar,) = app.sidebar.get("progress")
    assert bar.proto.text == "Fold 1 of 5: epoch 5"
    assert 0 < bar.proto.value < 100
    keys = {button.key for button in app.sidebar.button}
    assert keys == {f"cancel-panel-{running.id}", f"cancel-panel-{waiting.id}"}


def test_time_left_is_said_when_it_is_known(open_page, monkeypatch):
    job = Job(
        id="a",
        kind="mlp",
        state="running",
        owner="",
        progress=JobProgress(0.4, "Fold 1 of 5: epoch 3", 84.0),
        cancelling=False,
    )
    (read_settings().home / "runs").mkdir(parents=True)
    monkeypatch.setattr("aec.ui.job_panel.list_jobs", lambda _home: [job])
    app = open_page("dataset")
    assert "About 1 min 20 s left" in said_in_the_sidebar(app)


def test_a_running_job_is_asked_to_stop(open_page):
    run = start(make_run())
    app = open_page("dataset")
    app.button(key=f"cancel-panel-{run.id}").click().run()
    assert RunIndex(read_settings().home).is_cancel_requested(run.id)
    assert "Stopping; what is done by now is kept." in said_in_the_sidebar(app)
    assert not app.sidebar.button


def test_a_waiting_job_is_taken_out_at_once(open_page):
    waiting = wait_in_queue(1)
    app = open_page("dataset")
    app.button(key=f"cancel-panel-{waiting.id}").click().run()
    assert waiting.state().name == "cancelled"
    assert said_in_the_sidebar(app) == "No job is running."


def test_among_strangers_only_ones_own_job_can_be_cancelled(open_page, monkeypatch):
    monkeypatch.setenv("AEC_PUBLIC", "1")
    theirs = start(make_run(1, owner="somebody"), "somebody")
    mine = wait_in_queue(2, owner="me")
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
def test_a_forged_click_does_not_cancel_a_strangers_job(monkeypatch, public, cancelled):
    from streamlit.testing.v1 import AppTest

    monkeypatch.setenv("AEC_PUBLIC", public)
    start(make_run(1, owner="somebody"), "somebody")
    app = AppTest.from_function(cancel_by_force).run()
    assert not app.exception
    assert RunIndex(read_settings().home).is_cancel_requested("20261121-100000-mlp-0001") is cancelled


def test_a_job_without_owner_is_nobodys_among_strangers(monkeypatch):
    from streamlit.testing.v1 import AppTest

    monkeypatch.setenv("AEC_PUBLIC", "1")
    run = start(make_run(1))
    AppTest.from_function(cancel_by_force).run()
    assert not RunIndex(read_settings().home).is_cancel_requested(run.id)


def test_a_home_that_cannot_be_used_is_told_quietly(open_page):
    home = read_settings().home
    (home / "runs").mkdir(parents=True)
    (home / "index.sqlite").mkdir()
    app = open_page("dataset")
    assert "the list of runs cannot be used" in said_in_the_sidebar(app)
    assert "Dataset" in texts(app)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, ""), (0.2, "About 0 s left"), (12.4, "About 12 s left"), (95, "About 1 min 40 s left")],
)
def test_time_left_in_words(seconds, words):
    assert remaining_words(seconds) == words


def test_kinds_in_words():
    assert kind_title("mlp") == "Training (MLP)"
    assert kind_title("something") == "Job"
