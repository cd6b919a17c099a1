"""The paired difference of two runs: known data, the pairing, and when there is no honest interval."""

import numpy as np
import pytest
from msgspec.structs import replace

from aec.errors import RunError
from aec.evaluation.comparison import compare
from aec.evaluation.metrics import ClipPrediction

EMOTIONS = ("angry", "sad")


def answers(right: dict[str, float], clips: int = 20, seed: int = 0) -> list[ClipPrediction]:
    """Answers of a run that is right on a share of each speaker's clips, its mistakes at random."""
    rng = np.random.default_rng(seed)
    made = []
    for speaker, share in right.items():
        for number in range(clips):
            emotion = EMOTIONS[number % 2]
            other = EMOTIONS[1 - number % 2]
            predicted = emotion if rng.random() < share else other
            path = f"{speaker}/{number}"
            made.append(ClipPrediction(path=path, emotion=emotion, predicted=predicted, speaker=speaker))
    return made


def speakers(n: int, share: float) -> dict[str, float]:
    return {f"s{number:02}": share for number in range(n)}


def test_a_run_against_itself_differs_by_nothing():
    run = answers(speakers(10, 0.7))
    compared = compare(run, run)
    difference = compared.differences["uar"]
    assert difference.value == 0
    assert difference.interval == (0, 0)
    assert not difference.is_sure
    assert (compared.clips, compared.speakers, compared.only_first) == (200, 10, 0)


def test_known_scores_and_their_difference():
    always_angry = [replace(clip, predicted="angry") for clip in answers(speakers(8, 1))]
    perfect = answers(speakers(8, 1))
    difference = compare(always_angry, perfect).differences["uar"]
    assert (difference.first, difference.second, difference.value) == (0.5, 1.0, 0.5)
    assert difference.interval == (0.5, 0.5)
    assert difference.is_sure


def test_the_order_of_the_runs_only_changes_the_sign():
    one, other = answers(speakers(12, 0.5), seed=1), answers(speakers(12, 0.8), seed=2)
    forth, back = (compare(a, b).differences["uar"] for a, b in ((one, other), (other, one)))
    assert forth.value == pytest.approx(-back.value)
    assert forth.interval == pytest.approx((-back.interval[1], -back.interval[0]))


def test_pairing_finds_a_small_difference_between_very_different_speakers():
    shares = {f"s{number:02}": number / 24 for number in range(24)}
    weak = answers(shares, clips=40, seed=3)
    rng = np.random.default_rng(4)
    strong = [replace(c, predicted=c.emotion) if rng.random() < 0.1 else c for c in weak]
    difference = compare(weak, strong).differences["uar"]
    assert difference.value < 0.1
    assert difference.is_sure


def test_only_shared_clips_count():
    run = answers(speakers(10, 0.6))
    compared = compare(run[:150], run[50:])
    assert (compared.clips, compared.only_first, compared.only_second) == (100, 50, 50)


def test_a_clip_with_another_emotion_is_not_shared():
    run = answers(speakers(8, 1))
    relabelled = [replace(run[0], emotion="happy"), *run[1:]]
    assert compare(run, relabelled).clips == len(run) - 1


def test_runs_without_a_common_clip_are_refused_in_plain_words():
    run = answers(speakers(8, 1))
    with pytest.raises(RunError, match="share no clip"):
        compare(run, [replace(clip, path="elsewhere/" + clip.path) for clip in run])


def test_a_label_that_only_one_run_knows():
    run = answers(speakers(8, 1))
    other = [replace(run[0], predicted="bored"), *run[1:]]
    assert compare(run, other).differences["accuracy"].value == pytest.approx(-1 / len(run))


@pytest.mark.parametrize(
    ("speaker", "note"), [(None, "the speaker of 20 shared clips is not known"), ("s01", "7 shared speakers")]
)
def test_no_interval_where_it_would_not_be_honest(speaker, note):
    run = [replace(c, speaker=speaker if c.speaker == "s00" else c.speaker) for c in answers(speakers(8, 0.6))]
    compared = compare(run, run)
    assert compared.differences["uar"].interval is None
    assert not compared.differences["uar"].is_sure
    assert note in compared.note


def test_the_interval_covers_a_true_difference():
    # Forty pairs of runs whose answers differ by chance alone: about one interval in twenty may miss zero.
    missed = 0
    for seed in range(40):
        one, other = answers(speakers(12, 0.6), seed=seed), answers(speakers(12, 0.6), seed=1000 + seed)
        missed += compare(one, other).differences["uar"].is_sure
    assert missed <= 8
