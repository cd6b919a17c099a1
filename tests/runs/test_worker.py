"""Queue and worker with real processes: killed, cancelled, shared, damaged."""

import csv
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import psutil
import pytest

from aec.models.model_file import load_model
from aec.runs.index import RunIndex
from aec.runs.queue import cancel, list_jobs, submit
from aec.runs.run import ENDED, Run, RunState, create_run, new_folder, write_json
from aec.runs.worker import work
from aec.system import processes
from aec.training import TrainingSettings

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(sys.platform == "win32", reason="kills processes by signals"),
]


@pytest.fixture
def home(tmp_path, monkeypatch) -> Iterator[Path]:
    folder = tmp_path / "home"
    monkeypatch.setenv("AEC_HOME", str(folder))
    yield folder
    for process in psutil.process_iter(["cmdline", "environ"]):
        environment = process.info["environ"] or {}
        if environment.get("AEC_HOME") == str(folder) and process.pid != os.getpid():
            processes.stop_tree(process.pid, None, grace_s=0.1)


@pytest.fixture
def config(write_sound, tmp_path) -> Callable[..., dict]:
    rows = []
    for number in range(16):
        path = write_sound(f"clips/{number}.wav", seconds=0.5, seed=number)
        rows.append([path.name, "sad" if number % 2 else "happy", f"s{number // 4}"])
    with (tmp_path / "clips" / "manifest.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["path", "emotion", "speaker"], *rows])

    def make(epochs: int = 3) -> dict:
        settings = TrainingSettings().to_config()
        settings["mlp"] = {**settings["mlp"], "max_epochs": epochs, "patience": epochs, "hidden": [8]}
        return {**settings, "data": [str(tmp_path / "clips")]}

    return make


def wait_for(condition: Callable[[], object], what: str, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"timeout: {what}"
        time.sleep(0.05)


def state_of(run: Run) -> str:
    return run.state().name


def wait_for_end(run: Run) -> RunState:
    # Not `state`, which is `failed` already while the worker of a run whose process is gone writes the end.
    wait_for(lambda: run.written_state() in ENDED, f"the end of {run.id}")
    return run.state()


def wait_for_epochs(run: Run) -> None:
    wait_for(lambda: any("epoch" in record for record in run.progress()), "the first epoch")


def no_process_is_left(home: Path) -> bool:
    mine = [p for p in psutil.process_iter(["environ"]) if (p.info["environ"] or {}).get("AEC_HOME") == str(home)]
    return not [p for p in mine if p.pid != os.getpid() and "train" in " ".join(p.cmdline())]


def worker_pid(home: Path) -> int:
    wait_for(lambda: (home / "worker.lock").exists() and (home / "worker.lock").read_text().isdigit(), "a worker")
    return int((home / "worker.lock").read_text())


def kill(pid: int) -> None:
    """Kill a process and wait until its locks are free."""
    process = psutil.Process(pid)
    process.kill()
    process.wait(30)


def wait_until_idle(home: Path) -> None:
    # The worker writes the index once the job's process has ended, which is after the job wrote its own state.
    wait_for(lambda: not RunIndex(home).entries("running", "queued"), "an empty queue")


LONG = 200_000


def test_two_jobs_are_done_one_after_the_other(home, config):
    first, second = submit(home, config()), submit(home, config())
    assert [job.id for job in list_jobs(home)] == [first.id, second.id]
    for run in (first, second):
        assert wait_for_end(run).name == "finished"
        load_model(run.model_path)
    wait_for(lambda: list_jobs(home) == [], "an empty queue")
    assert first.state().ended <= second.state().started
    assert [entry.state for entry in RunIndex(home).entries()] == ["finished", "finished"]


def test_a_running_job_has_progress(home, config):
    run = submit(home, config(LONG))
    wait_for_epochs(run)
    (job,) = list_jobs(home)
    assert job.state == "running"
    assert 0 < (job.progress.share or 0) < 1
    assert "epoch" in job.progress.step


def test_cancel_while_running_keeps_the_best_so_far(home, config):
    run = submit(home, config(LONG))
    wait_for_epochs(run)
    cancel(home, run.id)
    assert wait_for_end(run).name == "cancelled"
    load_model(run.model_path)
    wait_for(lambda: no_process_is_left(home), "no process")


def test_cancel_while_waiting(home, config):
    busy, waiting = submit(home, config(LONG)), submit(home, config())
    wait_for_epochs(busy)
    cancel(home, waiting.id)
    assert state_of(waiting) == "cancelled"
    assert [job.id for job in list_jobs(home)] == [busy.id]
    cancel(home, busy.id)
    wait_for_end(busy)
    assert not (waiting.folder / "report.json").exists()


def test_a_killed_job_fails_with_its_signal_and_the_next_is_done(home, config):
    run, following = submit(home, config(LONG)), submit(home, config())
    wait_for_epochs(run)
    kill(run.state().pid)
    wait_for(lambda: "SIGKILL" in run.state().message, "the exit message")
    assert state_of(run) == "failed"
    assert wait_for_end(following).name == "finished"


def test_a_killed_worker_loses_no_run(home, config):
    run, waiting = submit(home, config(LONG)), submit(home, config())
    wait_for_epochs(run)
    killed = worker_pid(home)
    kill(killed)
    assert state_of(run) == "running"
    list_jobs(home)  # as a page does: a new worker comes and waits for the job
    wait_for(lambda: worker_pid(home) != killed, "a new worker")
    cancel(home, run.id)
    assert wait_for_end(run).name == "cancelled"
    assert wait_for_end(waiting).name == "finished"


def test_a_job_that_vanished_with_its_worker_is_failed(home, config):
    run = submit(home, config(LONG))
    wait_for_epochs(run)
    job = run.state().pid
    kill(worker_pid(home))
    kill(job)
    wait_for(lambda: state_of(run) == "failed", "the state")
    list_jobs(home)
    wait_for(lambda: run.written_state() == "failed", "the end on disk")


def test_jobs_submitted_at_once_run_once_each(home, config):
    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(lambda _: submit(home, config(2)), range(4)))
    wait_until_idle(home)
    for run in runs:
        assert state_of(run) == "finished"
        assert (run.folder / "log.txt").read_text().count("Kept in") == 1
    assert len({run.id for run in runs}) == 4


def test_a_second_worker_leaves(home):
    from aec.system import locks

    with locks.take(home / "worker.lock"):
        code = (
            "from pathlib import Path; import sys; from aec.runs.worker import work; print(work(Path(sys.argv[1])))"
        )
        done = subprocess.run([sys.executable, "-c", code, str(home)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_worker_leaves_when_nothing_waits(home):
    assert work(home, idle_s=0.3) is True


@pytest.mark.parametrize("junk", [b"junk" * 3000, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_index_is_rebuilt_from_the_folders(home, config, junk):
    run = submit(home, config(2))
    wait_for_end(run)
    wait_for(lambda: RunIndex(home).entries("finished"), "the index")
    for suffix in ("-wal", "-shm"):
        (home / f"index.sqlite{suffix}").unlink(missing_ok=True)
    (home / "index.sqlite").write_bytes(junk)
    assert [(entry.id, entry.state) for entry in RunIndex(home).entries()] == [(run.id, "finished")]


def test_a_lost_index_is_rebuilt_and_waiting_runs_are_done(home, config):
    waiting = create_run(config(2), new_folder(config(2), home))
    assert [job.id for job in list_jobs(home)] == [waiting.id]
    assert wait_for_end(waiting).name == "finished"


def test_a_run_folder_deleted_by_hand(home, config):
    run, other = submit(home, config(LONG)), submit(home, config())
    wait_for_epochs(run)
    shutil.rmtree(other.folder)
    assert [job.id for job in list_jobs(home)] == [run.id]
    cancel(home, run.id)
    wait_for_end(run)
    shutil.rmtree(run.folder)
    wait_for(lambda: list_jobs(home) == [], "an empty list")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_fails_the_run_in_plain_words(home, config):
    run = create_run(config(LONG), new_folder(config(), home))
    # Before the job starts: a job that runs would write the file again.
    (run.folder / "progress.jsonl").symlink_to("/dev/full")
    RunIndex(home).add(run.id, "mlp")
    work(home, idle_s=0.1)
    assert state_of(run) == "failed"
    assert "No space left" in run.state().message


def test_a_run_with_a_damaged_configuration_fails_and_the_next_is_done(home, config):
    busy, broken, last = (submit(home, config(LONG)), submit(home, config()), submit(home, config(2)))
    (broken.folder / "config.json").write_text("{")
    wait_for_epochs(busy)
    cancel(home, busy.id)
    assert wait_for_end(last).name == "finished"
    assert state_of(broken) == "failed"
    assert "config.json" in broken.state().message


def test_a_benchmark_is_done_by_the_worker(home, config):
    from aec.benchmark import BenchmarkSettings

    settings = BenchmarkSettings(jobs=(1,), repeats=1, training=False, clips=4)
    run = submit(home, {**settings.to_config(), "data": config()["data"]})
    assert wait_for_end(run).name == "finished"
    assert run.report()["clips"] == 4


@pytest.mark.parametrize("is_left_behind", [False, True])
def test_a_job_ends_at_its_time_limit_and_keeps_its_best(home, config, monkeypatch, is_left_behind):
    # A busy machine may need more than the usual grace time to write a model.
    monkeypatch.setattr(processes, "stop_tree", partial(processes.stop_tree, grace_s=60.0))
    run = create_run(config(LONG), new_folder(config(), home))
    index = RunIndex(home)
    index.add(run.id, "mlp")
    if is_left_behind:
        # As after the worker was killed: the job goes on, and the next worker finds it.
        process = processes.start_detached(["train", "--resume", str(run.folder)], run.folder / "log.txt", nice=True)
        wait_for_epochs(run)
        index.set_state(run.id, "running")
    with ThreadPoolExecutor(1) as pool:
        worker = pool.submit(work, home, idle_s=0.1)
        wait_for_epochs(run)
        write_json(run.folder / "config.json", {**run.config(), "limit_s": 0.1})
        assert worker.result(timeout=90)
    state = run.state()
    assert state.name == "cancelled"
    assert "limit of time for one job; what was done by then was kept" in state.message
    assert load_model(run.model_path).card.training.clips
    assert [entry.state for entry in index.entries()] == ["cancelled"]
    if is_left_behind:
        process.wait()


def test_a_job_that_is_still_loading_is_found_again_when_its_worker_was_killed(home, config):
    run = submit(home, config(2))
    wait_for(lambda: (run.folder / "process.json").exists(), "the job's start")
    (worker,) = [p for p in psutil.process_iter(["cmdline", "environ"]) if is_worker_of(p, home)]
    worker.kill()
    worker.wait()
    work(home, idle_s=0.1)
    assert wait_for_end(run).name == "finished"


def is_worker_of(process: psutil.Process, home: Path) -> bool:
    environment = process.info["environ"] or {}
    return environment.get("AEC_HOME") == str(home) and (process.info["cmdline"] or [])[-1:] == ["worker"]


def test_a_damaged_progress_file_stops_nothing(home, config):
    run = submit(home, config(LONG))
    wait_for_epochs(run)
    with (run.folder / "progress.jsonl").open("ab") as file:
        file.write(b"\xff\xfe\x00\nnull\n1\n{}\n")
    (job,) = list_jobs(home)
    assert job.progress.step
    with (run.folder / "progress.jsonl").open("ab") as file:
        file.write(b'{"stage": "fold", "time": 1}\n')
    assert len(list_jobs(home)) == 1
    cancel(home, run.id)
    wait_for_end(run)


def test_the_shell_says_when_the_worker_is_busy(home, config, capsys, tmp_path):
    from aec.cli import main

    run = submit(home, config(LONG))
    wait_for_epochs(run)
    assert main(["extract", *config()["data"], "--out", str(tmp_path / "f.npz")]) == 0
    assert f"The worker is busy with mlp, run {run.id}; both will take longer." in capsys.readouterr().err
    assert main(["benchmark", *config()["data"]]) == 1
    assert "the worker is busy with mlp" in capsys.readouterr().err
    cancel(home, run.id)
    wait_for_end(run)


def test_the_worker_never_runs_what_a_shell_ran(home, config, capsys):
    from aec.cli import main

    assert main(["train", *config()["data"], "--epochs", "2"]) == 0
    (run,) = (Run(path) for path in (home / "runs").iterdir())
    ended = run.state().ended
    index = RunIndex(home)
    work(home, idle_s=0.1)
    assert [entry.state for entry in index.entries()] == ["finished"]
    # Even where the list is wrong.
    index.set_state(run.id, "queued")
    work(home, idle_s=0.1)
    assert [entry.state for entry in index.entries()] == ["finished"]
    assert run.state().ended == ended
    assert not (run.folder / "log.txt").exists()
