"""Distributed training: numbers as in one process, no process left at its end."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import numpy as np
import psutil
import pytest
from msgspec.structs import replace

pytest.importorskip("torch", reason="PyTorch is not installed: requirements-deep.txt")

from aec.errors import RunError, TrainingError, UsageError, WorkerDiedError
from aec.models.deep.distributed_training import fit_distributed
from aec.models.deep.fitting import fit_network
from aec.models.learner import FitCallbacks
from aec.models.network_settings import NETWORKS, Team

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(sys.platform == "win32", reason="kills processes by signals"),
]

ROWS, HELD = np.arange(49), np.arange(60, 90)
# Ended only by a stop, a kill or an error.
LONG = {"max_epochs": 50_000, "early_stopping": False}
# 46 clips: three batches of odd size, and one of a single clip, which leaves one worker without clips.
STEADY = {"max_epochs": 12, "batch_size": 15, "early_stopping": False, "learning_rate": 1e-2, "class_weights": True}
ROOT = Path(__file__).parents[3]


class InterruptionError(Exception):
    """Interrupts a training in these tests."""


def processes_of(home):
    """Return the live processes of a home, without this one."""
    found = []
    for process in psutil.process_iter(["environ", "status"]):
        ours = (process.info["environ"] or {}).get("AEC_HOME") == str(home)
        if ours and process.pid != os.getpid() and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(process)
    return found


def workers_of(home):
    return [
        process for process in processes_of(home) if "aec.models.deep.distributed_worker" in words_of(process)[:5]
    ]


def torchrun_of(home):
    (process,) = [p for p in processes_of(home) if "torch.distributed.run" in words_of(p)]
    return process


def words_of(process):
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def wait_for(condition, what, seconds=60.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.05)


@pytest.fixture(autouse=True)
def home(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("team-home")
    monkeypatch.setenv("AEC_HOME", str(folder))
    yield folder
    try:
        wait_for(lambda: not processes_of(folder), "the end of every process", 8)
        assert not list((folder / "scratch").glob("team-*"))
    finally:
        for process in processes_of(folder):
            process.kill()


@pytest.fixture
def fit_two(clips, spec, tiny):
    """Train an RNN by two workers with tiny settings, but for the given fields."""

    def trained(parallel="data", callbacks=None, rows=ROWS, device="cpu", workers=2, **fields):
        settings = replace(tiny, **fields)
        team = Team(workers, parallel, device)
        return fit_distributed(team, "rnn", clips, rows, HELD, settings, spec, callbacks=callbacks)

    return trained


def recording_callbacks(folder, *, on_epoch=lambda _epoch: None, stop=lambda: False):
    return FitCallbacks(on_epoch, stop, folder, "these")


def losses(fitted):
    return np.array([epoch.loss for epoch in fitted.curve])


def uneven_rows(clips):
    """Return 46 training clips, not as many of each label."""
    counts = (20, 18, 8)
    return np.concatenate([np.flatnonzero(clips.targets[:60] == label)[: counts[label]] for label in range(3)])


_KNOWN = {}


@pytest.fixture
def uninterrupted(clips, spec, tiny, fit_two, tmp_path_factory):
    """Return an uninterrupted training by two workers, and its folder of checkpoints."""

    def trained(parallel):
        if parallel not in _KNOWN:
            folder = tmp_path_factory.mktemp("checkpoints")
            _KNOWN[parallel] = (
                fit_two(parallel, recording_callbacks(folder), rows=uneven_rows(clips), **STEADY),
                folder,
            )
        return _KNOWN[parallel]

    return trained


@pytest.mark.parametrize("parallel", ["data", "model"])
def test_two_processes_learn_as_one_does(parallel, uninterrupted, clips, spec, tiny):
    two, _ = uninterrupted(parallel)
    one = fit_network("rnn", clips, uneven_rows(clips), HELD, replace(tiny, **STEADY), spec, device="cpu")
    assert len(two.curve) == 12
    assert losses(one)[0] - losses(one)[-1] > 0.2
    assert np.abs(losses(two) - losses(one)).max() <= 1e-5
    assert np.abs(two.logits(clips, np.arange(90)) - one.logits(clips, np.arange(90))).max() <= 1e-4
    assert [epoch.validation_uar for epoch in two.curve] == [epoch.validation_uar for epoch in one.curve]
    assert two.kept_epoch == one.kept_epoch == 12
    assert not two.cancelled


@pytest.mark.parametrize("parallel", ["data", "model"])
def test_a_resumed_training_gives_exactly_the_same_result(parallel, uninterrupted, fit_two, clips, tmp_path):
    def on_epoch(_epoch):
        raise InterruptionError

    whole, _ = uninterrupted(parallel)
    rows = uneven_rows(clips)
    with pytest.raises(InterruptionError):
        fit_two(parallel, recording_callbacks(tmp_path, on_epoch=on_epoch), rows=rows, **STEADY)
    assert {path.name.split("-of-")[1] for path in tmp_path.glob("*.pt")} == (
        {"0.pt"} if parallel == "data" else {"0.pt", "1.pt"}
    )
    trained_epochs = []
    resumed = fit_two(
        parallel,
        recording_callbacks(tmp_path, on_epoch=lambda e: trained_epochs.append(e.epoch)),
        rows=rows,
        **STEADY,
    )
    assert trained_epochs[0] > 1
    assert trained_epochs == list(range(trained_epochs[0], 13))
    assert resumed.curve == whole.curve
    assert np.array_equal(resumed.logits(clips, HELD), whole.logits(clips, HELD))


def test_workers_resume_from_the_last_common_epoch(uninterrupted, fit_two, clips):
    whole, folder = uninterrupted("model")
    (folder / "epoch-12-of-1.pt").unlink()
    assert (folder / "epoch-12-of-0.pt").exists()
    trained_epochs = []
    callbacks = recording_callbacks(folder, on_epoch=lambda e: trained_epochs.append(e.epoch))
    resumed = fit_two("model", callbacks, rows=uneven_rows(clips), **STEADY)
    assert trained_epochs == [12]
    assert resumed.curve == whole.curve
    assert np.array_equal(resumed.logits(clips, HELD), whole.logits(clips, HELD))


def test_pipeline_and_data_parallel_steps_equal_those_of_one_process(tmp_path):
    script = Path(__file__).with_name("parallel_steps.py")
    done = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", str(script)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert len(found) == 2 * len(NETWORKS)
    for name in NETWORKS:
        first, last = sorted((entry for entry in found if entry["network"] == name), key=lambda e: e["rank"])
        assert first["held"] + last["held"] == first["whole"] == last["whole"]
        assert 0 < first["held"] < first["whole"]
        assert 0 < last["held"] < last["whole"]
        assert not set(first["names"]) & set(last["names"])
        assert last["logits"] <= 1e-6
        for entry in (first, last):
            assert entry["gradients"] <= 1e-6
            # By the gradient norm over all workers.
            assert entry["clipped"] <= 1e-5
            assert entry["largest_gradient"] >= 1e-3
            assert entry["loss"] <= 1e-6
            # Data parallel: each worker has half of the batch.
            assert entry["data_parallel_gradients"] <= 1e-6
            assert entry["data_parallel_clipped"] <= 1e-5
            assert entry["data_parallel_loss"] <= 1e-6
            assert entry["answers"] <= 1e-5


def kill_once(find):
    """Return a callback that kills a process once, and the list of killed ones."""
    killed = []

    def on_epoch(_epoch):
        if not killed:
            process = find()
            killed.append(process)
            process.kill()

    return on_epoch, killed


@pytest.mark.parametrize("parallel", ["data", "model"])
def test_a_killed_worker_ends_the_others_and_is_an_error(parallel, fit_two, home, tmp_path):
    on_epoch, killed = kill_once(lambda: workers_of(home)[-1])
    with pytest.raises(WorkerDiedError, match=r"one of the 2 training processes was killed.*SIGKILL") as caught:
        fit_two(parallel, recording_callbacks(tmp_path, on_epoch=on_epoch), **LONG)
    assert "--resume" in caught.value.remedy
    assert len(killed) == 1
    # Not only torchrun: all workers.
    wait_for(lambda: not processes_of(home), "the end of every process", 3)
    assert list(tmp_path.glob("epoch-*-of-0.pt"))


def test_when_torchrun_is_killed_its_workers_end(fit_two, home, tmp_path):
    on_epoch, killed = kill_once(lambda: torchrun_of(home))
    with pytest.raises(WorkerDiedError):
        fit_two("data", recording_callbacks(tmp_path, on_epoch=on_epoch), **LONG)
    assert len(killed) == 1
    wait_for(lambda: not processes_of(home), "the end of every process", 5)


def test_a_stop_ends_all_processes_and_keeps_the_best_so_far(fit_two, tmp_path, clips):
    def stop():
        if epochs and not stopped_at:
            stopped_at.append(time.monotonic())
        return bool(epochs)

    epochs, stopped_at = [], []
    result = fit_two("data", recording_callbacks(tmp_path, on_epoch=epochs.append, stop=stop), **LONG)
    assert time.monotonic() - stopped_at[0] < 8
    assert result.cancelled
    assert result.curve == tuple(epochs)
    assert 1 <= result.kept_epoch <= len(result.curve)
    right = result.logits(clips, HELD).argmax(axis=1) == clips.targets[HELD]
    assert right.mean() == pytest.approx(result.curve[result.kept_epoch - 1].validation_uar)


def test_stopped_before_its_first_epoch_nothing_is_kept(fit_two, home, tmp_path):
    orphan, ours = (home / "scratch" / name for name in ("team-999999999-x", f"team-{os.getpid()}-y"))
    for folder in (orphan, ours):
        folder.mkdir(parents=True)
    result = fit_two("model", recording_callbacks(tmp_path, stop=lambda: True), **LONG)
    assert (result.curve, result.kept_epoch, result.cancelled) == ((), 0, True)
    # Files of a killed training are removed, those of a running one are not.
    assert not orphan.exists()
    ours.rmdir()


@pytest.mark.parametrize("parallel", ["data", "model"])
def test_a_loss_that_is_not_finite_is_reported_as_such(parallel, fit_two, tmp_path):
    with pytest.raises(TrainingError, match=r"not finite in epoch [12]") as caught:
        fit_two(parallel, recording_callbacks(tmp_path), learning_rate=1e30, max_epochs=3)
    assert "lower learning rate" in caught.value.remedy
    assert not list(tmp_path.glob("*.pt"))


def test_a_folder_that_cannot_be_written_is_reported_as_such(fit_two, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="checkpoint of epoch 1 cannot be written"):
        fit_two("data", recording_callbacks(tmp_path / "file" / "inside"))


def test_more_processes_than_parts_are_refused(fit_two):
    with pytest.raises(UsageError, match="99 processes for a network of"):
        fit_two("model", workers=99)


PARENT = """
import json, sys
from msgspec.structs import replace
from pathlib import Path

