"""Tab "Over time": spans, windows, adjustable windowing, and a missing model."""

import io

import numpy as np
import pytest
import soundfile
from dashboard_helpers import LABELS, charts, save_small_model, texts

from aec.audio import decode
from aec.features import FeatureSpec
from aec.prediction.predictor import load_bundled_model, predict
from aec.prediction.timeline import Windowing, emotion_spans, predict_timeline

TABLE = ["From (s)", "To (s)", "Emotion", "Confidence"]


def slider(app, name, place=0):
    """Return a control; `place` 1 is that of an earlier prediction open below."""
    return [each for each in app.select_slider if each.key.startswith(f"timeline-{name}-")][place]


def spans(app):
    return next(frame.value for frame in app.dataframe if list(frame.value.columns) == TABLE)


def windows(app):
    """The table behind the chart."""
    return next(frame.value for frame in app.dataframe if "Likeliest" in frame.value)


def timeline_chart_of(app):
    (chart,) = [chart for chart in charts(app) if "yaxis2" in chart["layout"]]
    return chart


def upload(app, content, name="long.wav"):
    return app.file_uploader(key="uploads").upload(name, content).run()


@pytest.fixture
def forbid(monkeypatch):
    """Make any further prediction fail."""

    def do_it():
        def never(*_args, **_options):
            raise AssertionError("computed again")

        monkeypatch.setattr("aec.ui.prediction.timeline_tab.predict_timeline", never)
        monkeypatch.setattr("aec.prediction.predictor.predict", never)

    return do_it


def test_spans_and_windows_are_tables_and_the_chart_has_a_text(open_page, wav):
    app = upload(open_page("prediction"), wav(9.0))
    assert not app.exception
    model = load_bundled_model()
    segments = predict(model, decode(wav(9.0))).segments
    expected = emotion_spans(segments, model.card.unsure_below)
    table = spans(app)
    assert table["From (s)"].tolist() == [each.start_s for each in expected]
    assert table["To (s)"].tolist() == [each.end_s for each in expected]
    assert table["Emotion"].str.lower().tolist() == [each.title for each in expected]
    assert table["Confidence"].tolist() == [f"{each.confidence:.0%}" for each in expected]
    assert windows(app)["From (s)"].tolist() == [0.0, 1.5, 3.0, 4.5, 6.0]
    assert list(windows(app).columns) == ["From (s)", "To (s)", "Likeliest", *(f"{x.title()} (%)" for x in LABELS)]
    chart = timeline_chart_of(app)
    assert "likeliest" in chart["alt"].lower()
    wave = chart["data"][2]
    assert len(wave["x"]) <= 1_000


def test_a_short_clip_has_neither_tab_nor_controls(open_page, wav):
    app = upload(open_page("prediction"), wav(2.0))
    assert not app.exception
    assert "Over time" not in [tab.label for tab in app.tabs]
    assert not app.select_slider


def test_the_controls_have_units_help_and_the_limits_of_the_model(open_page, wav):
    app = upload(open_page("prediction"), wav(6.0))
    length, step = slider(app, "window"), slider(app, "hop")
    assert (length.label, step.label) == ("Window length (s)", "Step between windows (s)")
    assert (length.value, step.value) == (3.0, 1.5)
    assert length.help
    assert step.help
    # 500 frames are 5.8 s.
    assert (length.options[0], length.options[-1]) == ("1", "5.75")
    assert (step.options[0], step.options[-1]) == ("0.25", "3")


def test_other_windows_change_the_timeline_and_not_the_prediction(open_page, wav):
    app = upload(open_page("prediction"), wav(9.0))
    headline, bars = app.header[0].value, charts(app)[0]
    slider(app, "window").set_value(1.0).run()
    assert not app.exception
    # A step longer than the window would leave gaps.
    assert slider(app, "hop").value == 0.5
    assert slider(app, "hop").options[-1] == "1"
    slider(app, "hop").set_value(0.25).run()
    assert not app.exception
    assert (app.header[0].value, charts(app)[0]) == (headline, bars)
    model = load_bundled_model()
    expected = predict_timeline(model, decode(wav(9.0)), Windowing(1.0, 0.25))
    assert windows(app)["From (s)"].tolist() == [each.start_s for each in expected]
    assert len(spans(app)) == len(emotion_spans(expected, model.card.unsure_below))
    lines = timeline_chart_of(app)["data"][4:]
    assert {len(line["x"]) for line in lines} == {33}


def test_a_timeline_is_remembered_and_not_computed_again(open_page, wav, forbid):
    app = upload(open_page("prediction"), wav(6.0))
    slider(app, "window").set_value(2.0).run()
    finer = windows(app)
    assert len(finer) == 4
    forbid()
    app.run()
    assert windows(app).equals(finer)
    # Both are known: the default windows came with the prediction.
    slider(app, "window").set_value(3.0).run()
    assert not app.exception
    assert len(windows(app)) == 3
    slider(app, "window").set_value(2.0).run()
    assert not app.exception
    assert windows(app).equals(finer)


