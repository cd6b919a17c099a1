"""Training in one process: learning, best epoch, checkpoints, errors."""

import os
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

torch = pytest.importorskip("torch", reason="PyTorch is not installed: requirements-deep.txt")

from aec.errors import RunError, TrainingError, UsageError
from aec.evaluation.calibration import apply_temperature
from aec.models.deep import data_parallel
from aec.models.deep.augmentation import Augmentation
from aec.models.deep.batches import ClipDataset
from aec.models.deep.checkpoints import Checkpoints
from aec.models.deep.devices import choose_device
from aec.models.deep.fitting import fit_network, initial_network
from aec.models.deep.networks import Network
from aec.models.deep.training_loop import SMOOTHED_OVER, EpochBatches
from aec.models.learner import FitCallbacks
from aec.models.network_settings import NETWORKS, NetworkSettings, Team

TRAIN, HELD = np.arange(60), np.arange(60, 90)
# Batches of 16 of the 60 training clips.
PER_EPOCH = 4


class InterruptionError(Exception):
    """Interrupts a training in these tests."""


@pytest.fixture
def fit(clips, spec, tiny):
    """Train on the first 60 clips with tiny settings, but for the given fields."""

    def fitted(name="rnn", rows=TRAIN, validation=HELD, epochs=None, callbacks=None, **fields):
        settings = replace(tiny, **fields)
        return fit_network(
            name, clips, rows, validation, settings, spec, device="cpu", epochs=epochs, callbacks=callbacks
        )

    return fitted


_UNINTERRUPTED = {}


@pytest.fixture
def uninterrupted(fit):
    """Train as `fit` does, without callbacks, once for all tests."""

    def trained(name="rnn", **fields):
        key = (name, tuple(sorted(fields.items())))
        if key not in _UNINTERRUPTED:
            _UNINTERRUPTED[key] = fit(name, **fields)
        return _UNINTERRUPTED[key]

    return trained


def recording_callbacks(folder, *, on_epoch=lambda _epoch: None, stop=lambda: False, key="these"):
    return FitCallbacks(on_epoch, stop, folder, key)


def interrupting(folder, after, key="these"):
    def on_epoch(epoch):
        if epoch.epoch == after:
            raise InterruptionError

    return recording_callbacks(folder, on_epoch=on_epoch, key=key)


def recording_epochs(folder, key="these"):
    """Return callbacks, and the list to which they append the epochs."""
    trained_epochs = []
    return recording_callbacks(
        folder, on_epoch=lambda epoch: trained_epochs.append(epoch.epoch), key=key
    ), trained_epochs


def weights_of(fitted):
    return fitted.network.state_dict()


def equal_weights(one, other):
    return set(one) == set(other) and all(torch.equal(one[key], other[key]) for key in one)


def same(one, other):
    return (
        one.curve == other.curve
        and one.kept_epoch == other.kept_epoch
        and equal_weights(weights_of(one), weights_of(other))
    )


def losses(fitted):
    return [epoch.loss for epoch in fitted.curve]


def uar_of(fitted, clips, rows):
    right = fitted.logits(clips, rows).argmax(axis=1) == clips.targets[rows]
    return float(np.mean([right[clips.targets[rows] == label].mean() for label in range(clips.n_labels)]))


def stopping_at(call):
    """Return a callback that stops from its call number `call`, and its calls."""
    calls = []

    def stop():
        calls.append(1)
        return len(calls) >= call

    return stop, calls


def kept_files(folder):
    return sorted(path.name for path in folder.iterdir())


RICH = {"dropout": 0.3, "augment": True, "mixup": 0.5}