import msgspec
import numpy as np

from aec.features import FeatureSpec
from aec.models.deep.batches import ClipDataset
from aec.models.deep.distributed_training import fit_distributed
from aec.models.learner import FitCallbacks
from aec.models.network_settings import NetworkSettings, Team
from aec.features.feature_file import FeatureFile

facts = json.loads(sys.argv[1])
clips = ClipDataset(
    FeatureFile(Path(facts["path"]), *facts["shape"]), np.array(facts["lengths"]), np.array(facts["targets"]), 3
)
callbacks = FitCallbacks(lambda epoch: print(epoch.epoch, flush=True), lambda: False, Path(facts["folder"]), "these")
fit_distributed(
    Team(2, "data", "cpu"), "rnn", clips, np.arange(49), np.arange(60, 90), NetworkSettings(**facts["settings"]),
    msgspec.convert(facts["spec"], FeatureSpec), callbacks=callbacks,
)
"""


def test_when_the_parent_is_killed_all_workers_end(clips, spec, tiny, home, tmp_path):
    facts = {
        "path": str(clips.features.path),
        "shape": clips.features.shape,
        "lengths": clips.lengths.tolist(),
        "targets": clips.targets.tolist(),
        "folder": str(tmp_path),
        "settings": msgspec.to_builtins(replace(tiny, **LONG)),
        "spec": msgspec.to_builtins(spec),
    }
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, json.dumps(facts)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    with parent:
        assert parent.stdout.readline() == b"1\n"
        assert len(workers_of(home)) == 2
        parent.kill()
    wait_for(lambda: not processes_of(home), "the end of every process", 6)
    # The next training would remove its folder.
    (left,) = (home / "scratch").glob("team-*")
    left.rename(left.with_name("seen"))
