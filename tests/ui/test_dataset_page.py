"""The Dataset page: choices, every tab, downloads, and every state."""

import csv
import io
import json
import shutil

import numpy as np
import pytest
import soundfile
from dashboard_helpers import LABELS, charts, texts, write_corpus
from streamlit.testing.v1 import AppTest

from aec.corpora import COLUMNS, scan
from aec.corpora.demo import DEMO_FOLDERS
from aec.emotions import EMOTION_COLOURS
from aec.errors import AecError, CorpusError
from aec.features import FeatureSpec
from aec.features.fused import extract_file
from aec.settings import read_settings
from aec.system.structs import to_json
from aec.ui.dataset.dataset_view import TABS
from aec.ui.dataset.downloads import clips_csv, report_json
from aec.ui.dataset.listen_tab import SHOWN
from aec.ui.dataset.loading import load_dataset
from aec.ui.offered_corpora import folders_of, offered_corpora
from aec.ui.players import read_demo_clip


def metrics(app):
    return {metric.label: metric.value for metric in app.metric}


def open_tab(app, name):
    app.session_state["dataset-tabs"] = name
    app.run()
    assert not app.exception, app.exception
    return app


def tables(app):
    return [frame.value for frame in app.dataframe]


def table_with(app, column):
    return next(table for table in tables(app) if column in table)


def choose(app, *corpora):
    app.pills(key="corpora").set_value(list(corpora)).run()
    assert not app.exception, app.exception
    return app


@pytest.fixture
def damaged(demo, make_sound):
    """The demo corpora with clips that cannot be read, are empty, silent, clipped or twice there."""
    folder = demo / "demo-english" / "en01"
    (folder / "en01_sad.flac").write_bytes(b"broken")
    (folder / "en01_surprised.flac").write_bytes(b"")
    soundfile.write(folder / "en01_happy.flac", np.zeros(8_000), 16_000)
    soundfile.write(folder / "en01_angry.flac", np.clip(20 * make_sound(0.6), -1, 1), 16_000)
    shutil.copy(folder / "en01_neutral.flac", folder / "en01_fearful.flac")
    return demo


@pytest.fixture
def data_folder(demo, make_sound, monkeypatch):
    """A corpus of one's own in AEC_DATA."""
    write_corpus(demo / "data" / "mine", "mine", ("m1", "m2", "m3"), make_sound)
    monkeypatch.setenv("AEC_DATA", str(demo / "data"))
    return demo / "data"


def test_numbers_and_balance_of_both_corpora(open_page):
    app = open_page("dataset")
    assert metrics(app) == {
        "Clips": "28",
        "Minutes": "0.3",
        "Speakers": "4",
        "Emotions": "7",
        "Problems": "0",
    }
    said = texts(app)
    assert "The emotions are evenly represented, with 4 clips each." in said
    assert "synthetic speech" in said


def test_the_balance_tab_shows_published_counts(open_page):
    app = open_page("dataset")
    balance, heat_map, emotions, sources = charts(app)
    assert "angry 4 (14.3%)" in balance["alt"]
    assert heat_map["alt"] == "Every corpus has clips of every emotion."
    assert emotions["alt"].startswith("Furthest from the published shares: Surprised, 14.3% here and 4.6% there.")
    assert sources["alt"] == "None of these clips are of a published class or source."
    by_emotion, by_source = (table for table in tables(app) if "Published" in table)
    assert by_emotion.set_index("Emotion")["Published"].to_dict() == {
        "Angry": 2167,
        "Happy": 2167,
        "Sad": 2167,
        "Neutral": 1795,
        "Fearful": 2047,
        "Disgusted": 1863,
        "Surprised": 592,
    }
    assert by_source.set_index("Corpus")["Clips"].to_dict() == {
        "demo-english": 14,
        "demo-german": 14,
        "CREMA-D": 0,
        "TESS": 0,
        "RAVDESS": 0,
        "SAVEE": 0,
    }
    assert "None of these corpora has a published size" in texts(app)


def test_the_heat_map_shows_counts_or_shares(open_page):
    app = open_page("dataset")
    app.segmented_control(key="heat-map-form").set_value("Share (%)").run()
    shown = charts(app)[1]
    assert {text for trace in shown["data"][1:] for text in trace["text"]} == {"14.3%"}
    assert "Darker" not in texts(app)


