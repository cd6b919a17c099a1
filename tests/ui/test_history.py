"""History of a visit: in the session, bounded, cleared, reopened, kept over pages."""

import pytest
from dashboard_helpers import texts

from aec.ui.prediction.history import MAX_ENTRIES


def names(app):
    return next(frame.value for frame in app.dataframe if "Time" in frame.value)["Clip"].tolist()


def upload(app, *clips):
    uploader = app.file_uploader(key="uploads")
    for name, content in clips:
        uploader.upload(name, content)
    return uploader.run()


def history_key(app):
    return next(key for key in app.session_state.to_dict() if key.startswith(("history-0-", "history-1-")))


def select(app, row):
    app.session_state[history_key(app)] = {"selection": {"rows": [row], "columns": [], "cells": []}}
    return app.run()


def test_nothing_yet_shows_no_table(open_page):
    assert "Predictions of this visit" not in texts(open_page("prediction"))


def test_predictions_are_listed_with_model_and_time(open_page, wav):
    app = upload(open_page("prediction"), ("one.wav", wav(1.0)))
    table = next(frame.value for frame in app.dataframe if "Time" in frame.value)
    assert table.columns.tolist() == ["Clip", "Prediction", "Confidence", "Model", "Time"]
    assert table.iloc[0][["Clip", "Model"]].tolist() == ["one.wav", "Bundled"]
    assert len(table["Time"][0]) == len("12:34:56")
    assert "The last 20 are kept, with up to 50 MB of sound" in texts(app)


def test_the_prediction_is_still_there_after_another_page(open_page, wav):
    app = upload(open_page("prediction"), ("one.wav", wav(1.0)))
    headline = app.header[0].value
    app.switch_page("pages/training.py").run()
    app.switch_page("pages/prediction.py").run()
    assert not app.exception
    # The uploader is empty again; the prediction is still open, with its sound.
    assert not app.file_uploader(key="uploads").value
    assert app.header[0].value == headline
    assert app.get("audio")
    assert any(caption.value.startswith("one.wav, ") for caption in app.caption)


def test_a_recording_is_still_there_after_another_page(open_page, wav):
    app = open_page("prediction")
    app.audio_input(key="take").upload("take.wav", wav(1.5)).run()
    app.switch_page("pages/dataset.py").run()
    app.switch_page("pages/prediction.py").run()
    assert names(app) == ["Recording"]
    assert app.header


def test_an_earlier_prediction_is_opened_beside_the_current_one(open_page, wav):
    app = upload(open_page("prediction"), ("one.wav", wav(1.0, seed=1)))
    app.switch_page("pages/training.py").run()
    app.switch_page("pages/prediction.py").run()
    upload(app, ("two.wav", wav(1.0, seed=2)))
    assert names(app) == ["two.wav", "one.wav"]
    assert len(app.header) == 1
    select(app, 1)
    assert not app.exception
    assert len(app.header) == 2
    assert any(caption.value.startswith("one.wav, ") for caption in app.caption)
    # The prediction that is open above can be opened below, too.
    select(app, 0)
    assert not app.exception
    assert len(app.header) == 2


def test_the_same_clip_is_listed_once(open_page, wav):
    app = upload(open_page("prediction"), ("one.wav", wav(1.0)))
    app.run()
    app.switch_page("pages/training.py").run()
    app.switch_page("pages/prediction.py").run()
    upload(app, ("one.wav", wav(1.0)))
    assert names(app) == ["one.wav"]


def test_the_history_stays_cleared_though_the_clip_is_still_shown(open_page, wav):
    app = upload(open_page("prediction"), ("one.wav", wav(1.0)))
    app.button(key="history-clear").click().run()
    assert "Predictions of this visit" not in texts(app)
    assert app.header
    app.run()
    assert "Predictions of this visit" not in texts(app)
    assert "history" not in app.session_state


def test_failures_are_not_listed(open_page):
    app = upload(open_page("prediction"), ("notes.wav", b"only words\n" * 20))
    assert "Predictions of this visit" not in texts(app)


def test_only_the_last_predictions_are_kept(open_page, wav):
    app = upload(open_page("prediction"), *((f"{number:02}.wav", wav(0.3, seed=number)) for number in range(23)))
    assert not app.exception
    assert names(app) == [f"{number:02}.wav" for number in range(22, 22 - MAX_ENTRIES, -1)]


def test_the_oldest_sound_is_dropped_first(open_page, wav, monkeypatch):
    one = wav(1.0)
    monkeypatch.setattr("aec.ui.prediction.history._HISTORY.max_bytes", 2.5 * len(one))
    app = open_page("prediction")
    for number in range(4):
        upload(app, (f"{number}.wav", wav(1.0, seed=number)))
    assert names(app) == ["3.wav", "2.wav"]
    kept = app.session_state["history"].values()
    assert sum(len(entry.predicted.clip.content) for entry in kept) <= 2.5 * len(one)


def test_a_visit_does_not_see_the_predictions_of_another(open_page, wav):
    mine, other = open_page("prediction"), open_page("prediction")
    upload(mine, ("secret.wav", wav(1.0)))
    other.run()
    assert "history" not in other.session_state
    assert "secret" not in texts(other)


@pytest.mark.parametrize("unsure", [0.0, 1.0])
def test_a_prediction_keeps_the_card_of_its_model(open_page, use_model, wav, tmp_path, unsure):
    from dashboard_helpers import save_small_model

    app = open_page()
    use_model(save_small_model(tmp_path / "first.onnx", name="First model", unsure_below=unsure))
    app.switch_page("pages/prediction.py").run()
    upload(app, ("one.wav", wav(1.0)))
    headline = app.header[0].value
    use_model(save_small_model(tmp_path / "later.onnx", name="Later model", unsure_below=0.5))
    app.switch_page("pages/dataset.py").run()
    app.switch_page("pages/prediction.py").run()
    assert app.header[0].value == headline
    assert "**First model**" in texts(app)
