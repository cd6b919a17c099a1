"""A training from start to report, and a cancelled one."""

import json
import re

import pytest
from browser_helpers import Server

from aec.models.model_file import load_model

pytestmark = pytest.mark.browser
# A training on the demo corpora, on a busy machine.
DONE_MS = 240_000

# Changes of the page beside the panel, within three looks of the panel.
COUNT_CHANGES = """() => new Promise(resolve => {
    let seen = 0;
    const observer = new MutationObserver(changes => { seen += changes.length; });
    const main = document.querySelector('[data-testid="stMain"]');
    observer.observe(main, {subtree: true, childList: true, characterData: true});
    setTimeout(() => { observer.disconnect(); resolve(seen); }, 6000);
})"""


def choose_epochs(page, epochs: int) -> None:
    page.get_by_text("Advanced", exact=True).click()
    field = page.get_by_label("Epochs at most")
    field.fill(str(epochs))
    field.press("Enter")


def start(page) -> None:
    page.get_by_role("button", name="Start training").click()
    page.get_by_text("Started. It goes on if you leave the page.").wait_for()


def test_from_start_to_report(visit, tmp_path):
    visited = visit("training", width=390, height=844, scheme="dark")
    page = visited.page
    page.get_by_role("combobox", name="Folds").click()
    page.get_by_role("option", name="1: a single 80/20 split").click()
    page.get_by_text(re.compile("The model trains on .* clips of 8 speakers and tests on")).wait_for()
    choose_epochs(page, 2)
    visited.settle()
    start(page)
    headline = page.get_by_role("heading", name=re.compile("^UAR 0"))
    headline.wait_for(timeout=DONE_MS)
    visited.settle()
    assert headline.inner_text().endswith(", unseen speakers, one 80/20 split")

    with page.expect_download() as download:
        page.get_by_role("button", name="Download model").click()
    kept = tmp_path / "model.onnx"
    download.value.save_as(kept)
    assert load_model(kept).card.training.synthetic
    with page.expect_download() as download:
        page.get_by_role("button", name="Download report").click()
    report = json.loads(download.value.path().read_text(encoding="utf-8"))
    assert len(report["predictions"]) == report["n_test"]

    page.get_by_role("tab", name="Leak audit").click()
    page.get_by_text("No speaker is in both training and test clips.").wait_for()
    page.get_by_role("tab", name="Mistakes").click()
    page.wait_for_function("document.querySelector('audio')?.duration > 0.5")
    page.get_by_role("tab", name="Scores").click()
    page.get_by_text("Nothing is published on the demo corpora").wait_for()
    page.get_by_text("Compare with a random split").click()
    page.get_by_role("button", name="Train the same with a random split").wait_for()
    assert visited.overflow_px <= 0

    page.get_by_role("button", name="Use for prediction").click()
    page.get_by_role("heading", name="Prediction", level=1).wait_for()
    page.get_by_text(re.compile("MLP, demo-english, demo-german · 7 emotions")).wait_for()
    page.goto(page.url.removesuffix("prediction"))
    page.get_by_role("button", name=re.compile("Training · .* UAR 0")).click()
    page.get_by_role("heading", name=re.compile("^UAR 0")).wait_for()
    assert visited.errors == []
    assert visited.complaints == []
    assert visited.foreign == []
    assert visited.overflow_px <= 0


def test_a_training_is_watched_on_another_page_and_cancelled(visit, tmp_path):
    with Server(tmp_path / "home") as server:
        watch_and_cancel(visit("training", address=server.address), server)


def watch_and_cancel(visited, server) -> None:
    page = visited.page
    choose_epochs(page, 1000)
    visited.settle()
    start(page)
    page.locator('[data-testid="stPlotlyChart"]').first.wait_for(timeout=DONE_MS)
    # Held until it was cancelled: a quick machine would have finished before.
    training = [process for process in server.processes() if "train" in process.cmdline()]
    for process in training:
        process.suspend()

    page.get_by_test_id("stSidebarNavLink").filter(has_text="Benchmark").click()
    page.get_by_role("heading", name="Benchmark", level=1).wait_for()
    panel = page.get_by_test_id("stSidebarUserContent")
    panel.get_by_text(re.compile("Fold . of 5: epoch")).wait_for()
    visited.settle()
    page.wait_for_timeout(5_000)
    changes = page.evaluate(COUNT_CHANGES)
    assert changes == 0, "what has not changed is not drawn again while the panel looks on"
    panel.get_by_role("button", name="Cancel").click()
    panel.get_by_text("Stopping; what is done by now is kept.").wait_for()
    for process in training:
        process.resume()
    panel.get_by_text("No job is running.").wait_for(timeout=DONE_MS)

    page.get_by_test_id("stSidebarNavLink").filter(has_text="Training").click()
    page.get_by_text("This training was cancelled; the best so far was kept.").wait_for()
    page.get_by_role("button", name="Download model").wait_for()
    assert visited.errors == []
    assert visited.complaints == []