def test_the_sound_tab_shows_durations_levels_rates_and_channels(open_page):
    app = open_tab(open_page("dataset"), "Sound")
    durations, levels, rates, channels = charts(app)
    assert "no clip is longer than the 500-frame limit of 5.8 s" in durations["alt"]
    assert levels["alt"].startswith("Median peak level from −")
    assert rates["alt"] == "Sampling rate of all 28 clips: 16,000 Hz."
    assert channels["alt"] == "Channels of all 28 clips: Mono."
    app.segmented_control(key="level-form").set_value("Corpus").run()
    assert "dBFS (demo-" in charts(app)[1]["alt"]


def test_the_speakers_tab_names_speakers_without_an_emotion(open_page, damaged):
    app = open_tab(open_page("dataset"), "Speakers")
    speakers, coverage, sexes = charts(app)
    assert speakers["alt"].startswith("4 speakers; the most clips are of")
    assert coverage["alt"] == "1 of 4 speakers lacks an emotion: demo-english/en01 (happy, sad, surprised)."
    assert sexes["alt"] == "By sex: female 4 speakers with 25 clips."
    lacking = table_with(app, "No clip of").set_index("Speaker")["No clip of"]
    assert lacking["demo-english/en01"] == "Happy, Sad, Surprised"
    assert lacking["demo-german/de01"] == ""


def test_only_the_open_tab_is_drawn(open_page):
    app = open_page("dataset")
    drawn = {name: len(charts(open_tab(app, name))) for name in TABS}
    assert drawn == {"Balance": 4, "Sound": 4, "Speakers": 3, "Problems": 0, "Listen": 3}


def test_emotions_have_one_colour_on_every_chart(open_page):
    app = open_page("dataset")
    assert charts(app)[0]["data"][0]["marker"]["color"] == [EMOTION_COLOURS[label] for label in LABELS]
    speakers = charts(open_tab(app, "Speakers"))[0]
    assert {trace["name"].lower(): trace["marker"]["color"] for trace in speakers["data"]} == {
        label: EMOTION_COLOURS[label] for label in LABELS
    }


def test_one_corpus_can_be_chosen(open_page):
    app = choose(open_page("dataset"), "demo-german")
    assert metrics(app)["Clips"] == "14"
    assert metrics(app)["Speakers"] == "2"


def test_the_order_of_clicks_does_not_matter(open_page, monkeypatch):
    app = open_page("dataset")
    before = charts(app)[0]["data"]
    monkeypatch.setattr("aec.corpora.scan", None)
    choose(app, "demo-german", "demo-english")
    assert charts(app)[0]["data"] == before


def test_corpora_under_aec_data_are_offered_and_counted(open_page, demo, data_folder):
    app = open_page("dataset")
    assert app.pills(key="corpora").options == ["demo-english", "demo-german", "mine"]
    choose(app, "mine")
    assert metrics(app)["Clips"] == "21"
    assert "synthetic" not in texts(app)
    choose(app, "mine", "demo-german")
    assert metrics(app)["Clips"] == "35"
    for name in TABS:
        open_tab(app, name)
        assert str(demo) not in texts(app)
        assert not any(str(demo) in table.to_csv() for table in tables(app))


def test_expected_clips_are_shown_beside_found_ones(open_page, demo, make_sound, monkeypatch):
    folder = demo / "data" / "TESS"
    folder.mkdir(parents=True)
    for emotion in ("angry", "sad"):
        soundfile.write(folder / f"OAF_back_{emotion}.wav", make_sound(0.5), 24_414)
    monkeypatch.setenv("AEC_DATA", str(folder))
    app = choose(open_page("dataset"), "TESS")
    assert table_with(app, "State").to_dict("records") == [
        {
            "Corpus": "TESS",
            "Clips here": 2,
            "Published clips": 2800,
            "Speakers here": 1,
            "Published speakers": 2,
            "State": "2 of 2800",
        }
    ]


def test_public_visitors_see_the_demo_corpora_alone(open_page, data_folder, monkeypatch):
    monkeypatch.setenv("AEC_PUBLIC", "1")
    app = open_page("dataset")
    assert app.pills(key="corpora").options == ["demo-english", "demo-german"]
    with pytest.raises(CorpusError):
        folders_of(["mine"], offered_corpora(read_settings()))


def test_no_corpus_is_no_error_and_offers_the_demo(open_page):
    app = choose(open_page("dataset"))
    assert "Choose one corpus or more." in texts(app)
    app.button[-1].click().run()
    assert app.pills(key="corpora").value == ["demo-english", "demo-german"]
    assert metrics(app)["Clips"] == "28"


