"""Training in several processes: the same numbers as in one, and nobody left behind however it ends."""

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
# So many that only a stop, a kill or an error ends it.
LONG = {"max_epochs": 50_000, "early_stopping": False}
# Of 46 clips: three batches that are no even number, and one clip, of which one process has nothing.
STEADY = {"max_epochs": 12, "batch_size": 15, "early_stopping": False, "learning_rate": 1e-2, "class_weights": True}
ROOT = Path(__file__).parents[3]


class InterruptedHereError(Exception):
    """What ends a training from outside in these tests."""


def processes_of(home):
    """Return the living processes that work for a home, but for this one."""
    found = []
    for process in psutil.process_iter(["environ", "status"]):
        ours = (process.info["environ"] or {}).get("AEC_HOME") == str(home)
        if ours and process.pid != os.getpid() and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(process)
    return found


def ranks_of(home):
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
def together(clips, spec, tiny):
    """Train an RNN by two processes; settings are given as fields that differ from the tiny ones."""

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
def in_one_go(clips, spec, tiny, together, tmp_path_factory):
    """Return a training by two processes from first to last, and its checkpoints' folder."""

    def trained(parallel):
        if parallel not in _KNOWN:
            folder = tmp_path_factory.mktemp("checkpoints")
            _KNOWN[parallel] = (
                together(parallel, recording_callbacks(folder), rows=uneven_rows(clips), **STEADY),
                folder,
            )
        return _KNOWN[parallel]

    return trained


@pytest.mark.parametrize("parallel", ["data", "model"])
def test_two_processes_learn_as_one_does(parallel, in_one_go, clips, spec, tiny):
    two, _ = in_one_go(parallel)
    one = fit_network("rnn", clips, uneven_rows(clips), HELD, replace(tiny, **STEADY), spec, device="cpu")
    assert len(two.curve) == 12
    assert losses(one)[0] - losses(one)[-1] > 0.2
    assert np.abs(losses(two) - losses(one)).max() <= 1e-5
    assert np.abs(two.logits(clips, np.arange(90)) - one.logits(clips, np.arange(90))).max() <= 1e-4
    assert [epoch.validation_uar for epoch in two.curve] == [epoch.validation_uar for epoch in one.curve]
    assert two.kept_epoch == one.kept_epoch == 12
    assert not two.cancelled


@pytest.mark.parametrize("parallel", ["data", "model"])
def test_an_interrupted_training_goes_on_to_exactly_the_same_end(parallel, in_one_go, together, clips, tmp_path):
    def on_epoch(_epoch):
        raise InterruptedHereError

    whole, _ = in_one_go(parallel)
    rows = uneven_rows(clips)
    with pytest.raises(InterruptedHereError):
        together(parallel, recording_callbacks(tmp_path, on_epoch=on_epoch), rows=rows, **STEADY)
    assert {path.name.split("-of-")[1] for path in tmp_path.iterdir()} == (
        {"0.pt"} if parallel == "data" else {"0.pt", "1.pt"}
    )
    heard = []
    resumed = together(
        parallel, recording_callbacks(tmp_path, on_epoch=lambda e: heard.append(e.epoch)), rows=rows, **STEADY
    )
    assert heard[0] > 1
    assert heard == list(range(heard[0], 13))
    assert resumed.curve == whole.curve
    assert np.array_equal(resumed.logits(clips, HELD), whole.logits(clips, HELD))


def test_where_one_process_is_an_epoch_behind_both_go_on_from_the_last_common_one(in_one_go, together, clips):
    whole, folder = in_one_go("model")
    (folder / "epoch-12-of-1.pt").unlink()
    assert (folder / "epoch-12-of-0.pt").exists()
    heard = []
    callbacks = recording_callbacks(folder, on_epoch=lambda e: heard.append(e.epoch))
    resumed = together("model", callbacks, rows=uneven_rows(clips), **STEADY)
    assert heard == [12]
    assert resumed.curve == whole.curve
    assert np.array_equal(resumed.logits(clips, HELD), whole.logits(clips, HELD))


