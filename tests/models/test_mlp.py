"""The MLP: equal seeds, early stopping, and a model file that equals the network."""

import msgspec
import numpy as np
import pytest

from aec.errors import TrainingError
from aec.evaluation.calibration import apply_temperature
from aec.features import FeatureSpec
from aec.features.feature_file import FeatureFile
from aec.models.card import ModelCard
from aec.models.mlp import MlpSettings, Scaler, fit_mlp
from aec.models.mlp_export import save_mlp, to_graph
from aec.models.model_file import load_model

SPEC = FeatureSpec(max_frames=12, n_mfcc=4)
SMALL = MlpSettings(hidden=(16, 8), max_epochs=30, batch_size=32, validation_share=0)


@pytest.fixture
def material(tmp_path):
    """120 clips of three classes that differ in their mean."""
    rng = np.random.default_rng(0)
    targets = np.arange(120) % 3
    file = FeatureFile.create(tmp_path, 120, 12, 4)
    for row, target in enumerate(targets):
        file.write(row, (rng.normal(size=(12, 4)) + 0.35 * target).astype(np.float32))
    return file, targets


def test_it_learns(material):
    file, targets = material
    fitted = fit_mlp(file, np.arange(0, 90), targets, 3, SMALL)
    right = fitted.logits(file, np.arange(90, 120)).argmax(axis=1) == targets[90:]
    assert right.mean() > 0.5
    assert fitted.curve[-1].loss < fitted.curve[0].loss
    assert fitted.network.weights[0].dtype == np.float32


def test_the_same_seed_gives_the_same_network(material):
    file, targets = material
    one, two = (fit_mlp(file, np.arange(90), targets, 3, SMALL) for _ in range(2))
    other = fit_mlp(file, np.arange(90), targets, 3, MlpSettings(**{**msgspec.structs.asdict(SMALL), "seed": 1}))
    for a, b, c in zip(one.network.weights, two.network.weights, other.network.weights, strict=True):
        np.testing.assert_array_equal(a, b)
        assert not np.array_equal(a, c)


def test_the_same_on_any_number_of_threads(material):
    file, targets = material
    one, three = (fit_mlp(file, np.arange(90), targets, 3, SMALL, threads=threads) for threads in (1, 3))
    for a, b in zip(one.network.weights, three.network.weights, strict=True):
        np.testing.assert_array_equal(a, b)