def test_a_smaller_label_set_says_what_it_leaves_out_and_misses(open_page):
    app = open_page("dataset")
    app.segmented_control(key="labels").set_value("five").run()
    said = texts(app)
    assert metrics(app)["Clips"] == "16"
    assert "left out: fearful 4, disgusted 4, surprised 4" in said
    assert "No clip is frustrated: a model cannot learn it." in said


def test_all_labels_show_only_what_is_there(open_page):
    app = open_page("dataset")
    app.segmented_control(key="labels").set_value("all").run()
    assert "No clip is" not in texts(app)
    assert metrics(app)["Emotions"] == "7"


def test_a_label_set_that_leaves_nothing_says_so_in_every_tab(open_page, demo, make_sound, monkeypatch):
    folder = demo / "data" / "calm-only" / "calm"
    folder.mkdir(parents=True)
    soundfile.write(folder / "1.wav", make_sound(0.5), 16_000)
    monkeypatch.setenv("AEC_DATA", str(demo / "data" / "calm-only"))
    app = choose(open_page("dataset"), "calm-only")
    assert "None of these clips can be used with this label set." in texts(app)
    assert metrics(app)["Clips"] == "0"
    for name in ("Balance", "Sound", "Speakers"):
        assert "Nothing to draw with this label set." in texts(open_tab(app, name))
    assert open_tab(app, "Listen").get("audio")
    next(button for button in app.button if button.label == "Show the demo corpora").click().run()
    assert metrics(app)["Clips"] == "28"


def test_problems_say_what_happens_to_each_clip(open_page, damaged):
    app = open_tab(open_page("dataset"), "Problems")
    problems = table_with(app, "What happens")
    happens = {(row["Clip"], row["Problem"]): row["What happens"] for _, row in problems.iterrows()}
    assert happens[("en01/en01_sad.flac", "Unreadable")].startswith("Left out")
    assert happens[("en01/en01_surprised.flac", "Empty")].startswith("Left out")
    assert happens[("en01/en01_happy.flac", "Silent")].startswith("Left out")
    assert happens[("en01/en01_angry.flac", "Clipped")].startswith("Used as it is")
    assert any(kind == "Duplicate" and what.startswith("Used;") for (_, kind), what in happens.items())
    details = problems.set_index("Problem")["Detail"]
    assert details["Unreadable"].startswith("en01_sad.flac is not audio")
    assert details["Silent"] == "Every sample is zero"
    assert metrics(app)["Clips"] == "25"
    said = texts(app)
    assert "3 clips cannot be used and are left out." in said
    assert str(damaged) not in said
    assert str(damaged) not in problems.to_csv()


def test_problems_can_be_filtered(open_page, damaged):
    app = open_tab(open_page("dataset"), "Problems")
    (damaged / "demo-german" / "de03" / "de03_sad.flac").write_bytes(b"")
    app.run()
    assert app.pills(key="problem-kinds").options[:2] == ["Clipped (1)", "Duplicate (1)"]
    app.pills(key="problem-kinds").set_value(["Empty"]).run()
    assert len(table_with(app, "What happens")) == 2
    app.multiselect(key="problem-corpora").set_value(["demo-german"]).run()
    assert table_with(app, "What happens")["Clip"].tolist() == ["de03/de03_sad.flac"]
    app.text_input(key="problem-text").set_value("EN01").run()
    assert "No problem fits these filters." in texts(app)


def test_a_changed_file_is_scanned_again(open_page, demo):
    app = open_page("dataset")
    (demo / "demo-english" / "en05" / "en05_sad.flac").write_bytes(b"")
    app.run()
    assert metrics(app)["Problems"] == "1"


def test_a_redraw_scans_nothing(open_page, monkeypatch):
    app = open_page("dataset")
    monkeypatch.setattr("aec.corpora.scan", None)
    monkeypatch.setattr("aec.ui.dataset.problem_table.problem_table", None)
    for name in TABS:
        open_tab(app, name)
    assert metrics(app)["Clips"] == "28"


def test_a_clip_can_be_found_and_played_with_its_text(open_page):
    app = open_tab(open_page("dataset"), "Listen")
    assert len(table_with(app, "Duration (s)")) == 28
    app.selectbox(key="listen-corpus").set_value("demo-german").run()
    app.selectbox(key="listen-emotion").set_value("sad").run()
    app.text_input(key="listen-text").set_value("DE03").run()
    assert table_with(app, "Duration (s)")["Clip"].tolist() == ["de03/de03_sad.flac"]
    assert app.get("audio")
    said = texts(app)
    assert "“A \\*b\\*.”" in said
    assert "Meant as sad" in said
    assert "16,000 Hz" in said
    app.text_input(key="listen-text").set_value("nothing like it").run()
    assert "No clip fits these filters." in texts(app)


