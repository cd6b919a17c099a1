"""The dashboard in a browser: deep links, uploads, recorder, downloads, widths."""

import csv
import io
import json
import re
from pathlib import Path

import av
import pytest
from playwright.sync_api import expect

from aec.audio import decode

pytestmark = pytest.mark.browser

PAGES = {
    "prediction": "Prediction",
    "": "Audio Emotion Classifier",
    "dataset": "Dataset",
    "benchmark": "Benchmark",
    "training": "Training",
}


@pytest.fixture(scope="module")
def m4a(demo_clips: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo clip as a phone would record it."""
    path = tmp_path_factory.mktemp("phone") / "from a phone.m4a"
    with av.open(str(demo_clips[1])) as source, av.open(str(path), "w", format="mp4") as target:
        stream = target.add_stream("aac", rate=44_100)
        resampler = av.AudioResampler(format="fltp", layout="mono", rate=44_100)
        stream.layout = "mono"
        for frame in source.decode(audio=0):
            for resampled in resampler.resample(frame):
                target.mux(stream.encode(resampled))
        target.mux(stream.encode(None))
    assert decode(path).facts.encoding == "AAC"
    return path


# The first of them is the first visit to a fresh server, by a deep link.
@pytest.mark.parametrize("path", PAGES)
def test_pages_open_by_deep_link_without_complaint_and_fit_a_phone(visit, path):
    page = visit(path)
    assert page.page.locator("h1").inner_text() == PAGES[path]
    links = page.page.get_by_test_id("stSidebarNavLink").all_inner_texts()
    assert [link.split()[-1] for link in links] == ["Overview", "Dataset", "Benchmark", "Training", "Prediction"]
    assert page.errors == []
    assert page.complaints == []
    assert page.foreign == []
    page.page.set_viewport_size({"width": 390, "height": 844})
    page.page.wait_for_timeout(300)
    assert page.overflow_px <= 0


def test_a_phone_recording_is_predicted_and_fits_a_phone(visit, m4a):
    page = visit("prediction", width=390, height=844, scheme="dark")
    page.upload(m4a)
    assert page.answer
    assert page.page.get_by_text("from a phone.m4a,").is_visible()
    assert page.errors == []
    assert page.complaints == []
    assert page.overflow_px <= 0


def test_a_recording_is_predicted(visit):
    page = visit("prediction")
    page.page.get_by_role("button", name="Record", exact=True).click()
    expect(page.page.get_by_test_id("stAudioInputWaveformTimeCode")).to_have_text(
        re.compile("00:0[2-9]"), timeout=30_000
    )
    page.page.get_by_role("button", name="Stop recording").click()
    assert page.answer
    assert page.page.get_by_text("Recording, ").is_visible()
    assert page.errors == []
    assert page.complaints == []


def test_several_files_with_a_bad_one_and_downloads(visit, demo_clips, tmp_path):
    bad = tmp_path / "notes.wav"
    bad.write_text("these are only words\n" * 20, encoding="utf-8")
    page = visit("prediction")
    page.upload(demo_clips[0], bad, demo_clips[-1])
    assert page.answer
    page.page.get_by_role("heading", name="2 predictions, the most confident first").wait_for()
    (error,) = page.errors
    assert "notes.wav is not audio that can be read" in error

    opened = page.page.get_by_test_id("stCaptionContainer").filter(has_text=demo_clips[0].suffix + ",")
    before = opened.inner_text()
    other = next(clip.name for clip in (demo_clips[0], demo_clips[-1]) if clip.name not in before)
    # The second row of the table: its mark stands below the heading and the first row.
    page.page.get_by_test_id("stDataFrameResizable").first.click(position={"x": 18, "y": 88})
    page.page.get_by_test_id("stCaptionContainer").filter(has_text=f"{other},").wait_for()

    names = {demo_clips[0].name, demo_clips[-1].name, "notes.wav"}
    with page.page.expect_download() as download:
        page.page.get_by_role("button", name="Download CSV").click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text(encoding="utf-8"))))
    assert {row["path"] for row in rows} == names
    assert [bool(row["error"]) for row in rows if row["path"] == "notes.wav"] == [True]
    with page.page.expect_download() as download:
        page.page.get_by_role("button", name="Download JSON").click()
    answers = json.loads(download.value.path().read_text(encoding="utf-8"))
    assert {clip["path"] for clip in answers["clips"]} == names
    assert page.complaints == []
