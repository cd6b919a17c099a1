"""Prediction page: upload, recording, samples; one clip, several, and errors."""

import csv
import io
import json
import subprocess
import sys
import wave
from pathlib import Path

import msgspec
import pytest
import soundfile
import streamlit as st
from dashboard_helpers import LABELS, ROOT, charts, save_small_model, texts

from aec.prediction.predictor import load_bundled_model, predict_source


def downloads(app):
    return {button.proto.label: button for button in app.get("download_button")}


def results_of(app):
    """Return the predictions of the session as CSV and JSON."""
    from aec.errors import AecError
    from aec.prediction.export import results_csv, results_json

    store = app.session_state["predictions"]
    results = [("x", found if isinstance(found, AecError) else found[1]) for found in store.values()]
    return results_csv(LABELS, results), results_json("Small model", results)


def test_empty_page_says_what_to_do_and_what_is_accepted(open_page):
    app = open_page("prediction")
    shown = texts(app)
    assert "Add a file, record yourself, or choose a sample" in shown
    assert "WAV, MP3, M4A" in shown
    assert "25 MB" in shown
    assert "Up to 13 minutes" in shown
    assert "synthetic speech, no real person" in shown
    assert "Sound stays in memory" in shown
    assert "acted speech is not how people feel" in shown
    assert not app.error


def test_the_card_is_one_line_with_protocol_and_interval(open_page):
    line = next(caption.value for caption in open_page("prediction").caption if "Small model" in caption.value)
    assert "7 emotions" in line
    assert "28 clips of synthetic speech by 4 voices" in line
    assert "UAR 0.58 (95% interval 0.52 to 0.64), unseen speakers, 5 folds" in line


def test_one_upload_has_headline_bars_and_tabs(open_page, wav):
    app = open_page("prediction")
    app.file_uploader(key="uploads").upload("hello.wav", wav(1.0)).run()
    assert not app.exception
    expected = predict_source(load_bundled_model(), wav(1.0), name="hello.wav")
    assert app.header[0].value.endswith(expected.headline)
    assert app.get("audio")
    (bars,) = charts(app)
    assert [trace["type"] for trace in bars["data"]] == ["bar"]
    assert bars["alt"].startswith(f"Probability of each emotion: {expected.emotion} {expected.confidence:.0%}")
    assert [tab.label for tab in app.tabs] == ["Why", "Sound", "Other models", "Model card"]
    assert not app.warning
    assert set(downloads(app)) == {"Download CSV", "Download JSON"}


def test_the_sound_tab_says_what_was_done(open_page, wav):
    app = open_page("prediction")
    app.file_uploader(key="uploads").upload("a_b.wav", wav(1.0, 8_000, channels=2)).run()
    (sound, *_) = app.table
    facts = sound.value.iloc[:, 0]
    assert facts["File"] == "a_b.wav"
    assert facts["Container"] == "WAV, PCM 16"
    assert facts["Sampling rate"] == "8,000 Hz, resampled to 44,100 Hz"
    assert facts["Channels"] == "2, mixed to one"
    assert facts["Length"].startswith("1.0 s")


def test_quality_notes_appear_only_where_there_are_any(open_page, wav):
    app = open_page("prediction")
    app.file_uploader(key="uploads").upload("phone.wav", wav(0.5, 8_000)).run()
    (warning,) = app.warning
    assert "lasts only 0.5 s" in warning.value
    assert "telephone" in warning.value
    assert "Resampled" not in warning.value


def test_a_long_clip_has_a_timeline(open_page, wav):
    app = open_page("prediction")
    app.file_uploader(key="uploads").upload("long.wav", wav(9.0)).run()
    assert [tab.label for tab in app.tabs] == ["Over time", "Why", "Sound", "Other models", "Model card"]
    timeline = charts(app)[1]
    # Stretches, their words, the waveform's two edges, and a line per emotion.
    assert len(timeline["data"]) == 4 + len(LABELS)
    assert "likeliest" in timeline["alt"].lower()
    assert "prediction is the mean over" in texts(app)


def test_several_files_are_a_table_and_each_can_be_opened(open_page, wav):
    app = open_page("prediction")
    uploader = app.file_uploader(key="uploads")
    for number in range(3):
        uploader.upload(f"clip{number}.wav", wav(1.0, seed=number))
    uploader.run()
    assert not app.exception
    table = app.dataframe[0].value
    assert sorted(table["Clip"]) == ["clip0.wav", "clip1.wav", "clip2.wav"]
    assert table["Confidence"].is_monotonic_decreasing
    assert any(caption.value.startswith(table["Clip"][0]) for caption in app.caption)
    key = next(key for key in app.session_state.to_dict() if key.startswith("results-"))
    app.session_state[key] = {"selection": {"rows": [2], "columns": [], "cells": []}}
    app.run()
    assert not app.exception
    assert any(caption.value.startswith(table["Clip"][2]) for caption in app.caption)


