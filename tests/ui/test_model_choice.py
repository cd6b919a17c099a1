"""Choice of the model: bundled, trained, deleted or damaged."""

import pytest
from dashboard_helpers import make_card, save_small_model, texts
from training_helpers import answers, finish, make_report, make_run

from aec.settings import read_settings
from aec.ui.card_text import calibration_text
from aec.ui.offered_models import model_at, offered_models

RUN = "20261121-100000-mlp-0001"


def trained(number=1, state="finished", data=None, **card):
    """A run that left a model that answers."""
    run = finish(make_run(number, data), make_report(answers(0.8)), state)
    save_small_model(run.model_path, **{"name": "Trained model", **card})
    return run


def choose(app, choice):
    return app.selectbox(key="model-choice").set_value(choice).run()


def upload(app, wav, name="hello.wav", **sound):
    return app.file_uploader(key="uploads").upload(name, wav(1.0, **sound)).run()


def test_the_bundled_model_alone_is_offered_at_first(open_page):
    app = open_page("prediction")
    assert app.selectbox(key="model-choice").options == ["Bundled model"]


def test_a_trained_model_predicts_with_its_own_card(open_page, wav):
    run = trained(unsure_below=1.0)
    app = choose(open_page("prediction"), run.id)
    uar = run.report()["uar"]
    assert app.selectbox(key="model-choice").options[1].endswith(f"· UAR {uar:.2f}, unseen speakers")
    assert any("Trained model · 7 emotions" in caption.value for caption in app.caption)
    upload(app, wav)
    assert not app.exception
    # This one is never sure: the answer is its own.
    assert "Unsure: " in app.header[0].value
    assert "**Trained model**" in texts(app)
    choose(app, "bundled")
    assert "Likely " in app.header[0].value


def test_several_files_work_with_a_trained_model(open_page, wav):
    run = trained(unsure_below=1.0)
    app = choose(open_page("prediction"), run.id)
    uploader = app.file_uploader(key="uploads")
    for number in range(2):
        uploader.upload(f"clip{number}.wav", wav(1.0, seed=number))
    uploader.run()
    assert not app.exception
    assert app.dataframe[0].value["Prediction"].str.startswith("Unsure: ").all()


def test_models_are_offered_newest_first_and_only_where_there_is_one(demo):
    trained(1)
    trained(2, "cancelled")
    make_run(3).write_state("failed", "Out of memory.")
    make_run(4)
    trained(5).model_path.unlink()
    offers = offered_models(read_settings())
    assert list(offers) == ["bundled", "20261122-100000-mlp-0002", RUN]
    assert offers["20261122-100000-mlp-0002"].title.endswith(", cancelled")


def test_strangers_are_offered_models_of_the_demo_corpora_alone(demo, monkeypatch):
    trained(1)
    trained(2, data=demo / "mine")
    monkeypatch.setenv("AEC_PUBLIC", "1")
    assert list(offered_models(read_settings())) == ["bundled", RUN]


@pytest.mark.parametrize("content", [b"", b"junk", b"\x80\x04a pickle"])
def test_a_damaged_model_is_an_error_and_nothing_is_lost(open_page, wav, content, tmp_path):
    run = trained()
    app = upload(choose(open_page("prediction"), run.id), wav)
    assert app.header
    run.model_path.write_bytes(content)
    app.run()
    assert not app.exception
    (error,) = app.error
    assert error.proto.title == "This model cannot be used"
    assert "model.onnx: " in error.value
    assert str(run.folder) not in error.value
    # The earlier answer is still there, and the upload waits for another model.
    assert "Predictions of this visit" in texts(app)
    app.button(key="use-bundled").click().run()
    assert not app.error
    assert app.selectbox(key="model-choice").value == "bundled"
    assert "Likely " in app.header[0].value


def test_after_a_model_was_deleted_the_bundled_one_is_used(open_page, wav):
    run = trained()
    app = upload(choose(open_page("prediction"), run.id), wav)
    run.model_path.unlink()
    app.run()
    assert not app.exception
    assert "The chosen model no longer exists." in app.warning[0].value
    assert app.selectbox(key="model-choice").value == "bundled"
    assert "Likely " in app.header[0].value
    app.run()
    assert not app.warning


def test_a_broken_bundled_model_leaves_the_others(open_page, use_model, tmp_path, wav):
    run = trained()
    (tmp_path / "broken.onnx").write_bytes(b"junk")
    app = open_page()
    use_model(tmp_path / "broken.onnx")
    app.switch_page("pages/prediction.py").run()
    assert app.error[0].proto.title == "The bundled model cannot be used"
    upload(choose(app, run.id), wav)
    assert not app.error
    assert app.header


def test_one_model_is_loaded_once_for_all_sessions_and_again_when_it_changes(demo, tmp_path):
    path = save_small_model(tmp_path / "model.onnx")
    first = model_at(path)
    assert model_at(path) is first
    save_small_model(path, name="Another one, made later")
    assert model_at(path).card.name == "Another one, made later"


def test_use_for_prediction_chooses_the_model(open_page):
    run = trained()
    app = open_page("training")
    app.button(key=f"use-{run.id}").click().run()
    assert not app.exception
    # The browser goes there by itself; here the page is opened by hand.
    app.switch_page("pages/prediction.py").run()
    assert app.selectbox(key="model-choice").value == run.id


def test_a_report_without_a_model_offers_none(open_page):
    trained().model_path.unlink()
    app = open_page("training")
    assert app.metric
    assert not [button for button in app.button if (button.key or "").startswith("use-")]


def test_the_whole_card_is_there_before_a_prediction(open_page):
    app = open_page("prediction")
    assert not app.table
    app.session_state["card-open"] = True
    app.run()
    assert not app.exception
    assert app.table[0].value.iloc[:, 0]["Tested on"] == "Unseen speakers, 5 folds"


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        (
            {"calibration_error": 0.0889},
            "On average its confidence and the share of right answers differ by 9 percentage points "
            "(unseen speakers, 5 folds; divided by a temperature of 2.50)",
        ),
        ({}, "Not measured"),
        ({"calibration_error": None}, "Not measured"),
        ({"calibration_error": True}, "Not measured"),
        ({"calibration_error": [0.1]}, "Not measured"),
        ({"calibration_error": 7}, "Not measured"),
    ],
)
def test_calibration_in_words(extra, words):
    assert calibration_text(make_card(extra=extra, temperature=2.5)).startswith(words)
