"""Real benchmarks of a few short clips: the contract, cancelled, killed, busy."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import msgspec
import psutil
import pytest

from aec.benchmark import BenchmarkSettings
from aec.benchmark import runner as runner_module
from aec.benchmark.load_sampler import LoadSampler, peak_mb
from aec.benchmark.measurement import measure
from aec.benchmark.measurement_process import MeasurementTask
from aec.benchmark.result_file import read_result
from aec.benchmark.results import BenchmarkResult
from aec.benchmark.runner import benchmark
from aec.benchmark.settings import PlannedConfiguration
from aec.cli import main
from aec.cli.long_work import busy_with
from aec.corpora import scan
from aec.errors import CancelledError, WorkerDiedError
from aec.features import DEFAULT_SPECS
from aec.runs.index import RunIndex
from aec.runs.run import create_run, list_runs
from aec.settings import read_settings
from aec.system.memory import tree_memory

pytestmark = pytest.mark.processes

CONTRACT = {"machine", "clips", "measurements", "summary", "amdahl", "parity", "sentence"}
MEASUREMENT = {"version", "backend", "jobs", "cold", "repeat", "stage", "seconds", "cpu_s", "peak_memory_mb"}


def test_the_command_measures_all_versions_and_keeps_the_result(clips, tmp_path, capsys):
    out = tmp_path / "result.json"
    code = main(["benchmark", str(clips), "--jobs", "1,2", "--repeats", "1", "--out", str(out), "--json"])
    found = json.loads(capsys.readouterr().out)
    assert code == 0
    assert set(found) >= CONTRACT
    assert found["clips"] == 24
    assert all(set(row) == MEASUREMENT for row in found["measurements"])
    measured = {(row["version"], row["backend"], row["jobs"]) for row in found["measurements"]}
    assert measured == {
        ("first", "sequential", 1),
        ("first, one BLAS thread", "sequential", 1),
        ("final", "loky", 2),
        ("engine", "threading", 1),
        ("engine", "threading", 2),
    }
    assert {row["stage"] for row in found["measurements"]} == {"extraction", "training", "total"}
    assert all(row["seconds"] > 0 and row["peak_memory_mb"] > 10 for row in found["measurements"])
    cold = {row["version"]: row["seconds"] for row in found["measurements"] if row["cold"]}
    warm = {r["version"]: r["seconds"] for r in found["measurements"] if not r["cold"] and r["stage"] == "extraction"}
    assert cold["first"] > warm["first"], "a new process loads librosa first"
    assert found["parity"]["largest_difference"]["final"] < 1e-3
    assert found["parity"]["largest_difference"]["engine"] < 3e-3
    assert {row["version"] for row in found["parity"]["scores"]} == {"first", "final", "engine"}
    assert found["sentence"].startswith("The engine extracts 24 clips in ")
    assert {row["version"] for row in found["stages"]} == {"first", "engine"}
    assert all(row["ms"] >= 0 and row["clips"] == 8 for row in found["stages"])
    assert found["features"] == msgspec.to_builtins(DEFAULT_SPECS["mfcc"])
    kept = json.loads(out.read_text())
    assert {line["version"] for line in kept["timelines"]} == {key[0] for key in measured}
    # Both are accepted on another machine's page.
    assert [line.version for line in read_result(out.read_bytes()).timelines] == [
        line["version"] for line in kept["timelines"]
    ]
    assert len(read_result(json.dumps(found).encode()).summary) == len(found["summary"])
    (run,) = list_runs()
    assert run.state().name == "finished"
    assert run.report()["sentence"] == found["sentence"]
    assert not list((read_settings().home / "scratch").iterdir()), "nothing is left behind"
    assert str(tmp_path) not in found["sentence"] + json.dumps(found["machine"])


def settings_of(**changes) -> BenchmarkSettings:
    return BenchmarkSettings(**{"jobs": (1,), "repeats": 2, "training": False, "clips": 6, **changes})


def start(
    clips: Path, settings: BenchmarkSettings, cancel: threading.Event | None = None, progress=None
) -> BenchmarkResult:
    run = create_run({**settings.to_config(), "data": [str(clips)]})
    run.write_state("running")
    return benchmark(scan([clips]), settings, run, cancel=cancel, progress=progress)


def test_cancelled_after_a_repeat_keeps_it(clips):
    cancel = threading.Event()

    def watch(record):
        if record["repeat"] == 2 and record["done"] > record["total"] // 2:
            cancel.set()

    result = start(clips, settings_of(), cancel, watch)
    assert result.cancelled
    assert result.repeats == 1
    assert {row.repeat for row in result.measurements} == {1}
    assert any("1 of 2 repeats" in note for note in result.notes)
    assert list_runs()[0].state().name == "cancelled"


def test_cancelled_before_the_first_repeat_leaves_nothing(clips):
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(CancelledError):
        start(clips, settings_of(), cancel)
    assert not [child for child in psutil.Process().children(recursive=True) if "benchmark" in str(child.cmdline())]
    assert not list((read_settings().home / "scratch").iterdir())


def test_a_version_that_dies_is_noted_and_the_others_are_measured(clips, monkeypatch):
    def dying(task, cancel):
        if task.configuration.version in {"engine", "final"}:
            raise WorkerDiedError("the measurement of “Engine” was ended by signal 9", "", "Use fewer clips")
        return measure(task, cancel)

    monkeypatch.setattr(runner_module, "measure", dying)
    result = start(clips, settings_of(repeats=1))
    assert {row.version for row in result.summary} == {"first", "first, one BLAS thread"}
    assert list(result.notes) == ["The measurement of “Engine” was ended by signal 9. Use fewer clips."] * 2
    assert "nothing to compare" in result.sentence


def task_of(paths: list[str], scratch: Path, version: str = "first", backend: str = "sequential", jobs: int = 1):
    return MeasurementTask(
        configuration=PlannedConfiguration(version, backend, jobs),
        paths=tuple(paths),
        spec=DEFAULT_SPECS["mfcc"],
        scratch=str(scratch),
    )


@pytest.mark.skipif(sys.platform == "win32", reason="kills processes by signals")
def test_a_killed_measurement_says_so_and_leaves_no_process(clips, tmp_path):
    paths = scan([clips]).usable_table["path"].tolist() * 200
    killer = threading.Thread(target=_kill_measurement)
    killer.start()
    with pytest.raises(WorkerDiedError, match="signal 9") as caught:
        measure(task_of(paths, tmp_path), threading.Event())
    killer.join()
    assert "memory" in str(caught.value)
    assert not [child for child in psutil.Process().children(recursive=True) if "benchmark" in str(child.cmdline())]


@pytest.mark.skipif(sys.platform == "win32", reason="kills processes by signals")
def test_workers_of_a_killed_measurement_end_with_it(clips, tmp_path):
    paths = scan([clips]).usable_table["path"].tolist() * 400
    workers: list[psutil.Process] = []
    killer = threading.Thread(target=_kill_measurement, args=(workers,))
    killer.start()
    start = time.monotonic()
    with pytest.raises(WorkerDiedError):
        measure(task_of(paths, tmp_path, "final", "loky", 2), threading.Event())
    killer.join()
    assert time.monotonic() - start < 60, "orphans are not waited for"
    assert len(workers) >= 3
    # A killed process takes a moment to disappear.
    _, alive = psutil.wait_procs(workers, timeout=20)
    assert not [worker for worker in alive if worker.status() != psutil.STATUS_ZOMBIE]


@pytest.mark.skipif(sys.platform == "win32", reason="kills processes by signals")
def test_a_measurement_ends_with_the_process_that_started_it(clips, tmp_path):
    code = """