def test_a_single_new_clip_is_opened(open_page, wav):
    app = open_page("prediction")
    uploader = app.file_uploader(key="uploads")
    uploader.upload("first.wav", wav(1.0, seed=1)).run()
    app.file_uploader(key="uploads").upload("second.wav", wav(1.0, seed=2)).run()
    assert any(caption.value.startswith("second.wav,") for caption in app.caption)


def test_bad_files_are_named_and_good_ones_predicted(open_page, wav):
    app = open_page("prediction")
    uploader = app.file_uploader(key="uploads")
    uploader.upload("notes.wav", b"these are only words\n" * 20)
    uploader.upload("empty.mp3", b"")
    uploader.upload("good.wav", wav(1.0))
    uploader.run()
    assert not app.exception
    (error,) = app.error
    assert "**notes.wav** is not audio that can be read" in error.value
    assert "**empty.mp3** is empty (0 bytes)" in error.value
    assert "Export it as WAV, FLAC or MP3" in error.value
    assert any("good.wav" in caption.value for caption in app.caption)
    rows = list(csv.DictReader(io.StringIO(results_of(app)[0])))
    assert [bool(row["error"]) for row in rows] == [True, True, False]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("notes.wav", b"these are only words\n" * 20, "not audio that can be read"),
        ("empty.wav", b"", "is empty (0 bytes)"),
        ("_*[x](http://y) :red[z].wav", b"", "is empty (0 bytes)"),
    ],
)
def test_one_bad_file_is_an_error(open_page, name, content, message):
    app = open_page("prediction")
    app.file_uploader(key="uploads").upload(name, content).run()
    assert not app.exception
    assert message in app.error[0].value
    assert "](http" not in app.error[0].value.replace("\\]", "").replace("\\[", "")
    assert not app.header
    assert not downloads(app)


def test_limits_are_checked_in_python_too(open_page, wav, monkeypatch):
    monkeypatch.setenv("AEC_MAX_SECONDS", "2")
    app = open_page("prediction")
    assert "2 s each" in texts(app)
    app.file_uploader(key="uploads").upload("long.wav", wav(3.0)).run()
    assert "up to 2 s are accepted" in app.error[0].value


def test_too_many_files_are_cut_with_a_warning(open_page, wav, monkeypatch):
    monkeypatch.setattr("aec.ui.prediction.clip_inputs.MAX_FILES", 2)
    app = open_page("prediction")
    uploader = app.file_uploader(key="uploads")
    for number in range(3):
        uploader.upload(f"clip{number}.wav", wav(0.5, seed=number))
    uploader.run()
    assert "3 clips are too many at once; the first 2 are used" in texts(app)
    assert len(app.dataframe[0].value) == 2


def test_a_recording_is_predicted(open_page, wav):
    app = open_page("prediction")
    app.audio_input(key="take").upload("take.wav", wav(1.5)).run()
    assert not app.exception
    assert app.header[0].value.endswith(predict_source(load_bundled_model(), wav(1.5)).headline)
    assert any(caption.value == "Recording, 1.5 s" for caption in app.caption)


def test_an_empty_recording_is_explained(open_page):
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
    app = open_page("prediction")
    app.audio_input(key="take").upload("take.wav", out.getvalue()).run()
    assert not app.exception
    assert app.error[0].value.startswith("**Recording**: The recording holds no sound.")
    assert "Allow the microphone" in app.error[0].value
    app.file_uploader(key="uploads").upload("empty.wav", out.getvalue()).run()
    assert "**empty.wav** holds no sound" in app.error[0].value


def test_samples_are_labelled_as_synthetic_and_say_what_they_are_meant_as(open_page):
    app = open_page("prediction")
    sample = app.selectbox(key="sample")
    assert len(sample.options) == 14
    assert sample.options[0] == "Angry, en05 (demo-english)"
    sample.set_value(sample.options.index("Sad, en05 (demo-english)")).run()
    assert not app.exception
    shown = texts(app)
    assert "Synthetic speech, meant as sad" in shown
    assert "The model was trained on this voice" in shown
    assert "A \\*b\\*." in shown


def test_voices_of_samples_are_not_in_the_bundled_training_data():
    from aec.corpora.demo import SAMPLE_VOICES
    from aec.ui.demo_clips import sample_clips

    assert {sample.voice for sample in sample_clips()} == set(SAMPLE_VOICES)
    assert not set(SAMPLE_VOICES) & set(load_bundled_model().card.extra["speakers"])


def test_an_unsure_prediction_names_both(open_page, use_model, tmp_path, wav):
    unsure = save_small_model(tmp_path / "unsure.onnx", unsure_below=1.0)
    app = open_page()
    use_model(unsure)
    app.switch_page("pages/prediction.py").run()
    app.file_uploader(key="uploads").upload("hello.wav", wav(1.0)).run()
    assert "Unsure: " in app.header[0].value
    assert "No emotion stands out" in texts(app)


