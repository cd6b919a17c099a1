"""The tables of a card: what a good one shows, and that junk from a stranger's file shows nothing."""

import pytest
from dashboard_helpers import make_card
from streamlit.testing.v1 import AppTest

from aec.ui.card_tables import corpus_rows, risk_rows, robustness_rows

GOOD = {
    "by_corpus": {
        "ravdess": {"uar": 0.71, "interval": [0.66, 0.75], "clips": 1040, "speakers": 20, "emotions": 7},
        "tess": {"uar": 0.5, "interval": None, "clips": 900, "speakers": 2, "emotions": 7},
    },
    "unheard_corpora": {"ravdess": {"uar": 0.4}},
    "robustness": [
        {"name": "clean", "title": "as recorded", "uar": 0.7, "kept": 1.0},
        {"name": "noise", "title": "pink *noise*", "uar": 0.56, "kept": 0.8},
    ],
    "risk_coverage": [
        {"coverage": 1.0, "risk": 0.3, "confidence_from": 0.2},
        {"coverage": 0.5, "risk": 0.1, "confidence_from": 0.7},
    ],
}
JUNK = (None, 3, "text", [], {}, [1, "a"], {"x": 1}, {"x": {}}, [{}], [{"title": 3}], [[]], {"x": {"uar": 7.0}})


def test_a_card_shows_what_it_has():
    card = make_card(extra=GOOD)
    ravdess, tess = corpus_rows(card)
    assert ravdess == {
        "Corpus": "RAVDESS",
        "UAR, unseen speakers": 0.71,
        "95% interval": "0.66 to 0.75",
        "UAR, unseen corpus": 0.4,
        "Emotions": 7,
        "Speakers": 20,
        "Clips": 1040,
    }
    assert tess["95% interval"] == "none: too few speakers"
    assert tess["UAR, unseen corpus"] is None
    assert [(row["Sound"], row["UAR"], row["Kept (%)"]) for row in robustness_rows(card)] == [
        ("as recorded", 0.7, 100),
        ("pink *noise*", 0.56, 80),
    ]
    assert [tuple(row.values()) for row in risk_rows(card)] == [(100, 20, 30), (50, 70, 10)]


@pytest.mark.parametrize("junk", JUNK)
def test_junk_shows_nothing(junk):
    card = make_card(extra=dict.fromkeys(GOOD, junk))
    assert corpus_rows(card) == robustness_rows(card) == risk_rows(card) == []


def test_too_long_tables_are_no_tables():
    many = {name: value * 100 if isinstance(value, list) else value for name, value in GOOD.items()}
    card = make_card(extra={**many, "by_corpus": {str(n): GOOD["by_corpus"]["tess"] for n in range(100)}})
    assert corpus_rows(card) == robustness_rows(card) == risk_rows(card) == []


@pytest.mark.parametrize("extra", [GOOD, {}, dict.fromkeys(GOOD, 3)])
@pytest.mark.parametrize("within_expander", [False, True])
def test_on_the_page(extra, within_expander):
    def page(fields, within_expander):
        from dashboard_helpers import make_card

        from aec.ui.card_view import show_card

        show_card(make_card(extra=fields), key="here", within_expander=within_expander)

    app = AppTest.from_function(page, kwargs={"fields": extra, "within_expander": within_expander}).run()
    assert not app.exception
    assert len(app.dataframe) == (4 if extra is GOOD else 1)
    if not within_expander:
        titles = [box.label for box in app.expander]
        assert titles[:1] == ["By emotion"]
        assert ("In worse conditions" in titles) is (extra is GOOD)