import sys, threading
from pathlib import Path
import msgspec
from aec.benchmark.measurement import measure
from aec.benchmark.measurement_process import MeasurementTask
measure(msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=MeasurementTask), threading.Event())
"""
    paths = scan([clips]).usable_table["path"].tolist() * 4000
    (tmp_path / "task").write_bytes(msgspec.json.encode(task_of(paths, tmp_path)))
    parent = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "task")])
    deadline = time.monotonic() + 60
    children: list[psutil.Process] = []
    while not children:
        assert time.monotonic() < deadline
        children = [
            p for p in psutil.Process(parent.pid).children() if "aec.benchmark.measurement_process" in p.cmdline()
        ]
        time.sleep(0.05)
    parent.kill()
    parent.wait()
    _, alive = psutil.wait_procs(children, timeout=20)
    assert not alive


def test_more_workers_than_allowed_are_refused(clips, capsys, monkeypatch):
    monkeypatch.setenv("AEC_JOBS", "2")
    assert main(["benchmark", str(clips), "--jobs", "1,4"]) == 2
    assert "AEC_JOBS allows 2" in capsys.readouterr().err


def test_only_a_run_that_waits_is_resumed_and_with_its_own_settings(clips, capsys):
    run = create_run({**BenchmarkSettings().to_config(), "data": [str(clips)]})
    assert main(["benchmark", "--resume", str(run.folder), "--repeats", "5"]) == 2
    assert "--repeats is given beside --resume" in capsys.readouterr().err
    run.write_state("finished")
    assert main(["benchmark", "--resume", str(run.folder)]) == 1
    assert "does not wait, it is finished" in capsys.readouterr().err


def test_what_a_killed_benchmark_left_is_removed_by_the_next(clips):
    old = read_settings().home / "scratch" / "benchmark-999999999-x"
    old.mkdir(parents=True)
    (old / "first.npy").write_bytes(b"x" * 1000)
    start(clips, settings_of(repeats=1))
    assert not old.exists()


def _kill_measurement(workers: list[psutil.Process] | None = None) -> None:
    """Kill the measurement process, with a list only once it has workers, which are added."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for child in psutil.Process().children():
            if "aec.benchmark.measurement_process" in child.cmdline():
                while workers is not None and len(workers) < 3 and time.monotonic() < deadline:
                    workers[:] = child.children(recursive=True)
                    time.sleep(0.05)
                os.kill(child.pid, signal.SIGKILL)
                return
        time.sleep(0.02)


