"""The figures against scikit-learn's; the intervals against what they promise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from aec.evaluation.calibration import apply_temperature, expected_calibration_error, fit_temperature
from aec.evaluation.metrics import METRICS, MIN_SPEAKERS, confusion_matrix, evaluate, metrics_of, speaker_confusions

LABELS = ("angry", "happy", "sad", "neutral")


def speakers_for(n: int, count: int = 10) -> np.ndarray:
    return np.array([f"x/{i % count}" for i in range(n)], dtype=object)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=60))
def test_figures_equal_scikit_learns(pairs):
    truth, predicted = np.array(pairs).T
    found = evaluate(truth, predicted, LABELS, speakers_for(len(pairs)))
    present = sorted(set(truth.tolist()))
    recalls = sk.recall_score(truth, predicted, labels=present, average=None, zero_division=0)
    assert found.metrics["uar"] == pytest.approx(recalls.mean())
    assert found.metrics["accuracy"] == pytest.approx(sk.accuracy_score(truth, predicted))
    for average in ("weighted", "macro"):
        wanted = sk.f1_score(truth, predicted, average=average, zero_division=0)
        assert found.metrics[f"f1_{average}"] == pytest.approx(wanted)
    np.testing.assert_array_equal(found.confusion, sk.confusion_matrix(truth, predicted, labels=range(4)))
    precision, recall, f1, support = sk.precision_recall_fscore_support(
        truth, predicted, labels=range(4), zero_division=0
    )
    for i, label in enumerate(LABELS):
        row = found.per_class[label]
        assert (row.precision, row.recall, row.f1) == pytest.approx((precision[i], recall[i], f1[i]))
        assert row.support == support[i]


def test_a_known_confusion():
    confusion = np.array([[8, 2], [1, 9]])
    found = metrics_of(confusion)
    assert found["uar"] == pytest.approx(0.85)
    assert found["accuracy"] == pytest.approx(0.85)
    assert found["f1_macro"] == pytest.approx((16 / 19 + 18 / 21) / 2)


@pytest.mark.parametrize("count", [1, 2, MIN_SPEAKERS - 1])
def test_few_speakers_give_no_interval_and_the_reason(count):
    truth = np.tile([0, 1], 40)
    found = evaluate(truth, truth, LABELS, speakers_for(80, count))
    assert found.intervals == dict.fromkeys(METRICS)
    assert str(count) in found.interval_note


def test_unknown_speakers_give_no_interval():
    speakers = speakers_for(80)
    speakers[3] = np.nan
    found = evaluate(np.tile([0, 1], 40), np.tile([0, 1], 40), LABELS, speakers)
    assert found.intervals["uar"] is None
    assert "1 test clips" in found.interval_note


def test_intervals_hold_the_figure_and_are_the_same_again():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 4, 400)
    predicted = np.where(rng.random(400) < 0.6, truth, rng.integers(0, 4, 400))
    first, again = (evaluate(truth, predicted, LABELS, speakers_for(400, 12), seed=3) for _ in range(2))
    assert first.intervals == again.intervals
    for metric in METRICS:
        low, high = first.intervals[metric]
        assert low < first.metrics[metric] < high
        assert high - low < 0.25


def test_intervals_are_wider_when_speakers_differ():
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 4, 1200)
    speakers = speakers_for(1200, 12)
    wrong = (truth + 1) % 4
    alike = np.where(rng.random(1200) < 0.5, truth, wrong)
    easy = np.array([int(name.split("/")[1]) < 6 for name in speakers])
    uneven = np.where(easy, truth, wrong)
    widths = [np.diff(evaluate(truth, p, LABELS, speakers).intervals["accuracy"])[0] for p in (alike, uneven)]
    assert widths[1] > 3 * widths[0]


def test_an_interval_covers_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(2)
    hits = 0
    for trial in range(120):
        skill = np.clip(rng.normal(0.6, 0.12, 20), 0, 1)
        speakers = np.repeat([f"x/{i}" for i in range(20)], 20).astype(object)
        right = rng.random(400) < np.repeat(skill, 20)
        truth = np.tile([0, 1], 200)
        found = evaluate(truth, np.where(right, truth, 1 - truth), LABELS[:2], speakers, seed=trial)
        low, high = found.intervals["accuracy"]
        hits += low <= 0.6 <= high
    assert 0.84 <= hits / 120 <= 1.0


def test_confusions_by_speaker_add_up():
    truth, predicted = np.array([0, 1, 2, 3, 0]), np.array([0, 1, 1, 3, 2])
    names, counts = speaker_confusions(truth, predicted, 4, speakers_for(5, 2))
    assert names == ["x/0", "x/1"]
    np.testing.assert_array_equal(counts.sum(axis=0), confusion_matrix(truth, predicted, 4))


def overconfident(n: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(n, 4))
    honest = apply_temperature(logits, 1.0)
    truth = np.array([rng.choice(4, p=p) for p in honest])
    return 3 * logits, truth


def test_a_temperature_corrects_overconfidence():
    sharp, truth = overconfident()
    temperature = fit_temperature(sharp, truth)
    assert temperature == pytest.approx(3, rel=0.1)
    before = expected_calibration_error(apply_temperature(sharp, 1.0), truth)
    after = expected_calibration_error(apply_temperature(sharp, temperature), truth)
    assert after < 0.05 < before


def test_predictions_that_are_all_right_do_not_raise_the_confidence_without_bound():
    p = np.full((30, 3), 0.2) + 0.4 * np.eye(3)[np.arange(30) % 3]
    assert fit_temperature(np.log(p), np.arange(30) % 3) >= 0.5


def test_a_temperature_changes_no_decision():
    sharp, _ = overconfident(200)
    cooled = apply_temperature(sharp, 2.5)
    np.testing.assert_array_equal(cooled.argmax(axis=1), sharp.argmax(axis=1))
    np.testing.assert_allclose(cooled.sum(axis=1), 1)


def test_logits_whose_probabilities_are_zero_in_float32_keep_their_weight():
    logits = np.array([[0.0, -200.0], [-200.0, 0.0], [0.0, -200.0]], dtype=np.float32)
    temperature = fit_temperature(logits, np.array([0, 1, 1]))
    found = apply_temperature(logits, temperature)
    assert found[0, 1] == pytest.approx(1 / (1 + np.exp(200 / temperature)), rel=1e-6)
