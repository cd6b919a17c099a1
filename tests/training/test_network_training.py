"""Networks on small features of the demo corpus: the same protocol and report as any model, and the command line."""

import json
import os
import shutil
import subprocess
import sys
import threading
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from aec.cli import main
from aec.corpora import scan
from aec.corpora.demo import DEMO_FOLDERS
from aec.errors import CancelledError, RunError
from aec.features import FeatureSpec
from aec.models.model_file import load_model
from aec.models.network_settings import NETWORKS, NetworkSettings, Team
from aec.models.torch_presence import torch_is_there
from aec.prediction.predictor import predict_source
from aec.runs.run import create_run, open_run, recording
from aec.training import TrainingSettings, read_report, train
from aec.training.progress import EpochProgress

pytestmark = pytest.mark.skipif(not torch_is_there(), reason="PyTorch is not installed")

ENGLISH = str(DEMO_FOLDERS["demo-english"])
SPEC = FeatureSpec(kind="logmel", sampling_rate=8_000, n_fft=512, hop_length=400, n_mels=16, max_frames=40)
TINY = NetworkSettings(max_epochs=2, batch_size=64, width=8, crop_frames=40, learning_rate=1e-2, averaging=0.5)
KEYS = {
    *("model", "split", "split_title", "folds", "n_train", "n_test", "uar", "accuracy", "f1_weighted", "f1_macro"),
    *("per_class", "labels", "confusion", "intervals", "interval_note", "leaks", "temperature", "calibration_error"),
    *("notes", "corpora", "speakers", "data_digest", "features", "predictions", "run", "cancelled", "seconds"),
}


class InterruptionError(Exception):
    """Interrupts a training in these tests."""


@pytest.fixture(autouse=True)
def _quick_start(monkeypatch, tmp_path_factory):
    """Know the features that a test before extracted, and keep to one thread: so small a network gains by no more."""
    monkeypatch.setenv("AEC_JOBS", "1")
    home, known = Path(os.environ["AEC_HOME"]), tmp_path_factory.getbasetemp() / "known-features"
    if known.exists():
        shutil.copytree(known, home, dirs_exist_ok=True)
    yield
    if not known.exists() and (home / "features.sqlite").exists():
        known.mkdir()
        for path in home.glob("features.sqlite*"):
            shutil.copy(path, known)


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    return scan(list(DEMO_FOLDERS.values()), cache=tmp_path_factory.mktemp("cache") / "clips.sqlite")


def quick(model="rnn", folds=2, **fields):
    return TrainingSettings(
        model=model, spec=SPEC, folds=folds, network=replace(TINY, **fields), team=Team(device="cpu")
    )


def start(demo, settings, **options):
    run = create_run(settings.to_config())
    return run, train(demo, settings, run, **options)


def without_names(report):
    return replace(report, seconds=0.0, run=None)


def cancel_at(stage, fold, epoch):
    event = threading.Event()

    def callbacks(record):
        if (record.stage, getattr(record, "fold", None), getattr(record, "epoch", None)) == (stage, fold, epoch):
            event.set()

    return event, callbacks


def interrupt_at(stage, fold, epoch):
    def callbacks(record):
        if (record.stage, getattr(record, "fold", None), getattr(record, "epoch", None)) == (stage, fold, epoch):
            raise InterruptionError

    return callbacks


@pytest.fixture
def fitted_rows(monkeypatch):
    """Record (training, validation rows) of each fold, and the final (rows, best epochs)."""
    from aec.models.deep.learner import NetworkLearner

    folds, finals = [], []
    fit, fit_all = NetworkLearner.fit, NetworkLearner.fit_all

    def spy(learner, rows, validation, callbacks):
        folds.append((rows, validation))
        return fit(learner, rows, validation, callbacks)

    def spy_all(learner, rows, best_epochs, callbacks):
        finals.append((rows, best_epochs))
        return fit_all(learner, rows, best_epochs, callbacks)

    monkeypatch.setattr(NetworkLearner, "fit", spy)
    monkeypatch.setattr(NetworkLearner, "fit_all", spy_all)
    return folds, finals


