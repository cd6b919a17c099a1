"""The Dataset page in a browser: tabs, playing a clip, downloads."""

import csv
import io
import json

import pytest

from aec.corpora import COLUMNS

pytestmark = pytest.mark.browser

CHARTS = {"Balance": 4, "Sound": 4, "Speakers": 3, "Listen": 3}


def open_tab(visit, name):
    visit.page.get_by_role("tab", name=name).click()
    visit.page.locator(f'[role="tab"][aria-selected="true"]:has-text("{name}")').wait_for()
    visit.settle()


def visible_charts(visit):
    return visit.page.locator('[data-testid="stPlotlyChart"]:visible .main-svg:first-child')


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_every_tab_is_drawn_and_fits(visit, width, scheme):
    page = visit("dataset", width=width, scheme=scheme)
    for name, number in CHARTS.items():
        open_tab(page, name)
        visible_charts(page).nth(number - 1).wait_for()
        assert page.overflow_px <= 0
    open_tab(page, "Problems")
    page.page.get_by_text("No problems were found.").wait_for()
    assert page.errors == []
    assert page.complaints == []
    assert page.foreign == []


def test_a_chosen_clip_plays_and_is_drawn_with_its_padding(visit):
    page = visit("dataset")
    open_tab(page, "Listen")
    heading = page.page.locator("h3:visible")
    heading.wait_for()
    first = heading.inner_text()
    # The second row of the table: its mark stands below the heading and the first row.
    page.page.get_by_test_id("stDataFrameResizable").first.click(position={"x": 18, "y": 88})
    page.page.wait_for_function("first => document.querySelector('h3').innerText !== first", arg=first)
    page.settle()
    page.page.wait_for_function("document.querySelector('audio').duration > 0.5")
    assert page.page.get_by_text("are zero padding, marked in grey").is_visible()
    assert page.page.get_by_text("zero padding,", exact=True).is_visible()
    chosen = heading.inner_text()
    open_tab(page, "Sound")
    open_tab(page, "Listen")
    heading.wait_for()
    assert heading.inner_text() == chosen
    assert page.errors == []
    assert page.complaints == []


def test_the_table_and_the_report_can_be_downloaded(visit):
    page = visit("dataset")
    with page.page.expect_download() as download:
        page.page.get_by_role("button", name="Table of clips (CSV)").click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text(encoding="utf-8"))))
    with page.page.expect_download() as download:
        page.page.get_by_role("button", name="Report (JSON)").click()
    report = json.loads(download.value.path().read_text(encoding="utf-8"))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == report["clips"] == 420
    assert report["problems"] == []
    assert page.complaints == []