@pytest.mark.parametrize("page", ["prediction", "overview"])
@pytest.mark.parametrize("content", [None, b"", b"not a model"])
def test_a_missing_or_damaged_model_is_an_error(open_page, use_model, tmp_path, page, content):
    path = tmp_path / "model.onnx"
    if content is not None:
        path.write_bytes(content)
    app = open_page()
    use_model(path)
    app.switch_page(f"pages/{page}.py").run()
    assert not app.exception
    (error,) = app.error
    assert error.proto.title == "The bundled model cannot be used"
    assert "model.onnx: " in error.value
    assert "Install the program again" in error.value
    assert str(tmp_path) not in error.value


def test_the_model_card_tab_is_readable_and_its_text_is_harmless(open_page, wav):
    app = open_page("prediction")
    app.file_uploader(key="uploads").upload("hello.wav", wav(1.0)).run()
    facts = app.table[1].value.iloc[:, 0]
    assert facts["Trained on"] == "28 clips of synthetic speech by 4 voices"
    assert facts["Corpora"] == "demo-english (14 clips), demo-german (14 clips)"
    assert facts["Tested on"] == "Unseen speakers, 5 folds"
    scores = app.table[2].value
    assert scores["Value"].tolist() == ["0.58", "0.60", "0.59"]
    assert scores["95% interval"].tolist() == ["0.52 to 0.64", "none", "none"]
    assert "Trained on \\[synthetic\\](speech) alone." in texts(app)


def test_voices_stay_in_their_session(open_page, wav):
    mine, other = open_page("prediction"), open_page("prediction")
    mine.file_uploader(key="uploads").upload("secret.wav", wav(1.0)).run()
    other.run()
    assert len(mine.session_state["predictions"]) == 1
    assert "predictions" not in other.session_state
    assert "secret" not in texts(other)


def test_nothing_of_an_upload_is_written_to_disk(open_page, wav, monkeypatch):
    import os

    home = Path(os.environ["AEC_HOME"])
    app = open_page("prediction")
    app.file_uploader(key="uploads").upload("secret.wav", wav(1.0)).run()
    assert list(home.rglob("*")) == []


def test_a_prediction_is_computed_once(open_page, wav, monkeypatch):
    app = open_page("prediction")
    app.file_uploader(key="uploads").upload("hello.wav", wav(1.0)).run()

    def never(*_args, **_options):
        raise AssertionError("computed again")

    monkeypatch.setattr("aec.prediction.predictor.predict", never)
    app.run()
    assert not app.exception
    assert app.header


def test_exports_hold_what_the_prediction_says(open_page, wav):
    app = open_page("prediction")
    app.file_uploader(key="uploads").upload("long.wav", wav(6.0)).run()
    as_csv, as_json = results_of(app)
    expected = json.loads(msgspec.json.encode(predict_source(load_bundled_model(), wav(6.0), name="long.wav")))
    assert json.loads(as_json) == {"model": "Small model", "clips": [{"path": "x", **expected}]}
    (row,) = csv.DictReader(io.StringIO(as_csv))
    assert float(row["confidence"]) == expected["confidence"]
    assert [float(row[label]) for label in LABELS] == [expected["probabilities"][label] for label in LABELS]
    assert json.loads(row["segments"]) == expected["segments"]


def test_the_page_works_without_demo_corpora(open_page, demo, monkeypatch):
    from aec.corpora.demo import DEMO_FOLDERS

    app = open_page()
    for name in DEMO_FOLDERS:
        monkeypatch.setitem(DEMO_FOLDERS, name, demo / "nowhere")
    app.switch_page("pages/prediction.py").run()
    assert not app.exception
    assert app.selectbox(key="sample").disabled
    assert "not installed" in texts(app)
    st.cache_data.clear()


@pytest.mark.parametrize(
    ("name", "subtype", "played"),
    [("a.aiff", "PCM_16", ".wav"), ("a.ogg", "VORBIS", ".wav"), ("a.flac", "PCM_16", ".flac")],
)
def test_what_browsers_do_not_play_is_turned_into_wav_for_listening(open_page, make_sound, name, subtype, played):
    out = io.BytesIO()
    soundfile.write(out, make_sound(1.0), 16_000, format=name.rpartition(".")[2].upper(), subtype=subtype)
    app = open_page("prediction")
    app.file_uploader(key="uploads").upload(name, out.getvalue()).run()
    assert not app.exception
    assert app.get("audio")[0].url.endswith(played)


def test_a_prediction_loads_no_training_library(small_model, wav, tmp_path):
    clip = tmp_path / "hello.wav"
    clip.write_bytes(wav(5.0))
    code = f"""
import sys
from pathlib import Path
import aec.prediction.predictor
from streamlit.testing.v1 import AppTest
aec.prediction.predictor.BUNDLED_MODEL = Path({str(small_model)!r})
app = AppTest.from_file("streamlit_app.py", default_timeout=60).run()
print("pandas" in sys.modules)
app.switch_page("pages/prediction.py").run()
app.file_uploader(key="uploads").upload("hello.wav", Path({str(clip)!r}).read_bytes()).run()
assert app.header and not app.exception
print(*(name for name in ("librosa", "numba", "sklearn", "torch") if name in sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.splitlines() == ["False", ""]
