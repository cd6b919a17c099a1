"""A benchmark in a browser: started, cancelled, and compared with uploaded ones."""

import json
import re

import pytest
from benchmark_helpers import result_fields
from browser_helpers import Server

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


def download(page, label: str) -> str:
    """Press a button and return the file that it gives."""
    with page.expect_download() as coming:
        page.get_by_role("button", name=label, exact=True).click()
    return coming.value.path().read_text(encoding="utf-8")


def test_from_start_to_finding(visit):
    visited = visit("benchmark", width=390, height=844, scheme="dark")
    page = visited.page
    choose(page)
    page.get_by_role("button", name="Start benchmark").click()
    page.get_by_role("heading", name=re.compile("Measuring|Waiting")).wait_for()
    page.get_by_role("heading", name=re.compile(r"^The engine extracts 20 clips in ")).wait_for(timeout=DONE_MS)
    visited.settle()
    tabs = ("Versions", "Scaling", "CPU and memory", "Where the time goes", "Accuracy", "Machine", "Time")
    for tab in tabs:
        page.get_by_role("tab", name=tab, exact=True).click()
        visited.settle()
    report = json.loads(download(page, "Result (JSON)"))
    assert report["clips"] == 20
    assert {row["version"] for row in report["stages"]} == {"first", "engine"}
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


def test_results_of_other_machines_are_compared_and_taken_along(visit, tmp_path):
    for name, clips in (("=one *b*", 120), ("two", 60)):
        report = result_fields(clips=clips)
        (tmp_path / f"{name}.json").write_text(json.dumps(report), encoding="utf-8")
    (tmp_path / "wrong.json").write_text("{", encoding="utf-8")
    # A server that measured nothing itself: the added results are all there is.
    with Server(tmp_path / "server" / "home") as server:
        visited = visit("benchmark", width=390, height=844, address=server.address)
        page = visited.page
        visited.upload(*sorted(tmp_path.glob("*.json")))
        page.get_by_text("“wrong” was not added").wait_for()
        page.get_by_text("“two”: other clips.").wait_for()
        visited.settle()
        chart = page.get_by_role("figure", name=re.compile(r"^Times faster than the first version\..* =one \*b\*: "))
        chart.first.wait_for()
        rows = download(page, "Compared measurements (CSV)").splitlines()
        assert rows[0].startswith("result,processor,cores,clips,version,workers,backend,stage,start,repeat,seconds")
        assert {row.split(" · ")[1] for row in rows[1:]} == {"=one *b*", "two"}
        assert visited.overflow_px <= 0
        # A file from disk, in a tab without a network: its charts are drawn all the same.
        document = tmp_path / "charts.html"
        document.write_text(download(page, "Charts (HTML)"), encoding="utf-8")
        page.context.set_offline(True)
        other = page.context.new_page()
        faults: list[str] = []
        asked: list[str] = []
        other.on("pageerror", lambda error: faults.append(str(error)))
        other.on("request", lambda request: asked.append(request.url))
        other.goto(document.as_uri())
        other.locator(".plotly .main-svg").first.wait_for()
        assert other.get_by_role("heading", name="Where the time goes").is_visible()
        assert faults == []
        assert [address for address in asked if not address.startswith(("file:", "data:", "blob:"))] == []
        assert len(visited.errors) == 1
        assert visited.foreign == []