def test_a_measurement_that_fails_reports_its_last_line(clips, tmp_path):
    with pytest.raises(WorkerDiedError, match=r"gone\.wav"):
        measure(task_of([str(tmp_path / "gone.wav")], tmp_path, "engine", "threading"), threading.Event())


def test_a_busy_worker_is_not_disturbed_unless_wished(clips, capsys, monkeypatch):
    monkeypatch.setattr("aec.cli.benchmark_command.busy_with", lambda *_, **__: "the worker is busy with mlp, run 1")
    assert main(["benchmark", str(clips)]) == 1
    assert "aec: the worker is busy with mlp, run 1" in capsys.readouterr().err
    assert list_runs() == []


def test_two_benchmarks_at_once_would_measure_each_other(clips, capsys):
    RunIndex(read_settings().home).entries()
    # This process stands for another shell.
    other = create_run({**BenchmarkSettings().to_config(), "data": [str(clips)]}, state="running")
    assert main(["benchmark", str(clips)]) == 1
    assert f"another shell is busy with benchmark, run {other.id}" in capsys.readouterr().err
    other.write_state("finished")
    assert busy_with() == ""


def test_clips_that_cannot_be_read_are_left_out_and_named(clips, capsys):
    (clips / "3.wav").write_bytes(b"")
    (clips / "7.wav").write_bytes((clips / "7.wav").read_bytes()[:2000])
    code = main(["benchmark", str(clips), "--jobs", "1", "--repeats", "1", "--no-training", "--json"])
    printed = capsys.readouterr()
    assert code == 1, "done, but some clips were unreadable"
    assert json.loads(printed.out)["clips"] == 22
    assert "3.wav is empty" in printed.err
    assert "7.wav is cut off" in printed.err


@pytest.mark.skipif(sys.platform == "win32", reason="limits the size of files by the system's own means")
def test_a_disk_without_room_ends_the_benchmark_with_a_plain_line_and_leaves_nothing(clips):
    import resource

    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    command = [sys.executable, "-m", "aec", "benchmark", str(clips), "--jobs", "1", "--repeats", "1", "--no-training"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False, preexec_fn=little_room)
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1].startswith("aec: ")
    assert "Traceback" not in done.stderr
    assert "cannot be written (File too large)" in done.stderr
    assert not list((read_settings().home / "scratch").glob("*"))
    assert list_runs()[0].state().name == "failed"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--jobs", "two"], 2, "numbers separated by commas"),
        (["--jobs", "0"], 2, "numbers from 1"),
        (["--backend", "ray"], 2, "threading, loky"),
        (["--repeats", "0"], 2, "repeats"),
        (["--out", "/none/there/f.json"], 2, "does not exist"),
    ],
)
def test_wrong_options_are_one_plain_line(clips, capsys, arguments, code, words):
    assert main(["benchmark", str(clips), *arguments]) == code
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("aec: ")
    assert words in line


def test_no_data_and_too_little_data(write_sound, tmp_path, capsys):
    assert main(["benchmark"]) == 2
    write_sound("one/sad/a.wav", seconds=0.3)
    assert main(["benchmark", str(tmp_path / "one")]) == 1
    assert "not two usable clips" in capsys.readouterr().err


def test_a_damaged_configuration_is_refused(clips, capsys):
    run = create_run({"kind": "benchmark", "data": [str(clips)], "jobs": "two"})
    assert main(["benchmark", "--resume", str(run.folder)]) == 1
    assert "configuration of a benchmark" in capsys.readouterr().err


def test_memory_of_a_tree_counts_its_children_and_is_zero_afterwards():
    code = "x = bytearray(60_000_000); print(1, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        child.stdout.readline()
        anonymous, _ = tree_memory(child.pid)
        assert 60e6 < anonymous < 120e6
        assert tree_memory(os.getpid())[0] > anonymous
        with LoadSampler(child.pid) as sampler:
            deadline = time.monotonic() + 30
            while not sampler.samples and time.monotonic() < deadline:
                time.sleep(0.05)
        assert peak_mb(sampler.samples, 0, time.time()) > 60
        assert peak_mb(sampler.samples, 0, 1) > 60, "without a sample between two times the nearest one counts"
        child.communicate("\n")
    assert tree_memory(child.pid) == (0, 0)
