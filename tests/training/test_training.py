"""Training on small features of the demo corpus: protocol, report, cancellation, resumption, sameness."""

import json
import threading

import numpy as np
import pandas as pd
import pytest
from msgspec.structs import replace

from aec.corpora import scan
from aec.corpora.demo import DEMO_FOLDERS
from aec.errors import CancelledError, RunError, TrainingError, UsageError
from aec.features import FeatureSpec
from aec.features.extraction import extract_features
from aec.models.mlp import MlpSettings
from aec.models.model_file import load_model
from aec.models.network_settings import NetworkSettings, Team
from aec.runs.run import create_run, recording
from aec.training import TrainingSettings, read_report, spec_for, split_for, train
from aec.training.folds import hold_out

SPEC = FeatureSpec(sampling_rate=8_000, n_fft=512, hop_length=400, n_mels=24, n_mfcc=8, max_frames=60)
QUICK = TrainingSettings(spec=SPEC, mlp=MlpSettings(hidden=(24,), max_epochs=12, validation_share=0.1))
KEYS = {
    "model",
    "split",
    "folds",
    "folds_done",
    "n_train",
    "n_test",
    "uar",
    "accuracy",
    "f1_weighted",
    "f1_macro",
    "per_class",
    "labels",
    "confusion",
    "intervals",
    "leaks",
    "seconds",
    "run",
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    return scan(list(DEMO_FOLDERS.values()), cache=tmp_path_factory.mktemp("cache") / "clips.sqlite")


def start(demo, settings=QUICK, **options):
    run = create_run(settings.to_config())
    return run, train(demo, settings, run, **options)


def without_names(report):
    return replace(report, seconds=0.0, run=None)


def test_a_speaker_independent_training_from_clips_to_model(demo):
    run, report = start(demo)
    written = run.report()
    assert set(written) >= KEYS
    json.dumps(written, allow_nan=False)
    assert read_report(run) == report
    assert report.n_test == report.n_train == len(demo.usable_table)
    assert report.folds_done == report.folds == 5
    assert np.sum(report.confusion) == report.n_test
    assert len(report.labels) == 7
    assert report.uar > 1.5 / 7
    low, high = report.intervals["uar"]
    assert low < report.uar < high
    assert [leak.found for leak in report.leaks] == [False, False, False]
    assert run.state().name == "finished"
    assert run.report()["uar"] == report.uar
    model = load_model(run.model_path)
    assert model.card.metrics["uar"] == pytest.approx(report.uar)
    assert model.card.training.clips == report.n_train
    assert model.card.split == "unseen speakers, 5 folds"
    stages = [record["stage"] for record in run.progress()]
    assert stages[0] == "extract"
    assert stages[-2:] == ["final", "saving"]
    assert {record["fold"] for record in run.progress() if record["stage"] == "fold"} == {1, 2, 3, 4, 5}
    uars = [r["validation_uar"] for r in run.progress() if r["stage"] == "fold"]
    assert all(uar is not None and 0 <= uar <= 1 for uar in uars)


def test_the_same_seed_gives_the_same_report_on_any_number_of_cores(demo):
    one, many = (start(demo, jobs=jobs)[1] for jobs in (1, 4))
    assert without_names(one) == without_names(many)


def test_a_random_split_says_that_it_is_optimistic(demo):
    settings = TrainingSettings(spec=SPEC, split="random", folds=3, mlp=QUICK.mlp)
    _, report = start(demo, settings)
    assert report.leaks[0].found is True
    assert "speakers on both sides" in report.split_title


def test_one_corpus_against_the_other(demo):
    settings = TrainingSettings(spec=SPEC, split="corpus:demo-german", mlp=QUICK.mlp)
    _, report = start(demo, settings)
    table = demo.usable_table
    assert report.n_test == (table["corpus"] == "demo-german").sum()
    assert report.n_train == (table["corpus"] == "demo-english").sum()
    assert report.intervals["uar"] is None
    assert "4 test speakers" in report.interval_note


def test_early_stopping_trains_the_kept_model_as_long_as_the_folds(demo):
    mlp = MlpSettings(hidden=(24,), max_epochs=40, early_stopping=True, validation_share=0.1, patience=3)
    run, report = start(demo, TrainingSettings(spec=SPEC, folds=2, mlp=mlp))
    final = [record for record in run.progress() if record["stage"] == "final"]
    assert 1 <= len(final) < 40
    assert report.leaks[2].found is False


def cancel_at(stage: str, fold: int | None, epoch: int):
    event = threading.Event()

    def callbacks(record) -> None:
        if (record.stage, getattr(record, "fold", None), getattr(record, "epoch", None)) == (stage, fold, epoch):
            event.set()

    return event, callbacks


def test_cancelling_keeps_the_best_so_far(demo):
    event, callbacks = cancel_at("fold", 2, 4)
    run, report = start(demo, cancel=event, progress=callbacks, jobs=1)
    assert run.state().name == "cancelled"
    assert report.cancelled
    assert 0 < report.n_test < len(demo.usable_table)
    assert "2 of 5 folds" in " ".join(report.notes)
    assert (report.folds, report.folds_done) == (5, 2)
    assert report.split_title == "unseen speakers, 2 of 5 folds"
    card = load_model(run.model_path).card
    assert card.split == report.split_title
    assert "cancelled" in card.notes[0]


def test_cancelling_the_last_model_keeps_all_figures(demo):
    event, callbacks = cancel_at("final", None, 2)
    run, report = start(demo, cancel=event, progress=callbacks)
    assert report.n_test == len(demo.usable_table)
    assert run.state().name == "cancelled"
    load_model(run.model_path)


def test_cancelled_before_it_began(demo):
    event = threading.Event()
    event.set()
    run = create_run(QUICK.to_config())
    with pytest.raises(CancelledError, match="before its first epoch"), recording(run):
        train(demo, QUICK, run, cancel=event)
    assert run.state().name == "cancelled"


def test_cancelled_while_features_are_extracted(demo):
    event = threading.Event()
    run = create_run(QUICK.to_config())
    with pytest.raises(CancelledError), recording(run):
        train(demo, QUICK, run, cancel=event, use_store=False, progress=lambda _: event.set())
    assert run.state().name == "cancelled"
    assert not list((run.folder.parent.parent / "scratch").iterdir())


def test_the_described_recipe_trains_on_every_training_clip(demo):
    _, report = start(demo, TrainingSettings(spec=SPEC, mlp=MlpSettings(hidden=(8,), max_epochs=2)))
    assert "validation" not in " ".join(report.notes)
    _, report = start(demo)
    assert "validation" in " ".join(report.notes)


def test_the_report_gives_the_files_probabilities_at_a_high_temperature(demo, monkeypatch):
    monkeypatch.setattr("aec.training.report.fit_temperature", lambda _logits, _truth: 14.0)
    event = threading.Event()

    def cancel_before_the_last_model(record):
        if record.stage == "report":
            event.set()

    # The kept model is then that of the only fold, whose answers are in the report. A high learning rate makes the
    # network so sure that probabilities are zero in float32.
    mlp = MlpSettings(hidden=(24,), max_epochs=12, learning_rate=0.3)
    settings = TrainingSettings(spec=SPEC, split="random", folds=1, mlp=mlp)
    run, report = start(demo, settings, cancel=event, progress=cancel_before_the_last_model)
    with np.load(run.checkpoints / "fold-1.npz") as saved:
        assert saved["logits"].dtype == np.float32
        assert np.ptp(saved["logits"], axis=1).max() > 100
    model = load_model(run.model_path)
    assert model.card.temperature == report.temperature == 14.0
    paths = [clip.path for clip in report.predictions]
    extraction = extract_features(paths, SPEC)
    with extraction.features as features:
        rows = np.arange(len(paths))
        found = model.predict(features.read(rows), extraction.lengths)
    reported = [clip.confidence for clip in report.predictions]
    np.testing.assert_allclose(found.max(axis=1), reported, atol=1e-4)


def test_a_fold_checkpoint_of_probabilities_counts_as_none(demo):
    run, report = start(demo)
    path = run.checkpoints / "fold-1.npz"
    with np.load(path) as saved:
        older = {**saved, "probabilities": saved["logits"]}
    del older["logits"]
    np.savez(path, **older)
    trained = []
    again = train(demo, QUICK, run, progress=lambda record: trained.append(getattr(record, "fold", None)))
    assert set(trained) == {None, 1}
    assert without_names(again) == without_names(report)


def test_a_model_that_cannot_be_written_leaves_the_report(demo, monkeypatch):
    def fail(*_args):
        raise TrainingError("the model file's answers differ")

    monkeypatch.setattr("aec.models.mlp_export.save_verified_model", fail)
    run = create_run(QUICK.to_config())
    with pytest.raises(TrainingError, match="answers differ"), recording(run):
        train(demo, QUICK, run)
    assert read_report(run).n_test == len(demo.usable_table)
    state = run.state()
    assert state.name == "failed"
    assert "model file" in state.message
    assert state.uar == read_report(run).uar
    assert not run.model_path.exists()


def test_a_fold_that_fails_ends_the_others(demo, monkeypatch):
    from aec.training import folds

    def fail(*_args):
        raise TrainingError("the loss is no finite number any more")

    monkeypatch.setattr(folds, "_train_fold", fail)
    with pytest.raises(TrainingError, match="finite"):
        start(demo)


def test_going_on_gives_the_same_report_as_one_go(demo):
    _, whole = start(demo)
    event, callbacks = cancel_at("fold", 3, 2)
    run = create_run(QUICK.to_config())
    train(demo, QUICK, run, cancel=event, progress=callbacks, jobs=1)
    assert sorted(path.name for path in run.checkpoints.iterdir()) == ["fold-1.npz", "fold-2.npz"]
    trained = []
    settings = TrainingSettings.from_config(run.config())
    resumed = train(demo, settings, run, progress=lambda record: trained.append(getattr(record, "fold", None)))
    assert set(trained) == {None, 3, 4, 5}
    assert without_names(resumed) == without_names(whole)


def test_a_damaged_checkpoint_is_trained_again(demo):
    run, report = start(demo)
    (run.checkpoints / "fold-1.npz").write_bytes(b"PK junk")
    (run.checkpoints / "fold-2.npz").unlink()
    trained = []
    again = train(demo, QUICK, run, progress=lambda record: trained.append(getattr(record, "fold", None)))
    assert set(trained) == {None, 1, 2}
    assert without_names(again) == without_names(report)


@pytest.mark.parametrize(
    "config", [{}, {"mlp": 3}, {**QUICK.to_config(), "folds": "many"}, {**QUICK.to_config(), "mlp": 3}]
)
def test_a_configuration_of_another_kind_is_refused(config):
    with pytest.raises(RunError, match="configuration"):
        TrainingSettings.from_config(config)


@pytest.mark.parametrize(
    "fields", [{"split": "corpus:"}, {"labels": "nine"}, {"folds": 0}, {"mlp": MlpSettings(seed=-1)}]
)
def test_settings_without_sense_are_refused(fields):
    with pytest.raises(UsageError):
        TrainingSettings(**fields)


def test_a_cancelled_models_card_counts_its_training_clips(demo):
    event, callbacks = cancel_at("fold", 1, 3)
    run, _ = start(demo, cancel=event, progress=callbacks, jobs=1)
    card = load_model(run.model_path).card
    assert 0 < card.training.clips < len(demo.usable_table)
    assert "after" in card.notes[0]


def test_checkpoints_of_other_settings_are_not_used(demo):
    run, report = start(demo)
    other = TrainingSettings(spec=SPEC, mlp=MlpSettings(hidden=(24,), max_epochs=12, seed=5))
    assert train(demo, other, run).confusion != report.confusion


def test_a_network_without_pytorch_says_what_to_install(demo, monkeypatch):
    monkeypatch.setattr("aec.models.torch_presence.torch_is_there", lambda: False)
    with pytest.raises(TrainingError, match="requirements-deep"):
        start(demo, TrainingSettings(model="cnn"))


def test_an_mlp_is_not_spread_over_processes():
    with pytest.raises(UsageError, match="networks"):
        TrainingSettings(team=Team(2))


def test_settings_of_a_network_written_and_read_are_the_same():
    settings = TrainingSettings(
        model="rnn", spec=spec_for("rnn"), network=NetworkSettings(max_epochs=3, seed=4), team=Team(2, "model", "cpu")
    )
    assert TrainingSettings.from_config(json.loads(json.dumps(settings.to_config()))) == settings
    assert spec_for("rnn").kind == "logmel"
    assert spec_for("mlp").kind == "mfcc"


def test_validation_clips_come_from_training_speakers_alone(demo):
    table = demo.usable_table
    for fold in split_for(table, QUICK).folds:
        kept, held = hold_out(table, fold, QUICK)
        assert sorted([*kept, *held]) == sorted(fold.train)
        assert not set(table["speaker"][kept]) & set(table["speaker"][held])
        assert not set(held) & set(fold.test)


def test_unknown_speakers_may_still_train_at_random(demo, tmp_path):
    table = demo.usable_table.head(60)
    listed = pd.DataFrame({"path": [str(p) for p in table["path"].map(lambda p: __import__("os").path.abspath(p))]})
    listed["emotion"] = (["angry", "sad"] * 30)[: len(listed)]
    manifest = tmp_path / "clips.csv"
    listed.to_csv(manifest, index=False)
    settings = TrainingSettings(spec=SPEC, split="random", folds=2, mlp=MlpSettings(hidden=(8,), max_epochs=3))
    report = train(scan([manifest]), settings, create_run(settings.to_config()))
    assert report.leaks[0].found is None
    assert report.intervals["uar"] is None
