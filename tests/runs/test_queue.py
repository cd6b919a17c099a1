"""The queue and its index, without a worker; and the end of a log."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from aec.errors import RunError
from aec.runs.index import RunIndex
from aec.runs.queue import cancel, list_jobs, submit
from aec.runs.worker import last_lines

CONFIG = {"kind": "mlp", "data": ["clips"]}


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    monkeypatch.setattr("aec.runs.queue.ensure_worker", lambda _home: None)
    return tmp_path / "home"


def test_submitted_runs_are_listed_in_order_with_their_owner(home):
    first, second = submit(home, CONFIG, "token"), submit(home, {**CONFIG, "kind": "benchmark"})
    assert [(job.id, job.kind, job.owner) for job in list_jobs(home)] == [
        (first.id, "mlp", "token"),
        (second.id, "benchmark", ""),
    ]
    assert [job.progress.step for job in list_jobs(home)] == ["Waiting", "Waiting"]
    assert first.job_config().data == ("clips",)


def test_a_queued_run_is_cancelled_and_a_deleted_one_removed(home):
    first, second, third = (submit(home, CONFIG) for _ in range(3))
    cancel(home, second.id)
    assert second.state().name == "cancelled"
    (third.folder / "config.json").unlink()
    for path in sorted(third.folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    third.folder.rmdir()
    assert [job.id for job in list_jobs(home)] == [first.id]


@pytest.mark.parametrize("junk", [None, b"junk" * 3000, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_lost_or_damaged_index_is_rebuilt_with_owners(home, junk):
    run = submit(home, CONFIG, "token")
    for path in home.glob("index.sqlite*"):
        path.unlink()
    if junk is not None:
        (home / "index.sqlite").write_bytes(junk)
    (job,) = list_jobs(home)
    assert (job.id, job.state, job.owner) == (run.id, "queued", "token")


def test_a_running_run_has_progress_and_a_requested_cancellation(home):
    run = submit(home, CONFIG)
    assert RunIndex(home).claim() == run.id
    run.write_state("running")
    run.add_progress({"stage": "extract", "done": 1, "total": 2})
    cancel(home, run.id)
    (job,) = list_jobs(home)
    assert (job.state, job.cancelling, job.progress.step) == ("running", True, "Features: 1 of 2 clips")
    run.write_state("finished")
    assert list_jobs(home) == []
    assert [entry.state for entry in RunIndex(home).entries()] == ["finished"]


def claim_all(home: Path) -> list[str]:
    index = RunIndex(home)
    return list(iter(index.claim, None))


def test_claims_never_overlap(home):
    index = RunIndex(home)
    for number in range(60):
        index.add(f"r{number:02}", "mlp")
    with ThreadPoolExecutor(4) as pool:
        claimed = [run_id for part in pool.map(lambda _: claim_all(home), range(4)) for run_id in part]
    assert sorted(claimed) == [f"r{number:02}" for number in range(60)]


def test_the_index_says_when_it_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="AEC_HOME"):
        RunIndex(tmp_path / "file").entries()


def test_a_busy_index_is_waited_for(home):
    index = RunIndex(home)
    index.add("a", "mlp")
    other = sqlite3.connect(index.path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    with ThreadPoolExecutor(1) as pool:
        claimed = pool.submit(index.claim)
        with pytest.raises(TimeoutError):
            claimed.result(timeout=0.3)
        other.execute("COMMIT")
        other.close()
        assert claimed.result(timeout=60) == "a"


def test_public_jobs_have_a_time_limit_and_the_queue_a_length(home, monkeypatch):
    monkeypatch.setattr("aec.runs.queue.ensure_worker", lambda _home: None)
    assert "limit_s" not in submit(home, CONFIG).config()
    runs = [submit(home, CONFIG, public=True) for _ in range(4)]
    assert {run.config()["limit_s"] for run in runs} == {120.0}
    with pytest.raises(RunError, match="Try again in a few minutes"):
        submit(home, CONFIG, public=True)
    assert len(list((home / "runs").iterdir())) == 5


def test_the_end_of_a_log(tmp_path):
    path = tmp_path / "log.txt"
    path.write_text("one\n\n" + "x" * 9000 + "\rtwo\nthree\n")
    assert last_lines(path, 2) == ["two", "three"]
    assert last_lines(tmp_path / "none", 2) == []