@pytest.mark.parametrize("name", NETWORKS)
def test_it_learns_three_classes(name, fit, clips):
    fitted = fit(name, max_epochs=12, learning_rate=2e-2, averaging=0.5)
    assert min(losses(fitted)) < 0.5 < losses(fitted)[0] - 0.2
    assert uar_of(fitted, clips, HELD) >= 0.95
    assert np.allclose(apply_temperature(fitted.logits(clips, HELD), 1.0).sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_same_seed_gives_the_same_curve_and_weights_and_another_another(name, fit, uninterrupted):
    one = uninterrupted(name, **RICH)
    torch.rand(5)
    np.random.rand(5)
    assert same(one, fit(name, **RICH))
    other = fit(name, seed=1, **RICH)
    assert losses(other) != losses(one)
    assert not equal_weights(weights_of(other), weights_of(one))


# Of 30 clips, ten of each class, whose recalls were all one half.
HELD_ERROR = np.sqrt(3 * 0.25 / 10) / 3


def test_the_latest_epoch_that_is_as_good_as_the_best_is_kept(fit, clips):
    assert np.bincount(clips.targets[HELD]).tolist() == [10, 10, 10]
    for learning_rate in (2e-3, 1e-2):
        fitted = fit("cnn", max_epochs=5, learning_rate=learning_rate)
        uars = [epoch.validation_uar for epoch in fitted.curve]
        scores = np.array([np.mean(uars[max(0, end - SMOOTHED_OVER) : end]) for end in range(1, len(uars) + 1)])
        good = [n for n in range(5) if scores[n] >= scores[: n + 1].max() - HELD_ERROR]
        assert fitted.kept_epoch == good[-1] + 1
        assert uar_of(fitted, clips, HELD) == pytest.approx(uars[fitted.kept_epoch - 1])


@pytest.mark.parametrize(("short_of_it", "kept"), [(0.99, 2), (1.01, 1)])
def test_as_good_is_within_one_standard_error(fit, validation_uars, short_of_it, kept):
    # The second epoch counts with the mean of both.
    validation_uars([0.9, 0.9 - 2 * short_of_it * HELD_ERROR])
    assert fit(max_epochs=2).kept_epoch == kept


def test_the_score_of_an_epoch_is_the_mean_of_the_last_few(fit, validation_uars):
    uars = [0.4, 0.5, 0.6, 0.6, 0.6, 1.0, 0.0, 0.3, 0.6, 0.6, 0.6]
    validation_uars(uars)
    # The last five: 0.66 after the lucky sixth epoch, 0.56 after the next.
    fitted = fit(rows=TRAIN[:16], max_epochs=len(uars))
    assert fitted.kept_epoch == 6
    uars[5:] = [0.6, 0.6, 0.6, 0.6, 0.6, 0.1]
    validation_uars(uars)
    # One bad epoch by itself would be too bad; the mean of 0.5 at the end still is, 0.58 would not.
    assert fit(rows=TRAIN[:16], max_epochs=len(uars)).kept_epoch == 10
    uars[-1] = 0.5
    validation_uars(uars)
    assert fit(rows=TRAIN[:16], max_epochs=len(uars)).kept_epoch == 11


@pytest.fixture
def validation_uars(monkeypatch):
    """Replace validation by given UARs; return the list of validated weights."""
    averaged_weights = []

    def set_uars(uars):
        left = list(uars)

        def validation_uar(engine, *_what):
            averaged_weights.append(engine.averaged_weights())
            return left.pop(0)

        monkeypatch.setattr("aec.models.deep.training_loop._validation_uar", validation_uar)
        return averaged_weights

    return set_uars


def test_training_ends_when_it_no_longer_helps_and_keeps_that_epochs_weights(fit, validation_uars):
    averaged_weights = validation_uars([0.2, 0.9, 0.1, 0.1, 0.1, 0.1, 0.1])
    fitted = fit(max_epochs=7, patience=3)
    assert len(fitted.curve) == 5
    assert fitted.kept_epoch == 2
    assert equal_weights(weights_of(fitted), averaged_weights[1])
    assert not equal_weights(weights_of(fitted), averaged_weights[4])
    assert not fitted.cancelled


def test_of_equal_epochs_the_later_one_is_kept(fit, validation_uars):
    averaged_weights = validation_uars([0.9, 0.9, 0.3])
    fitted = fit()
    assert fitted.kept_epoch == 2
    assert equal_weights(weights_of(fitted), averaged_weights[1])


def test_without_early_stopping_all_epochs_are_trained_and_the_last_is_kept(fit, validation_uars):
    averaged_weights = validation_uars([0.9, 0.5, 0.4, 0.3])
    fitted = fit(max_epochs=4, patience=1, early_stopping=False)
    assert (len(fitted.curve), fitted.kept_epoch) == (4, 4)
    assert equal_weights(weights_of(fitted), averaged_weights[3])


def test_without_validation_clips_the_last_epoch_is_kept(fit):
    fitted = fit(validation=TRAIN[:0])
    assert [epoch.validation_uar for epoch in fitted.curve] == [None] * 3
    assert fitted.kept_epoch == 3


def test_fewer_epochs_than_the_schedule_are_its_beginning(fit, uninterrupted):
    whole, part = uninterrupted(max_epochs=4), fit(max_epochs=4, epochs=2)
    assert losses(part) == losses(whole)[:2]
    assert [epoch.epochs for epoch in part.curve] == [2, 2]
    assert losses(fit(max_epochs=2)) != losses(part)


def test_stopped_in_the_middle_of_an_epoch_it_keeps_the_best_so_far(fit, validation_uars, tmp_path):
    averaged_weights = validation_uars([0.8, 0.1, 0.9])
    stop, calls = stopping_at(2 * PER_EPOCH + 3)
    fitted = fit(callbacks=recording_callbacks(tmp_path, stop=stop))
    assert len(calls) == 2 * PER_EPOCH + 3
    assert (len(fitted.curve), fitted.kept_epoch, fitted.cancelled) == (2, 1, True)
    assert equal_weights(weights_of(fitted), averaged_weights[0])


def test_stopped_without_early_stopping_it_keeps_the_best_all_the_same(fit, validation_uars, tmp_path):
    averaged_weights = validation_uars([0.8, 0.1, 0.9])
    stop, _ = stopping_at(2 * PER_EPOCH + 3)
    fitted = fit(early_stopping=False, callbacks=recording_callbacks(tmp_path, stop=stop))
    assert fitted.kept_epoch == 1
    assert equal_weights(weights_of(fitted), averaged_weights[0])


def test_stopped_in_the_first_epoch_no_epoch_is_kept(fit, clips, tmp_path):
    stop, _ = stopping_at(2)
    fitted = fit(callbacks=recording_callbacks(tmp_path, stop=stop))
    assert (fitted.curve, fitted.kept_epoch, fitted.cancelled) == ((), 0, True)
    assert np.isfinite(fitted.logits(clips, HELD)).all()


@pytest.mark.parametrize("name", NETWORKS)
def test_a_resumed_training_gives_exactly_the_same_result(name, fit, uninterrupted, tmp_path):
    whole = uninterrupted(name, max_epochs=4, **RICH)
    with pytest.raises(InterruptionError):
        fit(name, max_epochs=4, **RICH, callbacks=interrupting(tmp_path, after=2))
    callbacks, trained_epochs = recording_epochs(tmp_path)
    resumed = fit(name, max_epochs=4, **RICH, callbacks=callbacks)
    assert trained_epochs == [3, 4]
    assert same(resumed, whole)


def test_interrupted_within_an_epoch_it_resumes_from_the_one_before(fit, uninterrupted, tmp_path):
    def stop():
        calls.append(1)
        if len(calls) == PER_EPOCH + 3:
            raise InterruptionError
        return False

    calls = []
    whole = uninterrupted(**RICH)
    with pytest.raises(InterruptionError):
        fit(**RICH, callbacks=recording_callbacks(tmp_path, stop=stop))
    callbacks, trained_epochs = recording_epochs(tmp_path)
    assert same(fit(**RICH, callbacks=callbacks), whole)
    assert trained_epochs == [2, 3]


def test_validation_scores_from_before_an_interruption_still_count(fit, validation_uars, tmp_path):
    # The fifth epoch is the best by itself, but not by the mean of the last few.
    validation_uars([0.5, 0.6, 0.1, 0.1, 0.7, 0.1, 0.1])
    with pytest.raises(InterruptionError):
        fit(max_epochs=7, patience=3, callbacks=interrupting(tmp_path, after=4))
    callbacks, trained_epochs = recording_epochs(tmp_path)
    resumed = fit(max_epochs=7, patience=3, callbacks=callbacks)
    assert trained_epochs == [5]
    assert resumed.kept_epoch == 2


DAMAGE = {
    "truncated": lambda content: content[: len(content) // 2],
    "empty": lambda _content: b"",
    "junk": lambda content: b"\x93junk" * (len(content) // 5),
    "of something else": lambda _content: pickle.dumps([1, 2, 3], protocol=2),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_latest_checkpoint_costs_one_epoch(damage, fit, uninterrupted, tmp_path, caplog):
    whole = uninterrupted(max_epochs=4, **RICH)
    with pytest.raises(InterruptionError):
        fit(max_epochs=4, **RICH, callbacks=interrupting(tmp_path, after=3))
    assert kept_files(tmp_path) == ["epoch-2-of-0.pt", "epoch-3-of-0.pt"]
    latest = tmp_path / "epoch-3-of-0.pt"
    latest.write_bytes(DAMAGE[damage](latest.read_bytes()))
    callbacks, trained_epochs = recording_epochs(tmp_path)
    resumed = fit(max_epochs=4, **RICH, callbacks=callbacks)
    assert trained_epochs == [3, 4]
    assert same(resumed, whole)
    assert ("checkpoint of epoch 3 is damaged" in caplog.text) or damage == "of something else"


def test_with_every_checkpoint_damaged_it_starts_again(fit, uninterrupted, tmp_path):
    with pytest.raises(InterruptionError):
        fit(callbacks=interrupting(tmp_path, after=2))
    for path in tmp_path.iterdir():
        path.write_bytes(path.read_bytes()[:100])
    callbacks, trained_epochs = recording_epochs(tmp_path)
    assert same(fit(callbacks=callbacks), uninterrupted())
    assert trained_epochs == [1, 2, 3]


class Trap:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


@pytest.mark.parametrize("packed", [False, True])
def test_no_code_in_a_checkpoint_is_run(packed, fit, tmp_path):
    trap = {"key": "these", "epoch": 1, "engine": Trap(tmp_path / "sprung")}
    (tmp_path / "kept").mkdir()
    path = tmp_path / "kept" / "epoch-1-of-0.pt"
    if packed:
        torch.save(trap, path)
    else:
        path.write_bytes(pickle.dumps(trap, protocol=2))
    callbacks, trained_epochs = recording_epochs(tmp_path / "kept")
    fit(callbacks=callbacks)
    assert trained_epochs == [1, 2, 3]
    assert not (tmp_path / "sprung").exists()


def test_checkpoints_of_other_clips_or_settings_are_ignored(fit, uninterrupted, tmp_path):
    fit(max_epochs=4, seed=1, callbacks=recording_callbacks(tmp_path, key="others"))
    callbacks, trained_epochs = recording_epochs(tmp_path)
    assert same(fit(callbacks=callbacks), uninterrupted())
    assert trained_epochs == [1, 2, 3]


def test_checkpoints_of_other_trainings_do_not_displace_its_own(fit, uninterrupted, tmp_path):
    fit(max_epochs=6, seed=1, callbacks=recording_callbacks(tmp_path, key="others"))
    whole = uninterrupted(max_epochs=4)
    with pytest.raises(InterruptionError):
        fit(max_epochs=4, callbacks=interrupting(tmp_path, after=2))
    callbacks, trained_epochs = recording_epochs(tmp_path)
    assert same(fit(max_epochs=4, callbacks=callbacks), whole)
    assert trained_epochs == [3, 4]


class TwoThreads:
    """Process group of two threads."""

    size = 2

    def __init__(self):
        self._said, self._barrier = {}, threading.Barrier(2, timeout=10)

    def seen_from(self, rank):
        view = copy(self)
        view.rank = rank
        return view

    def minimum(self, number):
        self._said[self.rank] = number
        self._barrier.wait()
        smallest = min(self._said.values())
        self._barrier.wait()
        return smallest


@pytest.mark.parametrize(
    ("first", "second", "common"),
    [
        ((3, 4), (3, 4), 4),
        ((3, 4), (2, 3), 3),
        ((4,), (2, 3), 0),
        ((2, 4), (2, 3), 2),
        ((), (1,), 0),
        ((2, 3), (4,), 0),
    ],
)
def test_workers_resume_from_the_latest_common_epoch(first, second, common, tmp_path):
    group = TwoThreads()
    for rank, epochs in enumerate((first, second)):
        for epoch in epochs:
            torch.save({"key": "these", "epoch": epoch}, tmp_path / f"epoch-{epoch}-of-{rank}.pt")
    with ThreadPoolExecutor(2) as pool:
        workers = [Checkpoints(tmp_path, "these", rank) for rank in range(2)]
        states = [pool.submit(worker.latest, group.seen_from(rank)) for rank, worker in enumerate(workers)]
    assert [0 if state.result() is None else state.result()["epoch"] for state in states] == [common, common]


def test_a_checkpoint_is_written_atomically(fit, tmp_path, monkeypatch):
    seen = []

    def spy(state, file):
        seen.append((Path(file.name).name, kept_files(tmp_path)))
        return save(state, file)

    save = torch.save
    monkeypatch.setattr(torch, "save", spy)
    fit(callbacks=recording_callbacks(tmp_path))
    assert len(seen) == 3
    for epoch, (written, there) in enumerate(seen, 1):
        assert not written.endswith(".pt")
        assert f"epoch-{epoch}-of-0.pt" not in there
    assert kept_files(tmp_path) == ["epoch-2-of-0.pt", "epoch-3-of-0.pt"]


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), RuntimeError("[enforce fail at inline_container.cc:664] .")]
)
def test_a_full_disk_is_an_error_and_earlier_checkpoints_remain(error, fit, uninterrupted, tmp_path, monkeypatch):
    def fill_up(state, file):
        if state["epoch"] < 3 or not full:
            return save(state, file)
        file.write(b"the first half")
        raise error

    save, full = torch.save, True
    monkeypatch.setattr(torch, "save", fill_up)
    with pytest.raises(RunError, match="checkpoint of epoch 3 cannot be written") as caught:
        fit(max_epochs=4, **RICH, callbacks=recording_callbacks(tmp_path))
    assert "Free some space" in caught.value.remedy
    assert kept_files(tmp_path) == ["epoch-1-of-0.pt", "epoch-2-of-0.pt"]
    full = False
    callbacks, trained_epochs = recording_epochs(tmp_path)
    assert same(fit(max_epochs=4, **RICH, callbacks=callbacks), uninterrupted(max_epochs=4, **RICH))
    assert trained_epochs == [3, 4]


def test_a_folder_that_cannot_be_made_is_an_error(fit, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="checkpoint of epoch 1"):
        fit(callbacks=recording_callbacks(tmp_path / "file" / "inside"))


@pytest.fixture
def losing(monkeypatch):
    """Make the losses of some steps, counted from 1, NaN."""
    plain = data_parallel.loss_of

    def lose(steps):
        calls = []

        def loss_of(logits, targets):
            calls.append(1)
            return plain(logits, targets) * (float("nan") if len(calls) in steps else 1.0)

        monkeypatch.setattr(data_parallel, "loss_of", loss_of)

    return lose


def test_a_loss_that_is_not_finite_ends_the_training_and_names_the_epoch(fit, uninterrupted, losing, tmp_path):
    losing(range(2 * PER_EPOCH + 1, 100))
    with pytest.raises(TrainingError, match="epoch 3") as caught:
        fit(max_epochs=4, callbacks=recording_callbacks(tmp_path))
    assert "lower learning rate" in caught.value.remedy
    assert kept_files(tmp_path) == ["epoch-1-of-0.pt", "epoch-2-of-0.pt"]
    losing(())
    callbacks, trained_epochs = recording_epochs(tmp_path)
    assert same(fit(max_epochs=4, callbacks=callbacks), uninterrupted(max_epochs=4))
    assert trained_epochs == [3, 4]


def test_single_steps_without_usable_gradients_change_nothing(fit, uninterrupted, losing, clips):
    plain = uninterrupted()
    losing({2, PER_EPOCH + 1, PER_EPOCH + 3})
    fitted = fit()
    assert np.isfinite(losses(fitted)).all()
    assert len(fitted.curve) == 3
    assert losses(fitted) != losses(plain)
    assert all(torch.isfinite(value).all() for value in weights_of(fitted).values())


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("validation", [HELD, HELD[:0]])
def test_weights_that_are_not_finite_are_never_kept(name, validation, fit, tmp_path):
    # Lost in the middle of the only epoch: most of its losses are numbers.
    with pytest.raises(TrainingError, match="epoch 1"):
        fit(name, validation=validation, max_epochs=1, learning_rate=1e30, callbacks=recording_callbacks(tmp_path))
    assert not list(tmp_path.glob("*.pt"))


@pytest.fixture
def little_memory(monkeypatch):
    """Make forward passes of more than a number of frames run out of memory."""
    forward = Network.forward

    def limit(frames, error=RuntimeError):
        passed = []

        def limited(network, features, lengths):
            fits = features.shape[0] * features.shape[1] <= frames
            passed.append(fits)
            if not fits:
                raise error(
                    "[enforce fail at alloc_cpu.cpp:121] DefaultCPUAllocator: can't allocate memory: you tried to"
                    " allocate 9000000000 bytes. Error code 12 (Cannot allocate memory)"
                )
            return forward(network, features, lengths)

        monkeypatch.setattr(Network, "forward", limited)
        return passed

    return limit


@pytest.mark.parametrize("error", [RuntimeError, MemoryError, torch.OutOfMemoryError])
def test_a_batch_that_does_not_fit_is_computed_in_pieces(error, fit, uninterrupted, little_memory):
    whole = uninterrupted()
    passed = little_memory(250, error)
    pieced = fit()
    at = passed.index(True)
    assert False in passed[at:]
    assert len(pieced.curve) == 3
    assert np.abs(np.subtract(losses(pieced), losses(whole))).max() <= 1e-5
    assert [e.validation_uar for e in pieced.curve] == [e.validation_uar for e in whole.curve]


def test_gradients_of_pieces_before_one_did_not_fit_are_discarded(fit, uninterrupted, monkeypatch):
    def fail_twice(network, features, lengths):
        calls.append(len(lengths)) if network.training else None
        if network.training and len(calls) in {5, 7}:
            raise MemoryError
        return forward(network, features, lengths)

    whole, calls, forward = uninterrupted(), [], Network.forward
    monkeypatch.setattr(Network, "forward", fail_twice)
    pieced = fit()
    # The whole batch, a half that fits, one that does not, quarters.
    assert calls[4:11] == [16, 8, 8, 4, 4, 4, 4]
    assert np.abs(np.subtract(losses(pieced), losses(whole))).max() <= 1e-5


def test_one_clip_that_does_not_fit_is_an_error(fit, little_memory):
    passed = little_memory(4)
    with pytest.raises(TrainingError, match="does not fit in memory") as caught:
        fit()
    assert "smaller" in caught.value.remedy
    assert not any(passed)


def test_one_clip_that_does_not_fit_in_prediction_is_an_error(fit, little_memory, clips):
    fitted = fit(max_epochs=1)
    little_memory(4)
    with pytest.raises(TrainingError, match="does not fit in memory"):
        fitted.logits(clips, HELD)


def test_other_errors_of_a_network_are_not_taken_for_lack_of_memory(fit, monkeypatch):
    def fail(_network, _features, _lengths):
        calls.append(1)
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    calls = []
    monkeypatch.setattr(Network, "forward", fail)
    with pytest.raises(RuntimeError, match="mat1"):
        fit()
    assert len(calls) == 1


def rows_of(clips, counts):
    """Return `counts` training clips of each label."""
    return np.concatenate([TRAIN[clips.targets[TRAIN] == label][:count] for label, count in enumerate(counts)])


@pytest.mark.parametrize("name", NETWORKS)
def test_a_label_without_training_clips_does_no_harm(name, fit, clips):
    fitted = fit(name, rows=rows_of(clips, (20, 20, 0)), max_epochs=8, learning_rate=2e-2, averaging=0.5)
    assert np.isfinite(losses(fitted)).all()
    answers = apply_temperature(fitted.logits(clips, HELD), 1.0)
    assert answers.shape == (30, 3)
    assert np.isfinite(answers).all()
    assert (answers[:, 2] < 1 / 3).all()


def test_no_training_clips_are_refused(fit):
    with pytest.raises(TrainingError, match="no clips to train on"):
        fit(rows=TRAIN[:0])


def first_loss(name, clips, rows, settings):
    """Return the loss of the initial weights on some clips by the formula."""
    network = initial_network(name, clips, rows, settings).train()
    features, lengths = clips.read(rows)
    with torch.no_grad():
        logs = torch.log_softmax(network(features, lengths), dim=1).numpy().astype(np.float64)
    targets = clips.targets[rows]
    counts = np.bincount(targets, minlength=3)
    smooth = settings.label_smoothing
    soft_targets = np.full((len(rows), 3), smooth / 3)
    soft_targets[np.arange(len(rows)), targets] += 1 - smooth
    own = -(soft_targets * logs).sum(axis=1)
    weights = len(rows) / (np.count_nonzero(counts) * counts[targets])
    if not settings.class_weights:
        weights = np.ones(len(rows))
    return float((weights * own).sum() / weights.sum())


@pytest.mark.parametrize("counts", [(20, 20, 20), (20, 5, 1), (18, 2, 0)])
@pytest.mark.parametrize("class_weights", [False, True])
@pytest.mark.parametrize("label_smoothing", [0.0, 0.1])
def test_the_loss_weighs_each_label_as_its_formula_says(counts, class_weights, label_smoothing, fit, clips, tiny):
    rows = rows_of(clips, counts)
    fields = {"class_weights": class_weights, "label_smoothing": label_smoothing, "batch_size": 60, "max_epochs": 1}
    # The first step, here the only one, finds the first weights.
    (loss,) = losses(fit(rows=rows, **fields))
    assert loss == pytest.approx(first_loss("rnn", clips, rows, replace(tiny, **fields)), abs=1e-5)
    (other,) = losses(fit(rows=rows, **{**fields, "class_weights": not class_weights}))
    assert (abs(loss - other) < 1e-6) is (counts == (20, 20, 20))


def test_with_class_weights_all_labels_have_the_same_total_weight(clips, spec, tiny):
    rows = rows_of(clips, (20, 5, 2))
    settings = replace(tiny, batch_size=60, label_smoothing=0.0)
    for weighted, shares in ((True, [1 / 3] * 3), (False, [20 / 27, 5 / 27, 2 / 27])):
        own = replace(settings, class_weights=weighted)
        ((_, _, soft_targets),) = EpochBatches(clips, rows, own, spec).batches_of(1)
        assert soft_targets.sum(dim=0).tolist() == pytest.approx(shares)
        # Also in every small batch, relative to the weights in it.
        smaller = list(EpochBatches(clips, rows, replace(own, batch_size=4), spec).batches_of(1))
        assert [float(soft_targets.sum()) for _, _, soft_targets in smaller] == pytest.approx([1] * 7)


def test_every_epoch_has_other_batches_and_every_clip_once(clips, spec, tiny):
    source = EpochBatches(clips, TRAIN, tiny, spec)
    assert source.batches_per_epoch == PER_EPOCH
    one, two = (list(source.batches_of(epoch)) for epoch in (1, 2))
    for batches in (one, two):
        assert [sum(batch[0].shape[0] for batch in batches), len(batches)] == [60, PER_EPOCH]
        frames = np.sort(np.concatenate([batch[1].numpy() for batch in batches]))
        assert np.array_equal(frames, np.sort(clips.lengths[TRAIN]))
        assert all(float(batch[2].sum()) == pytest.approx(1) for batch in batches)
    assert not all(torch.equal(a[1], b[1]) for a, b in zip(one, two, strict=True) if a[1].shape == b[1].shape)


def test_of_several_versions_of_a_clip_every_epoch_draws_one(fit, clips, spec, tiny, monkeypatch):
    def spy(clips, rows):
        read.append(rows)
        return reading(clips, rows)

    read, reading = [], ClipDataset.read
    monkeypatch.setattr(ClipDataset, "read", spy)
    # Rows that are a multiple of three apart have the same label.
    rows = np.arange(30)[:, None] + np.array([[0, 30, 60]])
    source = EpochBatches(clips, rows, tiny, spec)
    seen = set()
    for epoch in range(1, 8):
        read.clear()
        batches = list(source.batches_of(epoch))
        drawn = np.concatenate(read)
        assert sorted(drawn % 30) == list(range(30))
        seen |= set(drawn.tolist())
        for places, (_, _, soft_targets) in zip(read, batches, strict=True):
            assert soft_targets.argmax(dim=1).tolist() == clips.targets[places].tolist()
        read.clear()
        assert [batch[1].tolist() for batch in source.batches_of(epoch)] == [batch[1].tolist() for batch in batches]
    assert len(seen) > 80
    assert np.isfinite(losses(fit(rows=rows, validation=HELD[:0]))).all()


@pytest.mark.parametrize("augment", [False, True])
def test_only_training_clips_are_augmented(augment, fit, clips, monkeypatch):
    def spy_change(change, features, lengths, targets, generator):
        changed.append(len(features))
        return augmenting(change, features, lengths, targets, generator)

    def spy_forward(network, features, lengths):
        (training_inputs if network.training else prediction_inputs).append(features.clone())
        return forward(network, features, lengths)

    changed, training_inputs, prediction_inputs = [], [], []
    augmenting, forward = Augmentation.__call__, Network.forward
    monkeypatch.setattr(Augmentation, "__call__", spy_change)
    monkeypatch.setattr(Network, "forward", spy_forward)
    fitted = fit(max_epochs=2, augment=augment, mixup=0.5 if augment else 0.0)
    fitted.logits(clips, HELD)
    assert len(changed) == (2 * PER_EPOCH if augment else 0)
    assert sum(changed) == (120 if augment else 0)
    assert len(training_inputs) == 2 * PER_EPOCH
    originals = [features for _, features, _ in clips.by_length(HELD, 64)]
    assert len(prediction_inputs) == 3 * len(originals)
    assert all(torch.equal(features, originals[0]) for features in prediction_inputs)
    raw = {matrix[:3].tobytes() for matrix in clips.features.read(TRAIN)}
    untouched = [matrix[:3].numpy().tobytes() in raw for features in training_inputs for matrix in features]
    assert not any(untouched) if augment else all(untouched)


def test_long_clips_are_cropped_only_in_training(fit, monkeypatch):
    def spy(network, features, lengths):
        (training_inputs if network.training else prediction_inputs).append(int(lengths.max()))
        return forward(network, features, lengths)

    training_inputs, prediction_inputs = [], []
    forward = Network.forward
    monkeypatch.setattr(Network, "forward", spy)
    fit(max_epochs=1, crop_frames=20)
    assert max(training_inputs) == 20
    assert max(prediction_inputs) > 20


def test_the_statistics_are_of_the_training_clips_only(clips, tiny):
    rows = TRAIN[:20]
    network = initial_network("cnn", clips, rows, tiny)
    frames = np.concatenate(
        [m[:n] for m, n in zip(clips.features.read(rows), clips.lengths[rows], strict=True)]
    ).astype(np.float64)
    scale = network.parts["0"].scale
    assert np.allclose(scale.mean.numpy(), frames.mean(axis=0), atol=1e-5)
    assert np.allclose(scale.deviation.numpy(), frames.std(axis=0), atol=1e-5)


def test_a_coefficient_that_never_changes_does_no_harm(clips, tiny):
    class Flat:
        shape = (90, 60, 16)

        def read(self, rows):
            return np.full((len(rows), 60, 16), 3.0, dtype=np.float32)

    flat = ClipDataset(Flat(), clips.lengths, clips.targets, 3)
    network = initial_network("rnn", flat, TRAIN, tiny).eval()
    assert torch.isfinite(network(*flat.read(TRAIN))).all()


@pytest.mark.parametrize(
    "fields",
    [
        *({name: 0} for name in ("max_epochs", "batch_size", "patience", "width", "crop_frames")),
        *({name: 1.0} for name in ("label_smoothing", "dropout", "averaging", "validation_share")),
        *({name: -0.1} for name in ("label_smoothing", "dropout", "averaging", "validation_share", "mixup")),
        *({name: float("nan")} for name in ("dropout", "mixup", "learning_rate", "weight_decay")),
        *({name: float("inf")} for name in ("learning_rate", "weight_decay")),
        {"mixup": 1.1},
        {"learning_rate": 0.0},
        {"weight_decay": -0.1},
        {"early_stopping": True, "validation_share": 0.0},
    ],
    ids=str,
)
def test_invalid_settings_are_refused(fields):
    with pytest.raises(TrainingError):
        NetworkSettings(**fields)


@pytest.mark.parametrize(
    ("team", "word"),
    [((0,), "workers"), ((-1,), "workers"), ((2, "both"), "both"), ((1, "model"), "one process")],
)
def test_invalid_teams_are_refused(team, word):
    with pytest.raises(UsageError, match=word):
        Team(*team)


def test_all_workers_use_the_same_kind_of_device(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert [str(choose_device("auto", rank, 2)) for rank in range(2)] == ["cuda:0", "cuda:1"]
    assert str(choose_device("auto")) == "cuda:0"
    assert [str(choose_device("auto", rank, 3)) for rank in range(3)] == ["cpu"] * 3
    for rank in range(3):
        with pytest.raises(UsageError, match="3 processes need a GPU each"):
            choose_device("cuda", rank, 3)


def test_several_workers_do_not_use_mps(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert str(choose_device("auto")) == "mps"
    assert str(choose_device("auto", 1, 2)) == "cpu"
    with pytest.raises(UsageError, match="2 processes cannot train on mps"):
        choose_device("mps", 0, 2)


def test_a_missing_device_is_refused(clips, spec, tiny):
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "abacus": False}
    for device in (name for name, is_there in there.items() if not is_there):
        with pytest.raises(UsageError, match=device):
            fit_network("rnn", clips, TRAIN, HELD, tiny, spec, device=device)