def test_a_chosen_row_is_shown_and_kept(open_page):
    app = open_tab(open_page("dataset"), "Listen")
    frame = next(frame for frame in app.dataframe if "Duration (s)" in frame.value)
    app.session_state[frame.key] = {"selection": {"rows": [3], "columns": [], "cells": []}}
    app.run()
    name = frame.value["Clip"].tolist()[3]
    assert app.session_state["listen-chosen"].endswith(name)
    assert any(name in element.value for element in app.subheader)
    open_tab(app, "Balance")
    assert any(name in element.value for element in open_tab(app, "Listen").subheader)


def test_a_clip_is_drawn_as_the_model_gets_it(open_page):
    app = open_tab(open_page("dataset"), "Listen")
    waveform, mel, matrix = charts(app)
    assert waveform["alt"].startswith("Waveform of 0.50 s")
    assert mel["alt"].startswith("Mel spectrogram")
    assert matrix["alt"] == "500 frames of 13 coefficients: 44 from the clip, 456 zero padding."
    assert "The clip fills 44 of 500 frames; the other 456 are zero padding" in texts(app)
    numbers = table_with(app, "MFCC 12")
    assert len(numbers) == 500
    assert numbers["From"].value_counts().to_dict() == {"padding": 456, "clip": 44}
    assert not numbers.loc[numbers["From"] == "padding", "MFCC 0"].any()
    first = DEMO_FOLDERS["demo-english"] / "en01" / "en01_angry.flac"
    shown = numbers.loc[numbers["From"] == "clip", [f"MFCC {n}" for n in range(13)]]
    assert np.allclose(shown, extract_file(first, FeatureSpec()), atol=0.006)


def test_a_long_clip_says_what_is_cut_off(open_page, demo, make_sound):
    soundfile.write(demo / "demo-english" / "en01" / "en01_angry.flac", make_sound(7.0), 16_000)
    app = open_tab(open_page("dataset"), "Listen")
    assert "The clip has 603 frames and the model takes 500: the last 103 frames, 1.2 s or 17%" in texts(app)


@pytest.mark.parametrize(
    ("name", "title", "said"),
    [
        ("en01_sad", "There is no sound to play", "en01_sad.flac is not audio that can be read"),
        ("en01_surprised", "There is no sound to play", "en01_surprised.flac is empty (0 bytes)"),
        ("en01_happy", "No features can be taken from it", "every sample is zero"),
    ],
)
def test_a_damaged_clip_says_why_there_is_no_sound(open_page, damaged, name, title, said):
    app = open_tab(open_page("dataset"), "Listen")
    app.text_input(key="listen-text").set_value(name).run()
    (warning,) = app.warning
    assert warning.proto.title == title
    assert said.replace("_", "\\_") in warning.value or said in warning.value
    assert not charts(app)
    assert "Left out: no features can be taken from it." in texts(app)


def test_a_clip_that_went_away_is_reported(open_page, demo, monkeypatch):
    app = open_tab(open_page("dataset"), "Listen")
    monkeypatch.setattr("aec.ui.dataset.loading.folders_digest", lambda _folders: "the same")
    app.run()
    (demo / "demo-english" / "en01" / "en01_angry.flac").unlink()
    app.run()
    (warning,) = app.warning
    assert "cannot be opened" in warning.value


def test_damaged_clips_can_be_listed(open_page, damaged):
    app = open_tab(open_page("dataset"), "Listen")
    app.selectbox(key="listen-problem").set_value("Any").run()
    assert len(table_with(app, "Duration (s)")) == 5
    app.selectbox(key="listen-problem").set_value("clipped").run()
    assert table_with(app, "Duration (s)")["Problem"].tolist() == ["Clipped"]
    app.selectbox(key="listen-problem").set_value("None").run()
    assert len(table_with(app, "Duration (s)")) == 23


def test_no_more_rows_are_sent_than_are_read(open_page, demo, monkeypatch):
    monkeypatch.setattr("aec.ui.dataset.listen_tab.SHOWN", 10)
    app = open_tab(open_page("dataset"), "Listen")
    assert len(table_with(app, "Duration (s)")) == 10 < SHOWN
    assert "28 clips of 28; the first 10 are listed" in texts(app)


def dataset(labels="seven"):
    settings = read_settings()
    offered = offered_corpora(settings)
    return load_dataset(folders_of(list(offered), offered), labels, settings, lambda *_: None), settings


