"""The real recordings, where they are at hand."""

import os
from pathlib import Path

import pytest

from aec.corpora import completeness, scan

ROOT = os.environ.get("AEC_TEST_CORPORA", "")
pytestmark = [
    pytest.mark.corpora,
    pytest.mark.skipif(not ROOT, reason="AEC_TEST_CORPORA names no folder with the real recordings"),
]


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache") / "clips.sqlite"


def sources(*names):
    return [Path(ROOT) / name for name in names]


def test_three_corpora(cache):
    done = scan(sources("RAVDESS", "EmoDB", "TESS"), labels="all", cache=cache)
    summary = done.summary()
    assert summary.corpora == {"emodb": 408, "ravdess": 1200, "tess": 937}
    assert (summary.clips, summary.usable, summary.speakers) == (2545, 2545, 30)
    assert [(problem.kind, Path(problem.path).name) for problem in summary.problems] == [
        ("duplicate", "03-01-03-01-02-02-07.flac")
    ]
    assert "03-01-03-01-02-01-07" in summary.problems[0].detail
    assert done.notes == ()
    assert done.left_out == {}
    speakers = done.table.groupby("corpus")["speaker"].nunique()
    assert speakers.to_dict() == {"emodb": 8, "ravdess": 20, "tess": 2}
    assert done.table["sex"].notna().all()
    assert done.table["text"].notna().all()


def test_seven_classes_leave_out_calm_and_boredom(cache):
    done = scan(sources("RAVDESS", "EmoDB", "TESS"), cache=cache)
    assert done.left_out == {"calm": 160, "bored": 58}
    assert len(done.usable_table) == 2545 - 218


def test_odd_files_are_clips_too(cache):
    done = scan(sources("RAVDESS", "EmoDB", "TESS", "odd"), labels="all", cache=cache)
    assert done.summary().corpora == {"emodb": 408, "ravdess": 1201, "tess": 939}
    odd = done.table[done.table["path"].str.contains(f"{os.sep}odd{os.sep}", regex=False)]
    assert sorted(odd["sampling_rate"]) == [24_414, 48_000, 96_000]
    assert odd["channels"].max() == 2
    assert done.usable.all()


def test_completeness_of_the_real_corpora(cache):
    rows = completeness(scan(sources("RAVDESS", "EmoDB", "TESS"), cache=cache).table)
    assert rows.set_index("title")["state"].to_dict() == {
        "RAVDESS speech": "1200 of 1440",
        "TESS": "937 of 2800",
        "EmoDB": "408 of 535",
    }