def test_two_stages_and_two_copies_compute_what_the_whole_does(tmp_path):
    script = Path(__file__).with_name("two_stages.py")
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
            # As by the norm over all processes.
            assert entry["clipped"] <= 1e-5
            assert entry["largest_gradient"] >= 1e-3
            assert entry["loss"] <= 1e-6
            # Two copies, each with half of the batch.
            assert entry["copied"] <= 1e-6
            assert entry["copied_clipped"] <= 1e-5
            assert entry["copied_loss"] <= 1e-6
            assert entry["answers"] <= 1e-5


def kill_once(find):
    """Return what kills the process that is found after the first epoch, and the list of who was killed."""
    killed = []

    def on_epoch(_epoch):
        if not killed:
            process = find()
            killed.append(process)
            process.kill()

    return on_epoch, killed


@pytest.mark.parametrize("parallel", ["data", "model"])
def test_a_killed_process_ends_the_others_and_is_told(parallel, together, home, tmp_path):
    on_epoch, killed = kill_once(lambda: ranks_of(home)[-1])
    with pytest.raises(WorkerDiedError, match=r"one of the 2 training processes was killed.*SIGKILL") as caught:
        together(parallel, recording_callbacks(tmp_path, on_epoch=on_epoch), **LONG)
    assert "--resume" in caught.value.remedy
    assert len(killed) == 1
    # Not only torchrun: nobody.
    wait_for(lambda: not processes_of(home), "the end of every process", 3)
    assert list(tmp_path.glob("epoch-*-of-0.pt"))


def test_when_torchrun_is_killed_its_processes_end_too(together, home, tmp_path):
    on_epoch, killed = kill_once(lambda: torchrun_of(home))
    with pytest.raises(WorkerDiedError):
        together("data", recording_callbacks(tmp_path, on_epoch=on_epoch), **LONG)
    assert len(killed) == 1
    wait_for(lambda: not processes_of(home), "the end of every process", 5)


def test_a_stop_ends_all_processes_and_keeps_the_best_so_far(together, tmp_path, clips):
    def stop():
        if heard and not asked:
            asked.append(time.monotonic())
        return bool(heard)

    heard, asked = [], []
    result = together("data", recording_callbacks(tmp_path, on_epoch=heard.append, stop=stop), **LONG)
    assert time.monotonic() - asked[0] < 8
    assert result.cancelled
    assert result.curve == tuple(heard)
    assert 1 <= result.kept_epoch <= len(result.curve)
    right = result.logits(clips, HELD).argmax(axis=1) == clips.targets[HELD]
    assert right.mean() == pytest.approx(result.curve[result.kept_epoch - 1].validation_uar)


def test_stopped_before_its_first_epoch_nothing_is_kept(together, home, tmp_path):
    orphan, ours = (home / "scratch" / name for name in ("team-999999999-x", f"team-{os.getpid()}-y"))
    for folder in (orphan, ours):
        folder.mkdir(parents=True)
    result = together("model", recording_callbacks(tmp_path, stop=lambda: True), **LONG)
    assert (result.curve, result.kept_epoch, result.cancelled) == ((), 0, True)
    # What a killed training left is cleared away, what one under way needs is not.
    assert not orphan.exists()
    ours.rmdir()


@pytest.mark.parametrize("parallel", ["data", "model"])
def test_a_loss_that_is_no_number_arrives_as_such(parallel, together, tmp_path):
    with pytest.raises(TrainingError, match=r"no finite number any more in epoch [12]") as caught:
        together(parallel, recording_callbacks(tmp_path), learning_rate=1e30, max_epochs=3)
    assert "lower learning rate" in caught.value.remedy
    assert not list(tmp_path.glob("*.pt"))


def test_a_folder_that_cannot_be_written_arrives_as_such(together, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="checkpoint of epoch 1 cannot be written"):
        together("data", recording_callbacks(tmp_path / "file" / "inside"))


def test_more_processes_than_parts_are_refused(together):
    with pytest.raises(UsageError, match="99 processes for a network of"):
        together("model", workers=99)


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


def test_when_who_started_them_is_killed_all_processes_end(clips, spec, tiny, home, tmp_path):
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
        assert len(ranks_of(home)) == 2
        parent.kill()
    wait_for(lambda: not processes_of(home), "the end of every process", 6)
    # Who comes next clears away what it left.
    (left,) = (home / "scratch").glob("team-*")
    left.rename(left.with_name("seen"))
