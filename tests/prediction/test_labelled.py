"""Predictions compared with the emotions in clips' names."""

import numpy as np
import pytest

from aec.emotions import LABEL_SETS
from aec.errors import AudioDecodeError
from aec.prediction.labelled import labels_in_names, score_labelled
from aec.prediction.predictor import Prediction

LABELS = LABEL_SETS["seven"]


def prediction(emotion, *, unsure=False):
    other = "sad" if emotion != "sad" else "happy"
    return Prediction(
        emotion=emotion,
        unsure=unsure,
        second=other,
        confidence=0.6,
        probabilities={emotion: 0.6, other: 0.4},
        duration_s=2.0,
        notes=(),
    )


@pytest.mark.parametrize(
    ("name", "emotion", "speaker"),
    [
        ("03-01-05-02-01-01-12.wav", "angry", "ravdess/12"),
        ("upload.zip/deep/03-01-04-01-02-01-03.flac", "sad", "ravdess/03"),
        ("OAF_back_angry.wav", "angry", "tess/OAF"),
        ("03a01Fa.wav", "happy", "emodb/03"),
        ("1001_DFA_FEA_XX.wav", "fearful", "crema-d/1001"),
        ("my clips/Happy/one.mp3", "happy", None),
        ("../angry/one.wav", "angry", None),
        ("/sad/x/clip.wav", "sad", None),
        ("Recording", None, None),
        ("one.wav", None, None),
        ("", None, None),
    ],
)
def test_what_a_name_carries(name, emotion, speaker):
    assert labels_in_names([name]) == [(emotion, speaker)]


def test_equal_names_are_no_trouble():
    assert labels_in_names(["OAF_back_angry.wav", "x.wav", "OAF_back_angry.wav"]) == [
        ("angry", "tess/OAF"),
        (None, None),
        ("angry", "tess/OAF"),
    ]


def test_predictions_are_counted():
    results = [
        ("a/angry/1.wav", prediction("angry")),
        ("a/angry/2.wav", prediction("happy", unsure=True)),
        ("a/happy/1.wav", prediction("happy")),
        ("a/happy/2.wav", prediction("happy")),
        ("a/unknown/1.wav", prediction("sad")),
        ("a/happy/broken.wav", AudioDecodeError("it is broken")),
    ]
    found = score_labelled(results, LABELS)
    assert (found.clips, found.others, found.unsure, found.correct) == (4, 1, 1, 3)
    assert found.evaluation.metrics["uar"] == pytest.approx(0.75)
    assert found.evaluation.matrix[LABELS.index("angry"), LABELS.index("happy")] == 1
    assert found.sentence.startswith("3 of 4 clips")
    assert "UAR 0.75 over 2 emotions" in found.sentence


def test_of_one_emotion_alone_there_is_no_mean_over_emotions():
    found = score_labelled([(f"sad/{n}.wav", prediction("sad")) for n in range(5)], LABELS)
    assert found.sentence.startswith("5 of 5 clips")
    assert "UAR" not in found.sentence


def test_unknown_emotions_do_not_count():
    results = [(f"03-01-02-01-01-01-{actor:02d}.wav", prediction("sad")) for actor in range(1, 9)]
    assert labels_in_names([results[0][0]])[0][0] == "calm"
    assert score_labelled(results, LABELS) is None
    assert score_labelled([("one.wav", prediction("sad"))] * 9, LABELS) is None
    assert score_labelled([], LABELS) is None


def test_with_eight_speakers_or_more_there_is_an_interval():
    results = [
        (f"03-01-0{code}-01-01-01-{actor:02d}.wav", prediction("angry" if (actor + code) % 3 else "sad"))
        for actor in range(1, 13)
        for code in (4, 5)
    ]
    low, high = score_labelled(results, LABELS).evaluation.intervals["uar"]
    assert 0 <= low < high <= 1
    assert np.isfinite([low, high]).all()
