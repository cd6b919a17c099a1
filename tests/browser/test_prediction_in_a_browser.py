"""Predictions: both recorders, page switches, a damaged model, the overview."""

import json
import re
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
from browser_helpers import Server

from aec.audio import decode
from aec.corpora.demo import DEMO_FOLDERS
from aec.prediction.predictor import BUNDLED_MODEL
from aec.runs.run import create_run

pytestmark = pytest.mark.browser


def open_hands_free(visited):
    """Switch the hands-free recorder on and return its microphone."""
    visited.page.get_by_text("Hands-free recorder", exact=True).click()
    visited.settle()
    microphone = visited.page.frame_locator('iframe[title^="audio_recorder"]').locator("svg")
    microphone.wait_for()
    return microphone


def go(page, name):
    """Open a page by the navigation at the side."""
    page.get_by_test_id("stSidebarNavLink").filter(has_text=name).click()
    page.get_by_role("heading", name=name, level=1).wait_for()


def test_both_recorders_are_there_and_nothing_comes_from_elsewhere(visit):
    visited = visit("prediction", width=390, height=844, scheme="dark")
    visited.page.get_by_role("button", name="Record", exact=True).wait_for()
    assert visited.page.locator("iframe").count() == 0
    assert open_hands_free(visited).is_visible()
    visited.settle()
    assert visited.foreign == []
    assert visited.errors == []
    assert visited.complaints == []
    assert visited.overflow_px <= 0


def test_a_hands_free_recording_is_predicted_and_outlives_a_page_switch(visit):
    visited = visit("prediction")
    page = visited.page
    open_hands_free(visited).click()
    page.wait_for_timeout(2_000)
    # The fake microphone never pauses for long, so a second click ends the take, as it may.
    page.frame_locator('iframe[title^="audio_recorder"]').locator("svg").click()
    said = visited.answer
    page.get_by_text(re.compile("^Hands-free recording, ")).first.wait_for()
    page.get_by_role("heading", name="Predictions of this visit").wait_for()
    # The page still listens: the take is not sent again with every click.
    page.get_by_role("button", name="Remove the recording").click()
    page.get_by_text("Add a file, record yourself, or choose a sample.").wait_for()
    go(page, "Dataset")
    go(page, "Prediction")
    assert visited.answer == said
    assert visited.foreign == []
    assert visited.errors == []
    assert visited.complaints == []


def test_a_prediction_outlives_another_page(visit, demo_clips):
    visited = visit("prediction")
    visited.upload(demo_clips[0])
    said = visited.answer
    go(visited.page, "Training")
    go(visited.page, "Prediction")
    assert visited.answer == said
    visited.page.get_by_text(f"{demo_clips[0].name}, ").wait_for()
    visited.page.get_by_role("button", name="Clear", exact=True).click()
    visited.page.get_by_role("heading", name="Predictions of this visit").wait_for(state="detached")
    assert visited.complaints == []


def test_a_long_clip_is_drawn_over_time_and_explained(visit, tmp_path, demo_clips):
    sounds = [decode(clip) for clip in demo_clips[:5]]
    long = np.concatenate([sound.waveform for sound in sounds])
    soundfile.write(tmp_path / "long.wav", long, sounds[0].sampling_rate)
    visited = visit("prediction", width=390, height=844)
    page = visited.page
    visited.upload(tmp_path / "long.wav")
    said = visited.answer
    page.get_by_role("tab", name="Over time").click()
    panel = page.get_by_role("tabpanel").filter(has_text="Each window is predicted separately")
    panel.locator('[data-testid="stPlotlyChart"]').wait_for()
    before = panel.get_by_text("Show as a table")
    before.wait_for()
    slider = panel.get_by_role("slider").first
    slider.focus()
    for _ in range(3):
        slider.press("ArrowLeft")
    visited.settle()
    panel.locator('[data-testid="stPlotlyChart"]').wait_for()
    # The answer is that of the whole clip, however it is cut into windows.
    assert visited.answer == said
    page.get_by_role("tab", name="Why").click()
    page.get_by_role("button", name="Show what mattered").click()
    page.get_by_text("How the voice sounds").wait_for()
    assert visited.errors == []
    assert visited.complaints == []
    assert visited.overflow_px <= 0


def test_an_archive_is_predicted_clip_by_clip_and_downloaded(visit, tmp_path, demo_clips):
    with zipfile.ZipFile(tmp_path / "mine.zip", "w") as archive:
        for clip in demo_clips[:3]:
            archive.write(clip, clip.name)
        archive.writestr("video.mp4", b"no sound")
    visited = visit("prediction")
    page = visited.page
    visited.upload(tmp_path / "mine.zip")
    page.get_by_role("heading", name="3 predictions, the most confident first").wait_for()
    page.get_by_text("This clip cannot be used").wait_for()
    visited.settle()
    with page.expect_download() as taken:
        page.get_by_role("button", name="Download JSON").click()
    clips = json.loads(Path(taken.value.path()).read_text(encoding="utf-8"))["clips"]
    assert [clip["path"] for clip in clips] == [f"mine.zip/{clip.name}" for clip in demo_clips[:3]] + [
        "mine.zip/video.mp4"
    ]
    assert "error" in clips[3]
    assert visited.complaints == []


def test_a_damaged_model_leaves_the_page_usable(visit, tmp_path, demo_clips):
    home = tmp_path / "home"
    config = {"kind": "mlp", "model": "mlp", "data": [str(DEMO_FOLDERS["demo-english"])], "split": "speaker"}
    run = create_run(config, home / "runs" / "20261121-100000-mlp-0001")
    shutil.copy(BUNDLED_MODEL, run.model_path)
    run.write_state("finished")
    with Server(home) as server:
        visited = visit("prediction", address=server.address)
        page = visited.page
        page.get_by_role("combobox", name="Model").click()
        page.get_by_role("option").last.click()
        visited.settle()
        visited.upload(demo_clips[0])
        said = visited.answer
        run.model_path.write_bytes(b"junk")
        page.get_by_text("Hands-free recorder", exact=True).click()
        page.get_by_role("button", name="Use the bundled model").wait_for()
        assert "model.onnx: " in visited.errors[0]
        page.get_by_role("button", name="Use the bundled model").click()
        # The same model under another name: the upload was kept and is answered the same.
        assert visited.answer == said
        assert visited.errors == []
        assert visited.complaints == []


def test_the_overview_leads_to_the_pages(visit):
    visited = visit("")
    page = visited.page
    page.locator('[data-testid="stPlotlyChart"]').wait_for()
    page.wait_for_function("document.querySelector('audio')?.duration > 0.5")
    page.get_by_role("heading", name=re.compile("Likely|Unsure")).wait_for()
    assert visited.foreign == []
    page.get_by_role("link", name="Try your own").click()
    page.get_by_role("heading", name="Prediction", level=1).wait_for()
    assert visited.errors == []
    assert visited.complaints == []
