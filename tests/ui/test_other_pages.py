"""The overview, and the pages that say what they will show."""

import pytest
from dashboard_helpers import ROOT, SCORES, save_small_model, texts

PAGES = ("overview", "dataset", "benchmark", "training", "prediction")


def links(app):
    return {link.proto.page for link in app.page_link}


def test_the_overview_counts_the_demo_corpora_and_shows_the_model(open_page):
    app = open_page()
    assert {metric.label: metric.value for metric in app.metric} == {
        "Demo clips": "28",
        "Synthetic voices": "4",
        "Emotions": "7",
        "UAR, unseen speakers": "0.58",
    }
    assert "UAR 0.58 (95% interval 0.52 to 0.64), unseen speakers, 5 folds" in texts(app)
    assert links(app) == {"prediction", "dataset", "training", "benchmark"}


def test_the_overview_does_without_a_score(open_page, use_model, tmp_path):
    bare = save_small_model(tmp_path / "bare.onnx", metrics=dict.fromkeys(SCORES))
    app = open_page()
    use_model(bare)
    app.run()
    assert not app.exception
    assert "score not measured" in texts(app)


def test_an_announced_page_says_so_and_leads_on(open_page):
    app = open_page("benchmark")
    assert "It is not there yet" in texts(app)
    assert links(app) == {"dataset", "prediction"}
    assert not app.button


@pytest.mark.parametrize("page", PAGES)
def test_every_page_has_one_title_and_no_error(open_page, page):
    app = open_page(page)
    assert len(app.title) == 1
    assert not app.error
    assert not app.warning


@pytest.mark.parametrize("page", PAGES)
def test_sentences_are_plain(open_page, page):
    said = texts(open_page(page))
    assert "!" not in said
    assert str(ROOT) not in said


def test_a_wrong_setting_is_told_plainly(open_page, monkeypatch):
    monkeypatch.setenv("AEC_MAX_MB", "plenty")
    app = open_page("prediction")
    (error,) = app.error
    assert error.proto.title == "This page cannot be shown"
    assert error.value == "AEC_MAX_MB is 'plenty'; a number above zero is expected. Set or unset AEC_MAX_MB."
