"""Archives on the prediction page, score by names, and two models side by side."""

import io
import zipfile

import pytest
from dashboard_helpers import LABELS, save_small_model, texts
from training_helpers import answers, finish, make_report, make_run

from aec.prediction.predictor import load_bundled_model, predict_source


def zipped(files, **options):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return content.getvalue()


def upload(app, *files):
    uploader = app.file_uploader(key="uploads")
    for name, content in files:
        uploader.upload(name, content)
    return uploader.run()


def clips(app):
    return next(frame.value for frame in app.dataframe if "Clip" in frame.value)["Clip"].tolist()


def test_a_zip_is_as_good_as_its_files(open_page, wav):
    packed = zipped({"a/one.wav": wav(1.0, seed=1), "two.wav": wav(1.0, seed=2), "readme.txt": b"no sound"})
    app = upload(open_page("prediction"), ("mine.zip", packed), ("three.wav", wav(1.0, seed=3)))
    assert not app.exception
    assert sorted(clips(app)) == ["mine.zip/a/one.wav", "mine.zip/two.wav", "three.wav"]
    assert app.header[0].value


def test_an_archive_is_unpacked_once(open_page, wav, monkeypatch):
    from aec.ui.prediction import clip_inputs as module

    calls, unpack = [], module.clips_in_archive
    monkeypatch.setattr(module, "clips_in_archive", lambda *what, **more: calls.append(1) or unpack(*what, **more))
    app = upload(open_page("prediction"), ("mine.zip", zipped({"one.wav": wav(1.0)})))
    app.run()
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PK\x03\x04 and nothing more", "is not a readable ZIP archive"),
        (zipped({"readme.txt": b"no sound"}), "holds no audio file"),
        (zipped({"bomb.wav": b"\0" * 30_000_000}), "content that grows"),
        (zipped({f"{n}.wav": b"x" for n in range(101)}), "has 101 clips"),
        (zipped({f"{n}/{n}.wav": b"x" for n in range(100_000)}), "has 100000 clips"),
    ],
)
def test_unusable_archives_are_reported_beside_the_others(open_page, wav, content, message):
    app = upload(open_page("prediction"), ("bad.zip", content), ("good.wav", wav(1.0)))
    assert not app.exception
    (error,) = app.error
    assert "bad.zip" in error.value
    assert message in error.value
    assert "good.wav" in texts(app)


def test_names_in_an_archive_are_no_paths_and_bad_clips_are_named(open_page, wav, tmp_path):
    packed = zipped({"../../evil.wav": wav(1.0), "video.mp4": b"\0\0\0 ftypisom no sound", "empty.wav": b""})
    before = set(tmp_path.rglob("*"))
    app = upload(open_page("prediction"), ("mine.zip", packed))
    assert not app.exception
    assert "evil.wav" in texts(app)
    assert "video.mp4" in app.error[0].value
    assert "empty.wav" in app.error[0].value
    assert not [path for path in set(tmp_path.rglob("*")) - before if path.name == "evil.wav"]


def test_predictions_are_scored_by_the_emotions_in_names(open_page, wav):
    files = {f"{emotion}/{n}.wav": wav(1.0, seed=n) for n, emotion in enumerate(("angry", "sad", "happy", "sad"))}
    app = upload(open_page("prediction"), ("mine.zip", zipped(files)))
    right = sum(
        predict_source(load_bundled_model(), content).emotion == name.split("/")[0] for name, content in files.items()
    )
    assert f"{right} of 4 clips whose names carry an emotion are predicted correctly" in texts(app)
    assert [box.label for box in app.expander].count("Right and wrong, by the clips' names") == 1


def test_names_without_emotions_give_no_score(open_page, wav):
    app = upload(open_page("prediction"), *((f"clip{n}.wav", wav(1.0, seed=n)) for n in range(5)))
    assert "Right and wrong" not in str([box.label for box in app.expander])


def test_another_model_predicts_beside_the_first(open_page, wav):
    run = finish(make_run(), make_report(answers(0.8)))
    save_small_model(run.model_path, name="The other")
    app = upload(open_page("prediction"), ("hello.wav", wav(1.0)))
    box = next(box for box in app.selectbox if box.label == "Compare with another model")
    assert len(box.options) == 2
    box.set_value(run.id).run()
    assert not app.exception
    shown = texts(app)
    expected = predict_source(load_bundled_model(), wav(1.0))
    assert f"**Both models predict {expected.emotion}.**" in shown
    assert "The other · 7 emotions" in shown
    assert set(LABELS) == set(expected.probabilities)
    run.model_path.write_bytes(b"junk")
    next(box for box in app.selectbox if box.label == "Compare with another model").set_value(run.id).run()
    assert not app.exception
    assert app.error[0].proto.title == "This model cannot be used"
