"""Found against expected sizes."""

import pandas as pd
import pytest

from aec.corpora import completeness, list_clips


def table(corpus, stems, speakers):
    return pd.DataFrame(
        {
            "path": [f"x/{stem}.wav" for stem in stems],
            "corpus": corpus,
            "speaker": [f"{corpus}/{number % speakers}" for number in range(len(stems))],
        }
    )


@pytest.mark.parametrize(
    ("clips", "state"),
    [(535, "complete"), (532, "3 missing"), (240, "240 of 535"), (540, "5 too many"), (1, "1 of 535")],
)
def test_states_in_plain_words(clips, state):
    rows = completeness(table("emodb", [f"clip{number}" for number in range(clips)], 10))
    assert rows["state"].tolist() == [state]
    assert rows["clips"].tolist() == [clips]
    assert rows["expected_speakers"].tolist() == [10]


def test_speech_and_song_are_counted_separately():
    speech = [f"03-01-05-01-01-01-{actor:02d}" for actor in range(1, 25)] * 60
    song = [f"03-02-05-01-01-01-{actor:02d}" for actor in range(1, 24)] * 44
    rows = completeness(table("ravdess", speech + song, 24)).set_index("title")
    assert rows["state"].to_dict() == {"RAVDESS speech": "complete", "RAVDESS song": "complete"}
    assert rows["expected_clips"].to_dict() == {"RAVDESS speech": 1440, "RAVDESS song": 1012}


def test_only_known_corpora_that_are_there(tmp_path, tree):
    root = tree(tmp_path / "x", ["OAF_a_sad.wav", "sad/own.wav"])
    rows = completeness(list_clips([root]).table)
    assert rows["title"].tolist() == ["TESS"]
    assert rows["speakers"].tolist() == [1]
    own = completeness(list_clips([tree(tmp_path / "y", ["sad/own.wav"])]).table)
    assert len(own) == 0
    assert list(own.columns) == list(rows.columns)