@pytest.mark.parametrize("model", NETWORKS)
def test_a_network_from_clips_to_model(model, demo, fitted_rows):
    plain = {"augment": False, "mixup": 0.0, "dropout": 0.0}
    run, report = start(demo, quick(model, max_epochs=6, batch_size=32, learning_rate=2e-2, **plain))
    clips = len(demo.usable_table)
    written = run.report()
    assert set(written) >= KEYS
    json.dumps(written, allow_nan=False)
    assert report.model == model
    assert report.n_test == report.n_train == np.sum(report.confusion) == len(report.predictions) == clips
    assert report.uar > 1.5 / 7
    assert [leak.found for leak in report.leaks] == [False, False, False]
    assert run.state().name == "finished"
    assert read_report(run) == report

    saved = load_model(run.model_path)
    assert (saved.card.family, saved.card.training.clips) == (model, clips)
    assert saved.card.features == (SPEC,)
    assert saved.card.metrics["uar"] == pytest.approx(report.uar)
    assert saved.card.versions == {name: version(name) for name in ("numpy", "scipy", "torch", "onnx", "onnxruntime")}
    answer = predict_source(saved, demo.usable_table["path"].iloc[0])
    assert sum(answer.probabilities.values()) == pytest.approx(1, abs=1e-5)
    assert set(answer.probabilities) == set(report.labels)

    speakers = demo.usable_table["speaker"].to_numpy()
    folds, ((all_rows, _),) = fitted_rows
    assert len(folds) == 2
    for rows, validation in folds:
        assert len(validation)
        tested = np.setdiff1d(np.arange(clips), np.concatenate([rows, validation]))
        assert len(tested)
        assert not set(speakers[rows]) & set(speakers[validation])
        assert not set(speakers[tested]) & {*speakers[rows], *speakers[validation]}
    assert len(all_rows) == clips

    records = run.progress()
    assert {record["fold"] for record in records if record["stage"] == "fold"} == {1, 2}
    assert all(0 <= record["validation_uar"] <= 1 for record in records if record["stage"] == "fold")
    # Of the checkpoints, only the predictions of the folds are kept.
    assert sorted(path.name for path in run.checkpoints.iterdir()) == ["fold-1.npz", "fold-2.npz"]


def test_folds_train_one_after_the_other(demo):
    run, _ = start(demo, quick(folds=3, max_epochs=1), jobs=4)
    assert [record["fold"] for record in run.progress() if record["stage"] == "fold"] == [1, 2, 3]


def test_the_same_seed_gives_the_same_report(demo):
    one, two = (start(demo, quick())[1] for _ in range(2))
    assert without_names(one) == without_names(two)
    assert start(demo, quick(seed=3))[1].confusion != one.confusion


def test_the_last_model_trains_for_the_median_of_the_folds_best_epochs(demo, fitted_rows, monkeypatch):
    # The best epochs of three folds: 1, 4 and 2; the last model has no validation clips.
    uars = iter([0.9, 0.1, 0.1, 0.1, 0.1, 0.2, 0.3, 0.9, 0.2, 0.9, 0.1, 0.1, *[None] * 9])
    monkeypatch.setattr("aec.models.deep.training_loop._validation_uar", lambda *_what: next(uars))
    run, _ = start(demo, quick(folds=3, max_epochs=4))
    _, ((_, best),) = fitted_rows
    assert best == [1, 4, 2]
    finals = [record for record in run.progress() if record["stage"] == "final"]
    assert [record["epoch"] for record in finals] == [1, 2]
    assert all(record["validation_uar"] is None for record in finals)


def test_without_early_stopping_the_last_model_trains_as_long_as_the_folds(demo):
    run, _ = start(demo, quick(early_stopping=False, validation_share=0.0))
    records = [record for record in run.progress() if record["stage"] in {"fold", "final"}]
    assert [record["epoch"] for record in records] == [1, 2] * 3
    assert {record["validation_uar"] for record in records} == {None}


def test_cancelling_keeps_the_best_so_far(demo):
    event, callbacks = cancel_at("fold", 2, 1)
    run, report = start(demo, quick(folds=3), cancel=event, progress=callbacks)
    assert run.state().name == "cancelled"
    assert report.cancelled
    assert 0 < report.n_test < len(demo.usable_table)
    assert "2 of 3 folds" in " ".join(report.notes)
    card = load_model(run.model_path).card
    assert "cancelled" in card.notes[0]
    assert 0 < card.training.clips < len(demo.usable_table)


def test_cancelling_the_last_model_keeps_it_and_all_figures(demo):
    event, callbacks = cancel_at("final", None, 1)
    # Without early stopping: else the last model might be meant to train for one epoch only.
    run, report = start(demo, quick(early_stopping=False, max_epochs=3), cancel=event, progress=callbacks)
    assert report.n_test == len(demo.usable_table)
    assert run.state().name == "cancelled"
    card = load_model(run.model_path).card
    assert "1 epochs only" in card.notes[0]
    assert card.training.clips == len(demo.usable_table)


def test_cancelled_before_its_first_epoch_nothing_is_kept(demo):
    event = threading.Event()
    run = create_run(quick().to_config())
    with pytest.raises(CancelledError, match="before its first epoch"), recording(run):
        train(demo, quick(), run, cancel=event, progress=lambda _record: event.set())
    assert run.state().name == "cancelled"
    assert not run.model_path.exists()


