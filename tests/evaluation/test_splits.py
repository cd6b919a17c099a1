"""Folds are disjoint whatever the table; speakers and corpora stay on one side; what cannot be divided says why."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aec.errors import SplitError, UsageError
from aec.evaluation.splits import audit_leaks, make_split

EMOTIONS = ("angry", "happy", "sad")


def table_of(speakers=6, per_emotion=4, emotions=EMOTIONS, corpora=("a", "b")) -> pd.DataFrame:
    rows = [
        {"emotion": emotion, "speaker": f"{corpora[s % len(corpora)]}/{s}", "corpus": corpora[s % len(corpora)]}
        for s in range(speakers)
        for emotion in emotions
        for _ in range(per_emotion)
    ]
    table = pd.DataFrame(rows)
    table["digest"] = [f"d{i}" for i in range(len(table))]
    return table


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(["speaker", "random", "corpus:a"]),
    st.integers(2, 9),
    st.integers(2, 5),
    st.one_of(st.none(), st.just(1), st.just(2)),
    st.integers(0, 5),
)
def test_sides_are_disjoint_and_tests_do_not_overlap(kind, speakers, per_emotion, folds, seed):
    table = table_of(speakers, per_emotion)
    split = make_split(table, kind, folds, seed)
    tested = np.concatenate([fold.test for fold in split.folds])
    assert len(tested) == len(set(tested.tolist()))
    for fold in split.folds:
        assert len(fold.train)
        assert len(fold.test)
        assert not set(fold.train.tolist()) & set(fold.test.tolist())
        if kind == "speaker":
            assert not set(table["speaker"][fold.train]) & set(table["speaker"][fold.test])
    if folds is None and kind != "corpus:a":
        assert sorted(tested.tolist()) == list(range(len(table)))


def test_the_same_seed_gives_the_same_folds():
    table = table_of()
    for kind in ("speaker", "random"):
        first, again, other = (make_split(table, kind, 3, seed).folds[0].test.tolist() for seed in (1, 1, 2))
        assert first == again
        assert first != other


def test_one_fold_is_a_single_80_20_split():
    split = make_split(table_of(10), "speaker", 1)
    assert len(split.folds) == 1
    assert len(split.folds[0].test) == pytest.approx(0.2 * 120)
    assert "80/20" in split.title


def test_a_single_split_says_its_real_shares():
    table = pd.concat([table_of(10), table_of(1, 2, ("bored",))], ignore_index=True)
    split = make_split(table, "random", 1)
    assert split.title.endswith("one 80/20 split")
    assert make_split(table_of(2), "speaker", 1).title.endswith("one 50/50 split")


def test_an_emotion_of_a_single_speaker_gives_a_note():
    table = table_of()
    table.loc[(table["speaker"] == "b/3") & (table["emotion"] == "sad"), "emotion"] = "bored"
    assert "bored" in " ".join(make_split(table, "speaker").notes)
    assert make_split(table_of(), "speaker").notes == ()


def test_fewer_speakers_than_folds_gives_a_note():
    split = make_split(table_of(2), "speaker")
    assert len(split.folds) == 2
    assert "2 folds instead of 5" in split.notes[0]


def test_a_corpus_split_leaves_out_what_nobody_could_have_learned():
    table = table_of()
    table.loc[(table["corpus"] == "b") & (table["emotion"] == "sad"), "emotion"] = "bored"
    split = make_split(table, "corpus:b")
    assert "bored" in split.notes[0]
    assert set(table["emotion"][split.folds[0].test]) == {"angry", "happy"}


def refused(table, kind="speaker", folds=None) -> str:
    with pytest.raises(SplitError) as caught:
        make_split(table, kind, folds)
    assert caught.value.got
    return str(caught.value)


def test_one_class_only():
    assert "only angry" in refused(table_of(emotions=("angry",)), "random")


def test_fewer_clips_than_classes():
    assert "3 clips for 3 emotions" in refused(table_of(1, 1), "random")


def test_a_class_with_a_single_clip_is_named():
    table = pd.concat([table_of(), table_of(1, 1, ("bored",))], ignore_index=True)
    assert "bored has a single clip" in refused(table)


def test_one_speaker_only():
    text = refused(table_of(1))
    assert "a/0" in text
    assert "choose the random split" in text


def test_unknown_speakers():
    table = table_of()
    table.loc[:9, "speaker"] = None
    assert "10 of 72 clips" in refused(table)
    make_split(table, "random")


def test_more_folds_than_speakers():
    assert "Choose 6 folds or fewer" in refused(table_of(), folds=7)


def test_remedies_fit_a_shell_and_a_page_alike():
    unknown, single = table_of(), table_of()
    unknown["speaker"] = None
    single["emotion"] = "sad"
    for text in (refused(unknown), refused(single), refused(table_of(1)), refused(table_of(), folds=7)):
        assert "--" not in text


def test_a_corpus_that_is_not_there_or_is_all_there_is():
    assert "the corpora here are a, b" in refused(table_of(), "corpus:x")
    assert "second corpus" in refused(table_of(corpora=("a",)), "corpus:a")


@pytest.mark.parametrize("kind", ["", "speakers", "corpus"])
def test_an_unknown_kind(kind):
    with pytest.raises(UsageError):
        make_split(table_of(), kind)
    with pytest.raises(UsageError):
        make_split(table_of(), "speaker", 0)


def findings(table, kind) -> dict[str, bool | None]:
    return {finding.kind: finding.found for finding in audit_leaks(table, make_split(table, kind))}


def test_the_audit_finds_speakers_and_recordings_on_both_sides():
    table = table_of()
    assert findings(table, "speaker") == {
        "speakers_on_both_sides": False,
        "identical_audio_on_both_sides": False,
        "choices_made_on_the_test_set": False,
    }
    assert findings(table, "random")["speakers_on_both_sides"] is True
    table["digest"] = "one recording"
    assert findings(table, "speaker")["identical_audio_on_both_sides"] is True


def test_a_check_without_data_is_unknown():
    table = table_of()
    table["speaker"] = None
    assert findings(table, "random")["speakers_on_both_sides"] is None


def test_choices_on_the_test_set_are_a_finding():
    table = table_of()
    audit = audit_leaks(table, make_split(table, "random"), ["the epoch was chosen by test UAR"])
    assert (audit[-1].kind, audit[-1].found) == ("choices_made_on_the_test_set", True)
    assert audit[-1].detail == "the epoch was chosen by test UAR"
