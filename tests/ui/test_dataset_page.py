"""The dataset page: numbers, balance in words, charts, problems, listening; and what is left out."""

import shutil

import numpy as np
import pytest
import soundfile
from dashboard_helpers import LABELS, charts, texts

from aec.demo import DEMO_FOLDERS
from aec.errors import AecError
from aec.ui.players import read_demo_clip


def metrics(app):
    return {metric.label: metric.value for metric in app.metric}


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
    assert "No problems were found." in said


def test_charts_say_their_finding(open_page):
    balance, durations, speakers = charts(open_page("dataset"))
    assert "angry 4 (14.3%)" in balance["alt"]
    assert "no clip is longer than the 500-frame limit of 5.8 s" in durations["alt"]
    assert speakers["alt"] == "4 speakers with 7 clips each."


def test_one_corpus_can_be_chosen(open_page):
    app = open_page("dataset")
    app.pills(key="corpora").set_value(["demo-german"]).run()
    assert metrics(app)["Clips"] == "14"
    assert metrics(app)["Speakers"] == "2"


def test_no_corpus_is_no_error(open_page):
    app = open_page("dataset")
    app.pills(key="corpora").set_value([]).run()
    assert not app.exception
    assert "Choose one corpus or more." in texts(app)


def test_a_smaller_label_set_says_what_it_leaves_out_and_misses(open_page):
    app = open_page("dataset")
    app.segmented_control(key="labels").set_value("five").run()
    said = texts(app)
    assert metrics(app)["Clips"] == "16"
    assert "left out: fearful 4, disgusted 4, surprised 4" in said
    assert "No clip is frustrated: a model cannot learn what it never heard." in said


def test_all_labels_show_only_what_is_there(open_page):
    app = open_page("dataset")
    app.segmented_control(key="labels").set_value("all").run()
    assert "No clip is" not in texts(app)
    assert metrics(app)["Emotions"] == "7"


def test_problems_say_what_will_happen(open_page, demo, make_sound):
    folder = demo / "demo-english" / "en01"
    (folder / "en01_sad.flac").write_bytes(b"broken")
    soundfile.write(folder / "en01_happy.flac", np.zeros(8_000), 16_000)
    soundfile.write(folder / "en01_angry.flac", np.clip(20 * make_sound(0.6), -1, 1), 16_000)
    shutil.copy(folder / "en01_neutral.flac", folder / "en01_fearful.flac")
    app = open_page("dataset")
    problems = next(frame.value for frame in app.dataframe if "What happens" in frame.value)
    happens = {(row["Clip"], row["Problem"]): row["What happens"] for _, row in problems.iterrows()}
    assert happens[("en01/en01_sad.flac", "Unreadable")].startswith("Left out")
    assert happens[("en01/en01_happy.flac", "Silent")].startswith("Left out")
    assert happens[("en01/en01_angry.flac", "Clipped")].startswith("Used as it is")
    assert any(kind == "Duplicate" and what.startswith("Used;") for (_, kind), what in happens.items())
    details = problems.set_index("Problem")["Detail"]
    assert details["Unreadable"].startswith("en01_sad.flac is not audio")
    assert details["Silent"] == "Every sample is zero"
    assert metrics(app)["Clips"] == "26"
    said = texts(app)
    assert "2 clips cannot be used and are left out." in said
    assert str(demo) not in said
    assert not problems.astype(str).apply(lambda column: column.str.contains(str(demo), regex=False)).any().any()
    app.pills(key="problem-kinds").set_value(["Silent"]).run()
    shown = next(frame.value for frame in app.dataframe if "What happens" in frame.value)
    assert shown["Problem"].tolist() == ["Silent"]


def test_a_changed_file_is_scanned_again(open_page, demo):
    app = open_page("dataset")
    (demo / "demo-english" / "en02" / "en02_sad.flac").write_bytes(b"")
    app.run()
    assert metrics(app)["Problems"] == "1"


def test_a_clip_can_be_heard_with_its_text(open_page):
    app = open_page("dataset")
    app.selectbox(key="listen-emotion").set_value("sad").run()
    app.selectbox(key="listen-speaker").set_value("demo-german/de02").run()
    assert app.selectbox(key="listen-clip").options == ["de02/de02_sad.flac"]
    assert app.get("audio")
    said = texts(app)
    assert "“A \\*b\\*.”" in said
    assert "Meant as sad" in said
    assert "16,000 Hz" in said


def test_missing_corpora_are_said(open_page, demo, monkeypatch):
    for name in DEMO_FOLDERS:
        monkeypatch.setitem(DEMO_FOLDERS, name, demo / "nowhere")
    assert "The demo corpora are not installed." in texts(open_page("dataset"))


def test_a_broken_manifest_is_told(open_page, demo):
    (demo / "demo-german" / "manifest.csv").write_text("path,emotion\nnowhere.wav,sad\n", encoding="utf-8")
    for path in (demo / "demo-german").glob("de*"):
        shutil.rmtree(path)
    app = open_page("dataset")
    (error,) = app.error
    assert error.proto.title == "These corpora cannot be shown"
    assert str(demo) not in error.value


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


def test_emotions_have_one_colour_on_every_chart(open_page):
    from aec.emotions import EMOTION_COLOURS

    balance, _, speakers = charts(open_page("dataset"))
    assert balance["data"][0]["marker"]["color"] == [EMOTION_COLOURS[label] for label in LABELS]
    assert {trace["name"].lower(): trace["marker"]["color"] for trace in speakers["data"]} == {
        label: EMOTION_COLOURS[label] for label in LABELS
    }
