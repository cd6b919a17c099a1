"""The published figures: on known corpora, in range, each with a protocol."""

import subprocess
import sys

import pytest

from aec.corpora import LAYOUTS
from aec.corpora.demo import DEMO_FOLDERS
from aec.evaluation.published_scores import (
    LISTENERS,
    PUBLISHED_SCORES,
    SEEN,
    UNSEEN,
    UNSTATED,
    published_alone,
    published_together,
)


def name(score):
    return "-".join([*sorted(score.corpora), score.approach])


@pytest.mark.parametrize("score", PUBLISHED_SCORES, ids=name)
def test_every_figure_is_a_score_with_a_protocol_on_known_corpora(score):
    assert 0 < score.low <= score.high <= 1
    assert score.protocol in {UNSEEN, SEEN, LISTENERS, UNSTATED}
    assert score.corpora <= {layout.name for layout in LAYOUTS}
    assert 4 <= score.emotions <= 8


def test_corpora_are_matched_exactly():
    assert {score.emotions for score in published_together(["ravdess"])} == {8}
    assert {score.emotions for score in published_together(["ravdess", "crema-d"])} == {6}
    assert published_together(["ravdess", "tess"]) == []
    assert published_together(list(DEMO_FOLDERS)) == []


def test_each_of_several_corpora_alone():
    found = published_alone(["tess", "savee", "mine", "tess"])
    assert [score.corpora for score in found] == [frozenset({"savee"})] * 3 + [frozenset({"tess"})] * 3


def test_scores_with_known_speakers_are_marked():
    tess = {(score.high, score.protocol) for score in published_together(["tess"])}
    assert (1.0, SEEN) in tess
    assert (1.0, UNSEEN) not in tess


def test_the_module_needs_nothing():
    code = "import aec.evaluation.published_scores, sys; print('streamlit' in sys.modules, 'pandas' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
