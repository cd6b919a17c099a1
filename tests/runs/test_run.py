"""Run folders: atomic files, states, damaged files, runs of version 1."""

import json
import os
import threading
from pathlib import Path

import pytest

from aec.errors import RunError
from aec.runs.progress import progress_of
from aec.runs.run import Run, create_run, list_runs, open_run, recording, write_json

OLD = Path(__file__).parent / "run_of_version_1"


def test_a_run_from_its_beginning_to_its_end():
    run = create_run({"kind": "mlp", "seed": 1})
    assert run.state().name == "queued"
    assert run.config()["seed"] == 1
    with recording(run):
        assert run.state().name == "running"
        run.add_progress({"stage": "fold", "epoch": 1})
        run.write_report({"uar": 0.5})
        run.write_state("finished", uar=0.5)
    assert run.state().name == "finished"
    assert run.state().created
    assert run.state().started
    assert run.state().ended
    assert run.state().uar == 0.5
    assert run.progress()[0]["epoch"] == 1
    assert run.progress()[0]["time"] > 0
    assert run.report() == {"uar": 0.5}
    assert [found.id for found in list_runs()] == [run.id]
    assert open_run(run.folder).id == run.id


def test_an_error_leaves_the_run_failed_with_its_words():
    run = create_run({"kind": "mlp"})
    with pytest.raises(ValueError, match="too loud"), recording(run):
        raise ValueError("too loud")
    assert run.state().name == "failed"
    assert run.state().message == "too loud"


def write_process(run: Run, pid: int) -> None:
    state = {"state": "running", "pid": pid, "process_started": 1.0}
    (run.folder / "state.json").write_text(json.dumps(state))


def test_a_run_whose_process_is_gone_is_failed():
    run = create_run({"kind": "mlp"})
    write_process(run, pid=2**22 + 1)
    assert run.state().name == "failed"


def test_a_process_with_the_same_number_is_not_the_same_process():
    run = create_run({"kind": "mlp"})
    write_process(run, pid=os.getpid())
    assert run.state().name == "failed"


def test_a_run_of_version_1_opens():
    run = Run(OLD)
    state, config = run.state(), run.job_config()
    assert (state.name, state.message, state.version) == ("cancelled", "", 1)
    assert (state.created, state.ended) == ("2026-11-27T14:18:32+00:00", "2026-11-27T14:18:34+00:00")
    assert state.uar == pytest.approx(0.1825, abs=1e-4)
    assert (config.kind, config.data, config.owner, config.limit_s) == ("mlp", ("aec/demo/german",), "", None)
    assert run.config()["folds"] == 3
    assert len(run.progress()) == 12
    assert progress_of(run.progress(), now=0.0).step == "Saving the model"


def test_unknown_fields_are_ignored_and_the_owner_is_kept(tmp_path):
    run = create_run({"kind": "mlp", "owner": "token", "limit_s": 120, "new": [1]}, tmp_path / "run")
    assert (run.job_config().owner, run.job_config().limit_s) == ("token", 120.0)
    (run.folder / "state.json").write_text('{"state": "finished", "new": 1, "version": 2}')
    assert run.state().name == "finished"


def test_a_folder_is_used_once(tmp_path):
    create_run({}, tmp_path / "r")
    with pytest.raises(RunError, match="holds a run already"):
        create_run({}, tmp_path / "r")


def test_no_run_there(tmp_path):
    with pytest.raises(RunError, match="holds no run"):
        open_run(tmp_path)
    assert list_runs(tmp_path) == []


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[1]",
        '{"state": ',
        "{}",
        '{"state": "asleep"}',
        '{"state": "running", "pid": "7"}',
        '{"state": "\xff"}',
    ],
)
def test_damaged_files_are_refused(content):
    run = create_run({"kind": "mlp"})
    (run.folder / "state.json").write_text(content, encoding="latin-1")
    assert run.written_state() == ""
    with pytest.raises(RunError, match=r"state\.json"):
        run.state()


def test_a_line_still_being_written_is_left_out():
    run = create_run({"kind": "mlp"})
    run.add_progress({"epoch": 1})
    with (run.folder / "progress.jsonl").open("a") as file:
        file.write('{"epoch": 2, "lo')
    assert [record["epoch"] for record in run.progress()] == [1]


def test_lines_of_many_threads_do_not_mix():
    run = create_run({"kind": "mlp"})

    def write(number: int) -> None:
        for step in range(50):
            run.add_progress({"thread": number, "step": step, "text": "x" * 500})

    threads = [threading.Thread(target=write, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(run.progress()) == 200


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path, monkeypatch):
    path = tmp_path / "a.json"
    write_json(path, {"n": 1})

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RunError, match="No space left"):
        write_json(path, {"n": 2})
    assert json.loads(path.read_text()) == {"n": 1}
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.json"]