def test_clips_in_memory_and_in_batches_are_equal(material, monkeypatch):
    file, targets = material
    held = fit_mlp(file, np.arange(90), targets, 3, SMALL)
    monkeypatch.setattr("aec.models.mlp._HELD_BYTES", 0)
    read = fit_mlp(file, np.arange(90), targets, 3, SMALL)
    for a, b in zip(held.network.weights, read.network.weights, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("offset", [0.0, -400.0, 1e5])
def test_the_scaler_is_scikit_learns(tmp_path, offset, monkeypatch):
    from sklearn.preprocessing import StandardScaler

    monkeypatch.setattr("aec.models.mlp._READ_ROWS", 7)
    rng = np.random.default_rng(0)
    values = (rng.normal(size=(50, 12, 4)) * rng.uniform(0.01, 90, (12, 4)) + offset).astype(np.float32)
    values[:, 3, 2] = offset
    file = FeatureFile.create(tmp_path, 50, 12, 4)
    file.write_all(enumerate(values))
    ours = Scaler.fit(file, np.arange(10, 50))
    theirs = StandardScaler().fit(values[10:].reshape(40, -1).astype(float))
    np.testing.assert_allclose(ours.mean, theirs.mean_, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(ours.scale, theirs.scale_, rtol=2e-3 if offset == 1e5 else 1e-5)


def test_it_stops_when_the_loss_no_longer_falls(material):
    file, targets = material
    settings = MlpSettings(hidden=(16, 8), max_epochs=500, batch_size=32, validation_share=0, tol=1e-3, patience=3)
    assert len(fit_mlp(file, np.arange(90), targets, 3, settings).curve) < 500


def test_early_stopping_keeps_the_best_epoch_by_validation(material):
    file, targets = material
    rng = np.random.default_rng(1)
    noisy = targets.copy()
    noisy[:80] = rng.integers(0, 3, 80)
    settings = MlpSettings(
        hidden=(32,), max_epochs=60, batch_size=16, early_stopping=True, validation_share=0.1, patience=8
    )
    fitted = fit_mlp(file, np.arange(80), noisy, 3, settings, validation=np.arange(80, 120))
    uars = [epoch.validation_uar for epoch in fitted.curve]
    assert fitted.kept_epoch == int(np.argmax(uars)) + 1
    assert len(fitted.curve) == fitted.kept_epoch + 9
    right = fitted.logits(file, np.arange(80, 120)).argmax(axis=1) == targets[80:]
    recalls = [right[targets[80:] == label].mean() for label in range(3)]
    assert np.mean(recalls) == pytest.approx(max(uars))


def test_cancelling_keeps_the_best_so_far(material):
    file, targets = material
    fitted = fit_mlp(
        file,
        np.arange(90),
        targets,
        3,
        SMALL,
        validation=np.arange(90, 120),
        on_epoch=lambda epoch: epoch.epoch < 5,
    )
    assert fitted.cancelled
    assert len(fitted.curve) == 5
    assert fitted.kept_epoch == int(np.argmax([e.validation_uar for e in fitted.curve])) + 1


def test_cancelling_without_validation_keeps_the_last_epoch(material):
    file, targets = material
    rough = MlpSettings(hidden=(16,), max_epochs=30, batch_size=8, learning_rate=0.1)
    fitted = fit_mlp(file, np.arange(90), targets, 3, rough, on_epoch=lambda epoch: epoch.epoch < 9)
    assert fitted.cancelled
    assert fitted.kept_epoch == 9


def test_nothing_to_train_on(material):
    file, targets = material
    with pytest.raises(TrainingError, match="no clips"):
        fit_mlp(file, np.arange(0), targets, 3, SMALL)


# The overflow on the way to a loss that is no number is the point here.
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_loss_that_is_no_number_is_refused(material):
    file, targets = material
    with pytest.raises(TrainingError, match="no finite number"):
        fit_mlp(file, np.arange(90), targets, 3, MlpSettings(hidden=(16,), learning_rate=1e30, validation_share=0))


@pytest.mark.parametrize(
    "fields",
    [{"max_epochs": 0}, {"hidden": ()}, {"validation_share": 1.0}, {"early_stopping": True, "validation_share": 0}],
)
def test_settings_without_sense(fields):
    with pytest.raises(TrainingError):
        MlpSettings(**fields)


def card(labels, temperature) -> ModelCard:
    return ModelCard(name="test", family="mlp", labels=labels, features=(SPEC,), temperature=temperature)


@pytest.mark.parametrize("labels", [("angry", "happy", "sad"), ("angry", "happy")])
@pytest.mark.parametrize("temperature", [1.0, 2.7])
def test_the_file_predicts_as_the_network(material, tmp_path, labels, temperature):
    file, targets = material
    fitted = fit_mlp(file, np.arange(90), targets % len(labels), len(labels), SMALL)
    rows = np.arange(90, 120)
    save_mlp(tmp_path / "m.onnx", fitted, SPEC, (file, rows), card(labels, temperature))
    model = load_model(tmp_path / "m.onnx")
    answers = model.predict(file.read(rows), np.full(30, 12, dtype=np.int64))
    np.testing.assert_allclose(answers, apply_temperature(fitted.logits(file, rows), temperature), atol=1e-5)
    assert model.card.labels == labels


def test_the_file_predicts_as_a_very_confident_network(material, tmp_path):
    file, targets = material
    fitted = fit_mlp(file, np.arange(90), targets, 3, SMALL)
    fitted.network.weights[-1] *= 100
    rows = np.arange(90, 120)
    logits = fitted.logits(file, rows)
    # Probabilities of zero in float32, which weigh 0.1 % and more at this temperature.
    assert np.ptp(logits, axis=1).max() > 110
    save_mlp(tmp_path / "m.onnx", fitted, SPEC, (file, rows), card(("angry", "happy", "sad"), 14.0))
    answers = load_model(tmp_path / "m.onnx").predict(file.read(rows), np.full(30, 12, dtype=np.int64))
    np.testing.assert_allclose(answers, apply_temperature(logits, 14.0), atol=1e-5)


def test_a_clip_alone_equals_the_clip_in_a_padded_batch(material, tmp_path):
    file, targets = material
    fitted = fit_mlp(file, np.arange(90), targets, 3, SMALL)
    save_mlp(tmp_path / "m.onnx", fitted, SPEC, (file, np.arange(5)), card(("angry", "happy", "sad"), 1.3))
    model = load_model(tmp_path / "m.onnx")
    rng = np.random.default_rng(0)
    lengths = np.array([5, 12, 1, 30], dtype=np.int64)
    batch = rng.normal(size=(4, 30, 4)).astype(np.float32)  # what lies behind each length is noise
    together = model.predict(batch, lengths)
    for row, length in enumerate(lengths):
        alone = model.predict(batch[row : row + 1, :length], lengths[row : row + 1])
        np.testing.assert_allclose(alone[0], together[row], atol=1e-5)


def test_a_file_that_predicts_otherwise_is_not_saved(material, tmp_path, monkeypatch):
    from aec.models import mlp_export

    file, targets = material
    fitted = fit_mlp(file, np.arange(90), targets, 3, SMALL)
    wrong = to_graph(fitted, SPEC, 9.0)
    monkeypatch.setattr(mlp_export, "to_graph", lambda *_: wrong)
    with pytest.raises(TrainingError, match="differ from the network"):
        save_mlp(tmp_path / "m.onnx", fitted, SPEC, (file, np.arange(90)), card(("angry", "happy", "sad"), 1.0))
    assert not list(tmp_path.glob("*.onnx*"))
