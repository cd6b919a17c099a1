"""Training speed of a network: figures, and real but short measurements."""

import json
import os
import signal
import sys
import threading
import time
from functools import partial
from pathlib import Path

import psutil
import pytest
from benchmark_helpers import make_network_speeds, make_speed_events, result_fields
from msgspec.structs import replace

from aec.benchmark import BenchmarkSettings, network_measurement
from aec.benchmark.estimate import estimate_s
from aec.benchmark.network_measurement import NetworkBenchmark, measure_networks
from aec.benchmark.network_speed import network_measurements, network_speeds, pipeline_idle_share
from aec.benchmark.result_file import read_result
from aec.benchmark.runner import benchmark
from aec.cli import main
from aec.corpora import scan
from aec.errors import CancelledError, TrainingError, WorkerDiedError
from aec.models.deep.speed_settings import SpeedEvent, SpeedSetting, speed_settings
from aec.models.torch_presence import torch_is_there
from aec.runs.run import create_run, list_runs
from aec.settings import read_settings
from aec.ui.benchmark_runs import headline_of

ROW = {"network", "parallel", "workers", "threads", "batch_size", "repeats_s", "exchange_mb", "exchange_share"}
ROW |= {"idle_share", "micro_batches", "step_s", "samples_per_s", "low", "high", "efficiency"}
# Without the many threads of one process, which a busy machine makes very slow.
SHORT = [SpeedSetting("none", 1, 1), SpeedSetting("data", 2, 1), SpeedSetting("model", 2, 1)]


@pytest.mark.parametrize(
    ("jobs", "cores", "titles"),
    [
        ((1, 2), 1, ["One process, 1 thread"]),
        ((1,), 2, ["One process, 1 thread", "One process, 2 threads"]),
        (
            (1, 2),
            2,
            [
                "One process, 1 thread",
                "One process, 2 threads",
                "Data parallel, 2 processes",
                "Model parallel, 2 processes",
            ],
        ),
        (
            (64, 4, 2, 8),
            4,
            [
                "One process, 1 thread",
                "One process, 4 threads",
                "Data parallel, 2 processes",
                "Data parallel, 4 processes",
                "Model parallel, 2 processes",
            ],
        ),
    ],
)
def test_settings_are_limited_to_the_cores(jobs, cores, titles):
    assert [setting.title for setting in speed_settings(jobs, cores)] == titles


def test_a_batch_is_not_divided_among_ever_more_processes():
    assert max(setting.workers for setting in speed_settings((64,), 64)) == 16


def test_rows_hold_medians_with_their_range_and_the_efficiency_within_each_repeat():
    rows = {f"{row.parallel}{row.cores}": row for row in make_network_speeds()}
    one, two, data, model = (rows[name] for name in ("none1", "none2", "data2", "model2"))
    assert one.repeats_s == (0.4, 0.44, 0.48)
    assert (one.step_s, one.samples_per_s) == (0.44, pytest.approx(32 / 0.44, abs=1e-3))
    assert (one.low, one.high) == (pytest.approx(32 / 0.48, abs=1e-3), 80)
    assert [row.efficiency for row in (one, two, data, model)] == [1.0, 0.8, 1.0, 0.625]
    assert (data.exchange_share, data.exchange_mb, data.idle_share) == (0.02, 2.0, None)
    assert (model.idle_share, model.micro_batches, model.exchange_share) == (0.26, 4, None)


def test_only_whole_repeats_count():
    timed = [each for each in make_speed_events(2) if not (each.repeat == 1 and each.setting.parallel == "model")]
    assert [len(row.repeats_s) for row in network_measurements(timed, 1)] == [1, 1, 1, 1]
    assert network_measurements(timed, 0) == ()


def test_without_one_thread_alone_there_is_no_efficiency():
    rows = network_speeds([row for row in make_network_speeds() if row.workers > 1])
    assert [row.efficiency for row in rows] == [None, None]
    assert all(row.samples_per_s > 0 for row in rows)


def test_the_idle_share_of_a_pipeline():
    assert pipeline_idle_share(2, 4) == pytest.approx(1 / 5)
    assert pipeline_idle_share(1, 4) == 0


def test_runs_that_waited_since_before_load_and_train_no_networks():
    config = BenchmarkSettings(networks=True).to_config()
    assert BenchmarkSettings.from_config(config).networks
    del config["networks"]
    assert not BenchmarkSettings.from_config(config).networks