def test_only_the_latest_timelines_are_kept(open_page, wav, monkeypatch):
    monkeypatch.setattr("aec.ui.prediction.timeline_tab._TIMELINES.max_entries", 2)
    app = upload(open_page("prediction"), wav(6.0))
    for window_s in (1.0, 2.0, 4.0, 5.0):
        slider(app, "window").set_value(window_s).run()
    assert [key[1].window_s for key in app.session_state["timelines"]] == [4.0, 5.0]


def test_the_choice_is_kept_for_other_clips_and_after_another_page(open_page, wav):
    app = upload(open_page("prediction"), wav(6.0))
    slider(app, "window").set_value(2.0).run()
    slider(app, "hop").set_value(0.5).run()
    app.switch_page("pages/training.py").run()
    app.switch_page("pages/prediction.py").run()
    assert not app.exception
    assert (slider(app, "window").value, slider(app, "hop").value) == (2.0, 0.5)
    upload(app, wav(7.0, seed=5), "other.wav")
    assert (slider(app, "window").value, slider(app, "hop").value) == (2.0, 0.5)
    assert len(windows(app)) == 11


def test_the_same_clip_above_and_below_has_controls_of_its_own(open_page, wav):
    app = upload(open_page("prediction"), wav(6.0))
    key = next(key for key in app.session_state.to_dict() if key.startswith(("history-0-", "history-1-")))
    app.session_state[key] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    app.run()
    assert not app.exception
    slider(app, "window", 1).set_value(2.0).run()
    assert not app.exception
    assert (slider(app, "window").value, slider(app, "window", 1).value) == (3.0, 2.0)


def test_without_its_model_the_windows_stay_as_they_were(open_page, use_model, wav, tmp_path):
    app = open_page()
    use_model(save_small_model(tmp_path / "first.onnx", name="First model"))
    app.switch_page("pages/prediction.py").run()
    upload(app, wav(6.0))
    slider(app, "window").set_value(2.0).run()
    use_model(save_small_model(tmp_path / "later.onnx", name="Later model"))
    app.switch_page("pages/dataset.py").run()
    app.switch_page("pages/prediction.py").run()
    assert not app.exception
    assert "**First model**" in texts(app)
    assert not app.select_slider
    assert "The model of this prediction no longer exists" in texts(app)
    assert windows(app)["From (s)"].tolist() == [0.0, 1.5, 3.0]


def test_an_error_is_shown_and_the_default_windows_stay(open_page, wav, monkeypatch):
    app = upload(open_page("prediction"), wav(6.0))
    monkeypatch.setenv("AEC_MAX_SECONDS", "5")
    slider(app, "window").set_value(2.0).run()
    assert not app.exception
    (error,) = app.error
    assert error.proto.title == "These windows cannot be shown"
    assert "up to 5 s are accepted" in error.value
    assert len(windows(app)) == 3


def test_pauses_and_unsure_spans_are_named(open_page, use_model, make_sound, tmp_path):
    app = open_page()
    use_model(save_small_model(tmp_path / "unsure.onnx", unsure_below=0.99))
    app.switch_page("pages/prediction.py").run()
    out = io.BytesIO()
    sound = np.concatenate([make_sound(4), np.zeros((8 * 16_000, 1)), make_sound(4)])
    soundfile.write(out, sound, 16_000, format="WAV")
    upload(app, out.getvalue())
    table = spans(app)
    assert table["Emotion"].tolist()[1] == "Pause"
    assert table["Confidence"][1] == ""
    assert table["Emotion"][0].endswith(", unsure")
    assert "Hatched: unsure, below 99%." in texts(app)
    assert "Pauses, 35 dB below the loudest window, have no prediction." in texts(app)
    assert "then pause from" in timeline_chart_of(app)["alt"]
    assert "Pause" in windows(app)["Likeliest"].tolist()


@pytest.mark.parametrize("frames", [20, 60, 120, 300])
def test_models_with_short_inputs_have_shorter_windows(open_page, use_model, wav, tmp_path, frames):
    app = open_page()
    use_model(save_small_model(tmp_path / "small.onnx", features=(FeatureSpec(max_frames=frames),)))
    app.switch_page("pages/prediction.py").run()
    upload(app, wav(6.0))
    assert not app.exception
    assert not app.error
    view = frames * FeatureSpec().hop_s
    assert slider(app, "window").value == pytest.approx(min(3.0, view))
    assert slider(app, "window").disabled == (view < 1)
    assert slider(app, "hop").value == pytest.approx(min(3.0, view) / 2)
    if view > 0.5:
        slider(app, "hop").set_value(0.25).run()
        assert not app.exception
        assert not app.error
        assert windows(app)["From (s)"].tolist()[:2] == [0.0, 0.25]
