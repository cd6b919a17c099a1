"""The hands-free recorder, with something else in the place of its component."""

import io
import wave

import audio_recorder_streamlit
import pytest
from dashboard_helpers import texts

from aec.prediction.predictor import load_bundled_model, predict_source
from aec.ui.prediction.hands_free_recorder import LIMIT_S


@pytest.fixture
def takes(monkeypatch):
    """Replace the component; return its results, call by call, and its arguments."""
    queue: list[object] = []
    calls: list[dict[str, object]] = []

    def record(**options):
        calls.append(options)
        found = queue.pop(0) if queue else None
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(audio_recorder_streamlit, "audio_recorder", record)
    return queue, calls


def switch_on(app):
    return app.toggle(key="hands-free").set_value(True).run()


def test_it_is_an_option_beside_the_main_recorder(open_page, takes):
    _, calls = takes
    app = open_page("prediction")
    assert app.audio_input(key="take")
    assert not calls
    switch_on(app)
    assert not app.exception
    assert calls[0]["sample_rate"] == 16_000
    said = texts(app)
    assert f"Up to {LIMIT_S:.0f} s: a recording of two minutes is lost" in said
    assert "does not work in Firefox" in said


def test_a_recording_is_predicted_once_and_stays(open_page, takes, wav):
    queue, calls = takes
    app = open_page("prediction")
    queue.append(wav(1.5, channels=2))
    switch_on(app)
    assert not app.exception
    expected = predict_source(load_bundled_model(), wav(1.5, channels=2))
    assert app.header[0].value.endswith(expected.headline)
    assert any(caption.value == "Hands-free recording, 1.5 s" for caption in app.caption)
    # The recorder that sent it was replaced by a fresh one, which is not asked to send it again.
    assert [call["key"] for call in calls] == ["hands-free-0", "hands-free-1"]
    app.run()
    assert app.header
    app.button(key="hands-free-remove").click().run()
    assert any("appears here" in info.value for info in app.info)


def test_a_recording_outlives_another_page_and_goes_with_the_switch(open_page, takes, wav):
    queue, _ = takes
    app = open_page("prediction")
    queue.append(wav(1.0))
    switch_on(app)
    app.switch_page("pages/training.py").run()
    app.switch_page("pages/prediction.py").run()
    assert app.toggle(key="hands-free").value
    assert any(caption.value == "Hands-free recording, 1.0 s" for caption in app.caption)
    app.toggle(key="hands-free").set_value(False).run()
    assert "hands-free-recording" not in app.session_state


def test_an_empty_recording_is_explained(open_page, takes):
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(16_000)
    queue, _ = takes
    app = open_page("prediction")
    queue.append(out.getvalue())
    switch_on(app)
    assert not app.exception
    assert app.error[0].value.startswith("**Hands-free recording**: The recording holds no sound.")
    assert "Allow the microphone" in app.error[0].value


@pytest.mark.parametrize("wrong", [ValueError("byte must be in range(0, 256)"), TypeError("no bytes"), b"", b"junk"])
def test_invalid_sound_is_refused(open_page, takes, wrong):
    queue, _ = takes
    app = open_page("prediction")
    queue.append(wrong)
    switch_on(app)
    assert not app.exception
    assert len(app.error) == 1
    assert "no sound" in app.error[0].value or "is empty" in app.error[0].value or "not audio" in app.error[0].value


@pytest.mark.parametrize("message", ["10000000000", 7, {"a": 1}])
def test_a_message_that_is_no_list_never_reaches_the_component(open_page, takes, message):
    _, calls = takes
    app = open_page("prediction")
    app.session_state["hands-free-0"] = message
    switch_on(app)
    assert not app.exception
    assert "The recorder sent no sound." in app.error[0].value
    assert [call["key"] for call in calls] == ["hands-free-1"]