def test_the_table_of_clips_can_be_downloaded(open_page, damaged):
    assert open_page("dataset").get("download_button")
    rows = list(csv.DictReader(io.StringIO(clips_csv(*dataset()))))
    assert list(rows[0]) == list(COLUMNS)
    assert len(rows) == 28
    assert {row["path"] for row in rows} >= {str(damaged / "demo-english" / "en01" / "en01_sad.flac")}


def test_the_report_is_that_of_the_command_line(damaged):
    folders = [DEMO_FOLDERS[name].absolute() for name in DEMO_FOLDERS]
    for labels in ("seven", "five"):
        summary = scan(folders, labels=labels).summary()
        assert json.loads(report_json(*dataset(labels))) == json.loads(to_json(summary))


def test_files_for_strangers_name_no_folder(damaged, monkeypatch):
    monkeypatch.setenv("AEC_PUBLIC", "1")
    for text in (clips_csv(*dataset()), report_json(*dataset())):
        assert "en01/en01_sad.flac" in text
        assert str(damaged) not in text


def test_missing_corpora_are_reported(open_page, demo, monkeypatch):
    for name in DEMO_FOLDERS:
        monkeypatch.setitem(DEMO_FOLDERS, name, demo / "nowhere")
    assert "There are no corpora here." in texts(open_page("dataset"))


def test_a_folder_that_went_away_is_reported_and_stays_chosen(open_page, data_folder):
    app = choose(open_page("dataset"), "mine", "demo-german")
    shutil.rmtree(data_folder / "mine")
    app.run()
    (error,) = app.error
    assert error.proto.title == "These corpora cannot be shown"
    assert "the corpus 'mine' is not there" in error.value
    assert app.pills(key="corpora").value == ["mine", "demo-german"]
    choose(app, "demo-german")
    assert metrics(app)["Clips"] == "14"
    assert "mine" not in app.pills(key="corpora").options


def test_a_folder_without_emotions_is_reported(open_page, demo, monkeypatch):
    (demo / "data" / "noise").mkdir(parents=True)
    (demo / "data" / "noise" / "x.wav").write_bytes(b"junk")
    monkeypatch.setenv("AEC_DATA", str(demo / "data"))
    app = choose(open_page("dataset"), "noise")
    (error,) = app.error
    assert "no emotion is known of the 1 audio file" in error.value
    assert str(demo) not in error.value


def test_a_broken_manifest_is_reported(open_page, demo):
    (demo / "demo-german" / "manifest.csv").write_text("path,emotion\nnowhere.wav,sad\n", encoding="utf-8")
    for path in (demo / "demo-german").glob("de*"):
        shutil.rmtree(path)
    app = open_page("dataset")
    (error,) = app.error
    assert error.proto.title == "These corpora cannot be shown"
    assert "Install the program again" in error.value
    assert str(demo) not in error.value


def test_a_running_scan_shows_its_progress(monkeypatch):
    def page():
        import streamlit as st

        from aec.ui.dataset.corpus_choice import ScanProgress

        progress = ScanProgress(st.empty())
        for done in range(1000):
            progress(done, 12_798)

    monkeypatch.setattr("aec.ui.dataset.corpus_choice._FIRST_AFTER_S", 0.0)

    app = AppTest.from_function(page).run()
    (bar,) = app.get("progress")
    assert bar.proto.text.startswith("Reading each clip once: ")
    assert "of 12,798" in bar.proto.text


def test_a_quick_scan_shows_no_progress():
    def page():
        import streamlit as st

        from aec.ui.dataset.corpus_choice import ScanProgress

        ScanProgress(st.empty())(1, 2)

    assert not AppTest.from_function(page).run().get("progress")


@pytest.mark.parametrize("path", ["../model.onnx", "/etc/hostname", "demo-english/../../x.wav"])
def test_only_demo_clips_are_read_from_disk(demo, path):
    (demo.parent / "x.wav").write_bytes(b"secret")
    with pytest.raises(AecError, match="is not a clip of the demo corpora"):
        read_demo_clip(str(demo / path))


def test_a_link_out_of_the_demo_folder_is_not_followed(demo):
    (demo / "secret.wav").write_bytes(b"secret")
    (demo / "demo-english" / "link.wav").symlink_to(demo / "secret.wav")
    with pytest.raises(AecError, match="is not a clip of the demo corpora"):
        read_demo_clip(str(demo / "demo-english" / "link.wav"))
