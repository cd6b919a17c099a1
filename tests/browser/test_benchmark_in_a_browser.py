"""A benchmark from the start button to its finding, and one that is cancelled on the way."""

import json
import re

import pytest

pytestmark = pytest.mark.browser
DONE_MS = 300_000


def choose(page) -> None:
    """Take the fewest clips, one repeat, and no training."""
    for label in ("Clips", "Repeats"):
        slider = page.get_by_role("slider", name=label)
        slider.focus()
        page.keyboard.press("Home")
        page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    page.get_by_text("Train the network, too").click()
    page.get_by_text(re.compile(r"^20 clips, about ")).wait_for()


def test_from_start_to_finding(visit):
    visited = visit("benchmark", width=390, height=844, scheme="dark")
    page = visited.page
    choose(page)
    page.get_by_role("button", name="Start benchmark").click()
    page.get_by_role("heading", name=re.compile("Measuring|Waiting")).wait_for()
    page.get_by_role("heading", name=re.compile(r"^The engine extracts 20 clips in ")).wait_for(timeout=DONE_MS)
    visited.settle()
    for tab in ("Versions", "Scaling", "CPU and memory", "Accuracy", "Machine", "Time"):
        page.get_by_role("tab", name=tab).click()
        visited.settle()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download result").click()
    report = json.loads(download.value.path().read_text(encoding="utf-8"))
    assert report["clips"] == 20
    assert visited.errors == []
    assert visited.complaints == []
    assert visited.foreign == []
    assert visited.overflow_px <= 0


def test_cancelled_on_the_way(visit):
    visited = visit("benchmark")
    page = visited.page
    page.get_by_role("button", name="Start benchmark").click()
    page.get_by_role("heading", name="Measuring").wait_for(timeout=DONE_MS)
    main = page.get_by_test_id("stMain")
    main.get_by_role("button", name="Cancel").click()
    page.get_by_text(re.compile("was cancelled|Cancelled")).first.wait_for(timeout=DONE_MS)
    page.get_by_test_id("stSidebarUserContent").get_by_text("No job is running.").wait_for(timeout=DONE_MS)
    assert visited.errors == []