@pytest.mark.parametrize(("stage", "fold"), [("fold", 2), ("final", None)])
def test_going_on_after_an_interruption_gives_the_same_report(stage, fold, demo):
    settings = quick(early_stopping=False, max_epochs=3)
    _, whole = start(demo, settings)
    run = create_run(settings.to_config())
    with pytest.raises(InterruptionError):
        train(demo, settings, run, progress=interrupt_at(stage, fold, 2))
    place = run.checkpoints / ("final" if fold is None else f"fold-{fold}")
    assert sorted(path.name for path in place.iterdir()) == ["epoch-1-of-0.pt", "epoch-2-of-0.pt"]
    epochs = []

    def listen(record):
        if isinstance(record, EpochProgress):
            epochs.append((record.stage, record.fold, record.epoch))

    resumed = train(demo, TrainingSettings.from_config(run.config()), run, progress=listen)
    assert without_names(resumed) == without_names(whole)
    # Neither folds nor epochs that were done are trained again.
    left = [(stage, fold, 3)]
    assert epochs == (left if fold is None else [*left, *(("final", None, epoch) for epoch in (1, 2, 3))])
    assert not place.exists()


def test_checkpoints_of_other_settings_are_not_used(demo):
    run = create_run(quick(seed=5).to_config())
    with pytest.raises(InterruptionError):
        train(demo, quick(seed=5), run, progress=interrupt_at("fold", 1, 1))
    records = []
    report = train(demo, quick(), run, progress=records.append)
    assert next(record.epoch for record in records if record.stage == "fold") == 1
    assert without_names(report) == without_names(start(demo, quick())[1])


def test_a_full_disk_fails_the_run_in_plain_words_and_it_goes_on_later(demo, monkeypatch):
    import torch

    def fill_up(state, file):
        if full:
            raise OSError(28, "No space left on device")
        return save(state, file)

    save, full = torch.save, True
    run = create_run(quick().to_config())
    monkeypatch.setattr(torch, "save", fill_up)
    with pytest.raises(RunError, match="No space left"), recording(run):
        train(demo, quick(), run)
    assert run.state().name == "failed"
    assert "Free some space" in run.state().message
    full = False
    report = train(demo, quick(), run)
    assert report.n_test == len(demo.usable_table)


def call(capsys, *arguments):
    try:
        code = main(list(arguments))
    except SystemExit as stop:
        code = int(stop.code or 0)
    out, err = capsys.readouterr()
    return code, out, err


REFUSED = {
    "an mlp in processes": (("--model", "mlp", "--workers", "2"), 2, "networks alone are"),
    "an mlp on a device": (("--model", "mlp", "--device", "cpu"), 2, "networks alone are"),
    "one process for two parts": (("--model", "cnn", "--parallel", "model", "--workers", "1"), 2, "over one process"),
    "no process": (("--model", "cnn", "--workers", "0"), 2, "workers is 0"),
    "an unknown device": (("--model", "cnn", "--device", "abacus"), 2, "abacus"),
    "an unknown parallelism": (("--model", "cnn", "--parallel", "both"), 2, "both"),
    "no epochs": (("--model", "cnn", "--epochs", "0"), 2, "epochs is 0"),
    "a negative seed": (("--model", "rnn", "--seed", "-1"), 2, "seed is -1"),
    "a device that is not there": (("--model", "rnn", "--device", "cuda", "--folds", "2"), 2, "no device 'cuda'"),
    "too many processes": (
        ("--model", "rnn", "--parallel", "model", "--workers", "99", "--folds", "2"),
        2,
        "99 processes for a network of",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_makes_no_sense_is_refused_in_one_plain_line(case, capsys, tmp_path):
    options, code, words = REFUSED[case]
    if "cuda" in options:
        import torch

        if torch.cuda.is_available():
            pytest.skip("this machine has cuda")
    found, out, err = call(capsys, "train", ENGLISH, *options, "--run", str(tmp_path / "run"))
    assert (found, out) == (code, ""), err
    (line,) = [text for text in err.splitlines() if text.startswith("aec: ")]
    assert words in line
    assert "Traceback" not in err
    assert not (tmp_path / "run" / "report.json").exists()


@pytest.mark.processes
def test_the_shell_trains_a_network_in_two_processes(tmp_path):
    run = tmp_path / "run"
    options = ("--model", "rnn", "--epochs", "1", "--folds", "2", "--workers", "2", "--device", "cpu", "--json")
    done = subprocess.run(
        [sys.executable, "-m", "aec", "train", ENGLISH, *options, "--run", str(run)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ},
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert done.stdout.count("\n") == 1
    assert (report["model"], report["folds"], report["run"]) == ("rnn", 2, str(run))
    assert report["n_test"] == np.sum(report["confusion"]) == report["n_train"]
    assert load_model(run / "model.onnx").card.family == "rnn"
    assert open_run(run).config()["team"] == {"workers": 2, "parallel": "data", "device": "cpu"}
    assert not list((Path(os.environ["AEC_HOME"]) / "scratch").iterdir())