def test_the_estimate_counts_the_networks():
    def seconds(**changes) -> float:
        return estimate_s(BenchmarkSettings(**{"jobs": (1, 2), "networks": True, **changes}), 100, 2)

    assert seconds() > seconds(networks=False) + 20
    assert seconds(repeats=6) > seconds()
    assert seconds(jobs=(1,)) < seconds()


def test_a_result_written_before_networks_were_measured_is_read():
    fields = {name: value for name, value in result_fields().items() if name != "networks"}
    result = read_result(json.dumps(fields).encode())
    assert headline_of(result) == "4.4 times faster; 120 clips, 2 cores"
    assert result.networks == ()


def test_without_pytorch_it_says_at_once_what_to_install(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("aec.models.torch_presence.torch_is_there", lambda: False)
    # Not even a folder that is missing is looked for before that.
    assert main(["benchmark", str(tmp_path / "none"), "--networks"]) == 1
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("aec: networks are trained with PyTorch, which is not installed.")
    assert "pip install -r requirements-deep.txt" in line
    assert list_runs() == []


def test_a_queued_run_without_pytorch_is_refused_before_anything_is_measured(clips, monkeypatch):
    monkeypatch.setattr("aec.models.torch_presence.torch_is_there", lambda: False)
    settings = BenchmarkSettings(networks=True)
    run = create_run({**settings.to_config(), "data": [str(clips)]})
    with pytest.raises(TrainingError, match="not installed"):
        benchmark(scan([clips]), settings, run)
    assert run.progress() == []


def measured_by(monkeypatch, measure) -> NetworkBenchmark:
    monkeypatch.setattr(network_measurement, "usable_cores", lambda: 2)
    monkeypatch.setattr(network_measurement, "measure_networks", measure)
    return NetworkBenchmark(BenchmarkSettings(jobs=(1, 2), repeats=2, networks=True))


@pytest.mark.parametrize(
    ("error", "note", "cancelled"),
    [
        (CancelledError("the benchmark was cancelled"), "Cancelled: 1 of 2 repeats of the networks were done.", True),
        (WorkerDiedError("one of them was killed", "", "Use fewer"), "One of them was killed. Use fewer.", False),
    ],
)
def test_what_was_measured_before_the_end_is_kept(tmp_path, monkeypatch, error, note, cancelled):
    def measure(settings, repeats, folder, cancel):
        for event in make_speed_events(2)[:6]:
            yield replace(event, times=None)
            yield event
        raise error

    records = []
    part = measured_by(monkeypatch, measure)
    part.measure(tmp_path, threading.Event(), lambda *record: records.append(record))
    assert part.notes == [note]
    assert part.cancelled == cancelled
    assert [len(row.repeats_s) for row in part.rows()] == [1, 1, 1, 1]
    assert part.total == 8
    assert records[0] == (0, 0, "CRNN, loading PyTorch")
    assert records[3] == (2, 0, "CRNN, data parallel, 2 processes")
    assert [done for done, _, _ in records] == [0, 0, 1, 2, 3, 4, 5, 6]


def test_without_networks_in_the_settings_there_is_nothing_to_measure():
    part = NetworkBenchmark(BenchmarkSettings())
    assert (part.total, part.rows(), part.notes, part.cancelled) == (0, (), [], False)


needs_torch = pytest.mark.skipif(not torch_is_there(), reason="PyTorch is not installed")


def in_training() -> list[psutil.Process]:
    """Return the processes that train networks, whoever their parent is by now."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if any("aec.models.deep.speed_worker" in word for word in words) and str(read_settings().home) in " ".join(
            words
        ):
            found.append(process)
    return found


def scratch_of() -> Path:
    folder = read_settings().home / "scratch"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def no_process_is_left() -> bool:
    # A process that was killed takes a moment to be gone.
    _, alive = psutil.wait_procs(in_training(), timeout=60)
    return not alive and not list(scratch_of().glob("networks-*"))


@pytest.mark.processes
@needs_torch
def test_the_settings_are_measured_in_turn_and_leave_nothing():
    events = list(measure_networks(SHORT, 2, scratch_of(), threading.Event(), steps=1))
    in_turn = [(repeat, setting) for repeat in range(2) for setting in SHORT]
    assert [(event.repeat, event.setting) for event in events if event.times is None] == in_turn
    assert [(event.repeat, event.setting) for event in events if event.times] == in_turn
    assert no_process_is_left()
    one, data, model = network_speeds(network_measurements(events, 2))
    assert all(row.samples_per_s > 0 and row.low <= row.samples_per_s <= row.high for row in (one, data))
    assert one.efficiency == 1
    # Half a million weights of four bytes each.
    assert 1 < data.exchange_mb < 10
    assert 0 < data.exchange_share < 1
    assert 0 <= model.idle_share < 1
    assert model.micro_batches == 4


@pytest.mark.processes
@needs_torch
@pytest.mark.skipif(sys.platform == "win32", reason="kills processes by signals")
def test_a_killed_process_says_so_and_leaves_no_other():
    victims = []
    events: list[SpeedEvent] = []

    def kill_a_data_parallel_worker() -> None:
        for event in measure_networks(SHORT, 3, scratch_of(), threading.Event(), steps=1):
            events.append(event)
            if event.setting.parallel == "data":
                victim = next(p for p in in_training() if "torch.distributed.run" not in p.cmdline())
                victims.append(victim.pid)
                os.kill(victim.pid, signal.SIGKILL)

    with pytest.raises(WorkerDiedError, match="one of the 2 processes that trained networks was killed") as caught:
        kill_a_data_parallel_worker()
    assert victims
    assert "memory" in str(caught.value)
    assert "SIGKILL" in str(caught.value)
    assert [event.setting for event in events if event.times] == [SpeedSetting("none", 1, 1)]
    assert no_process_is_left()


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr(network_measurement, "speed_settings", lambda _jobs, _cores: SHORT)
    monkeypatch.setattr(network_measurement, "measure_networks", partial(measure_networks, steps=1))


@pytest.mark.processes
@needs_torch
def test_the_command_adds_the_networks_to_the_result(clips, tmp_path, capsys, short):
    out = tmp_path / "result.json"
    options = ["--jobs", "1,2", "--repeats", "1", "--clips", "6", "--no-training", "--networks", "--out", str(out)]
    assert main(["benchmark", str(clips), *options]) == 0
    output = capsys.readouterr().out
    assert "Training a CRNN" in output
    assert "Data parallel, 2 processes" in output
    report = json.loads(out.read_text())
    assert [(row["parallel"], row["workers"]) for row in report["networks"]] == [
        ("none", 1),
        ("data", 2),
        ("model", 2),
    ]
    assert all(set(row) == ROW for row in report["networks"])
    assert report["settings"]["networks"] is True
    assert read_result(out.read_bytes()).networks[1].repeats_s == tuple(report["networks"][1]["repeats_s"])
    (run,) = list_runs()
    last = run.progress()[-1]
    assert last["done"] == last["total"] == 5 + 3
    assert no_process_is_left()


@pytest.mark.processes
@needs_torch
def test_cancelled_on_the_way_whole_repeats_are_kept_and_no_process_is_left(short):
    cancel = threading.Event()
    part = NetworkBenchmark(BenchmarkSettings(repeats=3, networks=True))
    moment = []

    def watch(_done, repeat, title):
        if repeat == 1 and "data parallel" in title:
            moment.append(time.monotonic())
            cancel.set()

    part.measure(scratch_of(), cancel, watch)
    assert time.monotonic() - moment[0] < 60
    assert part.cancelled
    assert part.notes == ["Cancelled: 1 of 3 repeats of the networks were done."]
    assert [len(row.repeats_s) for row in part.rows()] == [1, 1, 1]
    assert no_process_is_left()


@pytest.mark.processes
def test_cancelled_while_networks_train_the_versions_are_kept(clips, monkeypatch):
    def measure(settings, repeats, folder, cancel):
        yield SpeedEvent(setting=settings[0], repeat=0)
        raise CancelledError("the benchmark was cancelled")

    monkeypatch.setattr(network_measurement, "measure_networks", measure)
    monkeypatch.setattr("aec.benchmark.runner.need_torch", lambda: None)
    settings = BenchmarkSettings(jobs=(1,), repeats=1, training=False, clips=6, networks=True)
    run = create_run({**settings.to_config(), "data": [str(clips)]})
    run.write_state("running")
    result = benchmark(scan([clips]), settings, run)
    assert result.cancelled
    assert result.repeats == 1
    assert result.networks == ()
    assert list(result.notes) == ["Cancelled: 0 of 1 repeats of the networks were done."]
    assert run.state().name == "cancelled"
