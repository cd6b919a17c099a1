"""Sentences and tables that the pages make from data."""

import csv
import io
import json

import pytest
from dashboard_helpers import make_card

from aec.audio import Levels, SoundFacts
from aec.errors import AecError, AudioDecodeError
from aec.features import FeatureSpec
from aec.models.card import TrainingData
from aec.prediction.export import results_csv, results_json
from aec.prediction.predictor import Prediction
from aec.prediction.quality import Note
from aec.ui.card_tables import score_rows
from aec.ui.card_text import card_line, features_text
from aec.ui.dataset.balance_sentence import balance_sentence
from aec.ui.sound_text import quality_texts, sound_facts
from aec.ui.text import distinct, duration_text, limit_text, plain

SEVEN = ("angry", "happy", "sad", "neutral", "fearful", "disgusted", "surprised")


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        (
            dict(zip(SEVEN, (2167, 2167, 2167, 1795, 2047, 1863, 592), strict=True)),
            "Surprised has 4.6% of the clips; expect weak recall.",
        ),
        (dict.fromkeys(SEVEN, 60), "The emotions are evenly represented, with 60 clips each."),
        (
            {**dict.fromkeys(SEVEN, 60), "sad": 55},
            "The emotions are about evenly represented, with 55 to 60 clips each.",
        ),
        (
            {**dict.fromkeys(SEVEN, 60), "sad": 90},
            "Sad has 1.5 times as many clips as angry; look at UAR, not accuracy.",
        ),
        (
            {**dict.fromkeys(SEVEN, 100), "sad": 10, "happy": 20},
            "Sad has 1.9% of the clips; expect weak recall (happy 3.8% is rare, too).",
        ),
        ({}, "No clip shows any of these emotions."),
        (
            {"sad": 5},
            "All clips are sad: there is nothing to tell apart. No clip is angry, happy, neutral, fearful, disgusted "
            "or surprised: a model cannot learn it.",
        ),
    ],
)
def test_balance_in_words(counts, sentence):
    assert balance_sentence(counts, SEVEN) == sentence


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("hello world.wav", "hello world.wav"),
        ("en01_s1_angry.ogg", "en01_s1_angry.ogg"),
        ("_a_", "\\_a\\_"),
        ("*a* `b` $c$ ~d~", "\\*a\\* \\`b\\` \\$c\\$ \\~d\\~"),
        ("[x](y)", "\\[x\\](y)"),
        (":red[z] :material/home:", "\\:red\\[z\\] \\:material/home:"),
        ("silent: every sample", "silent: every sample"),
        ("<b>", "\\<b\\>"),
        ("# title", "\\# title"),
        ("1. one\n\n2. two", "1\\. one 2. two"),
        ("www.example.org", "www\\.example.org"),
    ],
)
def test_plain_text_stays_what_it_is(text, shown):
    assert plain(text) == shown


def test_numbers_have_units():
    assert [duration_text(s) for s in (2.94, 65, 4320)] == ["2.9 s", "1 min 05 s", "1 h 12 min"]
    assert [limit_text(s) for s in (90, 781.25, 900)] == ["90 s", "13 minutes", "15 minutes"]


def test_equal_titles_are_told_apart():
    titles = {"run-0001": "same", "run-0002": "same", "run-0003": "other"}
    assert distinct(titles) == {"run-0001": "same · 0001", "run-0002": "same · 0002", "run-0003": "other"}


def test_a_card_without_data_or_score_says_so():
    nulls = dict.fromkeys(("uar", "accuracy", "f1_weighted", "f1_macro"))
    card = make_card(training=TrainingData(corpora={}, clips=0, speakers=0), metrics=nulls, split="")
    assert card_line(card) == "Small model · 7 emotions · training data unknown · score not measured"
    assert score_rows(card) == []


def test_guessing_stands_beside_the_score():
    assert score_rows(make_card())[0] == {
        "Score": "UAR (mean recall over emotions)",
        "Value": "0.58",
        "95% interval": "0.52 to 0.64",
        "Guessing": "0.14",
    }


def test_features_in_words():
    assert features_text(FeatureSpec()) == "13 MFCCs every 11.6 ms at 44,100 Hz, up to 5.8 s at once"
    assert features_text(FeatureSpec(kind="logmel", max_frames=None)) == "128 mel bands every 11.6 ms at 44,100 Hz"


def test_what_was_done_to_a_sound():
    facts = SoundFacts(16_000, 1, 7.25, "WAV", "PCM_16", "soundfile", Levels(0.5, 2, "x"))
    spec = FeatureSpec(level_db=-23.0, trim_db=40.0)
    found = sound_facts("a.wav", facts, spec)
    assert found["Level"] == "Peak −6.0 dBFS; the average was set to −23 dBFS"
    assert found["Clipping"] == "In 2 places"
    assert found["Length"] == "7.2 s, predicted in windows because the model takes 5.8 s at once"
    assert found["Silence"].startswith("Cut off at both ends, 40 dB")


def test_notes_about_processing_are_not_about_quality():
    notes = [Note("resampled", "a"), Note("levelled", "b"), Note("downmixed", "c"), Note("clipped", "d")]
    assert quality_texts(notes) == ["d"]


def test_exports_hold_predictions_and_errors():
    prediction = Prediction(
        emotion="sad",
        unsure=False,
        second="angry",
        confidence=0.75,
        probabilities={"sad": 0.75, "angry": 0.25},
        duration_s=1.5,
        notes=(Note("clipped", "Cut."),),
    )
    error = AudioDecodeError("b.wav is empty", "sound is expected", "Record it again", kind="empty")
    results: list[tuple[str, Prediction | AecError]] = [("ä, b.wav", prediction), ("b.wav", error)]
    rows = list(csv.DictReader(io.StringIO(results_csv(("sad", "angry"), results))))
    assert rows[0]["path"] == "ä, b.wav"
    assert (rows[0]["unsure"], rows[0]["sad"], rows[0]["notes"], rows[0]["error"]) == ("false", "0.75", "Cut.", "")
    assert rows[1]["emotion"] == ""
    assert rows[1]["error"] == "b.wav is empty; sound is expected. Record it again."
    parsed = json.loads(results_json("M", results))
    assert parsed["clips"][0] == {
        "path": "ä, b.wav",
        "emotion": "sad",
        "unsure": False,
        "second": "angry",
        "confidence": 0.75,
        "probabilities": {"sad": 0.75, "angry": 0.25},
        "duration_s": 1.5,
        "notes": [{"kind": "clipped", "text": "Cut."}],
    }
    assert parsed["clips"][1]["error"] == {
        "kind": "empty",
        "message": "b.wav is empty; sound is expected.",
        "remedy": "Record it again",
    }


def test_the_columns_are_those_of_the_command_line_and_the_timeline():
    head = results_csv(("sad", "angry"), []).strip()
    assert head == "path,emotion,unsure,second,confidence,sad,angry,duration_s,notes,error,segments"
