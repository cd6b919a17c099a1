"""CSV manifests, good and bad."""

from pathlib import Path

import pandas as pd
import pytest

from aec.corpora import list_clips, scan
from aec.errors import CorpusError


@pytest.fixture
def clips(tmp_path, tree):
    return tree(tmp_path / "my voices", ["a/one.wav", "a/two.wav", "b/drei ä.wav"])


def write(folder: Path, text: str | bytes, name: str = "manifest.csv") -> Path:
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


ROWS = "path,emotion\na/one.wav,angry\na/two.wav,Freude\nb/drei ä.wav,sad\n"


def test_the_two_columns_are_enough(clips):
    file = write(clips, ROWS)
    table = list_clips([file]).table
    assert table["path"].tolist() == [str(clips / name) for name in ("a/one.wav", "a/two.wav", "b/drei ä.wav")]
    assert table["emotion"].tolist() == ["angry", "happy", "sad"]
    assert table["label"].tolist() == ["angry", "Freude", "sad"]
    assert set(table["corpus"]) == {"my-voices"}
    assert table[["speaker", "sex", "text", "intensity"]].isna().all(axis=None)


def test_a_folder_may_hold_a_manifest_of_clips_elsewhere(clips, tmp_path):
    folder = tmp_path / "list"
    folder.mkdir()
    write(folder, f"path,emotion\n{clips / 'a/one.wav'},angry\n")
    assert list_clips([folder]).table["path"].tolist() == [str(clips / "a/one.wav")]


def test_every_column(clips):
    text = (
        "Corpus, SPEAKER ,sex,text,intensity,emotion,path,notes\n"
        'My Corpus,anna,F,"Hello, you",strong,joy,a/one.wav,x\n'
        ",ben,male,,,neutral,a/two.wav\n"
        "My Corpus,my-corpus/anna,other,,,neutral,b/drei ä.wav,,,\n"
    )
    table = list_clips([write(clips, text, "voices.csv")]).table
    assert table["corpus"].tolist() == ["my-corpus", "voices", "my-corpus"]
    assert table["speaker"].tolist() == ["my-corpus/anna", "voices/ben", "my-corpus/anna"]
    assert table["sex"].tolist() == ["female", "male", "other"]
    assert table["text"].iloc[0] == "Hello, you"
    assert table["intensity"].iloc[0] == "strong"
    assert table["emotion"].tolist() == ["happy", "neutral", "neutral"]


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("start", ["", "\ufeff", "\ufeff\n"])
def test_delimiters_line_ends_and_byte_order_marks(clips, mark, ends, start):
    text = start + ROWS.replace(",", mark).replace("\n", ends)
    assert list_clips([write(clips, text)]).table["emotion"].tolist() == ["angry", "happy", "sad"]


def test_an_unnamed_first_column(clips):
    """As pandas writes an index."""
    for mark in (",", "\t"):
        text = f"{mark}path{mark}emotion\n0{mark}a/one.wav{mark}sad\n"
        assert list_clips([write(clips, text)]).table["emotion"].tolist() == ["sad"]


def test_commas_inside_quotes_do_not_make_columns(clips):
    text = 'path;emotion;"text, spoken"\na/one.wav;sad;"a, b"\n'
    assert list_clips([write(clips, text)]).table["emotion"].tolist() == ["sad"]


@pytest.mark.parametrize(
    ("name", "corpus"),
    [("manifest.csv", "my-voices"), ("Train.csv", "my-voices"), ("test.tsv", "my-voices"), ("anna 2.csv", "anna-2")],
)
def test_corpus_names(clips, name, corpus):
    assert set(list_clips([write(clips, ROWS, name)]).table["corpus"]) == {corpus}


def test_paths_of_every_kind(clips, monkeypatch):
    text = f"path,emotion\n{clips}/a/one.wav,sad\n../my voices/a/two.wav,sad\nb\\drei ä.wav,sad\n"
    file = write(clips, text)
    assert len(list_clips([file]).table) == 3
    assert {Path(path).exists() for path in list_clips([file]).table["path"]} == {True}
    monkeypatch.chdir(clips)
    assert "a/one.wav" in list_clips([write(clips, ROWS).name]).table["path"].tolist()


def test_unknown_labels_are_kept_and_named_in_a_note(clips):
    file = write(clips, "path,emotion\na/one.wav,contempt\na/two.wav,\nb/drei ä.wav,sad\n")
    listing = list_clips([file])
    assert listing.table["emotion"].isna().tolist() == [True, True, False]
    assert listing.table["label"].isna().tolist() == [False, True, False]
    assert listing.left_out == {"unlabelled": 2}
    assert any("contempt (1 clip)" in note and "disgusted" in note for note in listing.notes)
    assert any("came without a label" in note for note in listing.notes)


def test_the_manifest_goes_before_names_and_folders(tmp_path, tree):
    root = tree(tmp_path / "x", ["OAF_back_angry.wav", "sad/one.wav", "fear/03a01Ta.wav", "fear/two.wav"])
    text = "path,emotion\nOAF_back_angry.wav,sad\nsad/one.wav,happy\nfear/03a01Ta.wav,calm\nfear/two.wav,fear\n"
    listing = list_clips([write(root, text)])
    assert listing.table.set_index("path")["emotion"].to_dict() == {
        str(root / "OAF_back_angry.wav"): "sad",
        str(root / "sad/one.wav"): "happy",
        str(root / "fear/03a01Ta.wav"): "calm",
        str(root / "fear/two.wav"): "fearful",
    }
    assert [problem.detail for problem in listing.problems] == [
        "the manifest says calm (calm), its name says sad (T), its folder says fearful (fear)",
        "the manifest says sad (sad), its name says angry (angry)",
        "the manifest says happy (happy), its folder says sad (sad)",
    ]


def test_rows_that_repeat_a_file(clips):
    file = write(clips, ROWS + "./a/one.wav,sad\n,sad\n")
    listing = list_clips([file])
    assert listing.table["emotion"].tolist() == ["angry", "happy", "sad"]
    assert listing.notes == (f"Listed already, and counted once: 1 file of {file}.",)


def test_a_missing_file_is_unreadable(clips):
    done = scan([write(clips, ROWS + "a/gone.wav,sad\n")])
    assert [(problem.kind, problem.detail) for problem in done.problems] == [("unreadable", "file not found")]
    assert done.table["problem"].dropna().tolist() == ["unreadable"]
    assert done.usable.tolist() == [False, True, True, True]


@pytest.mark.parametrize(
    ("text", "got", "remedy"),
    [
        ("", "is empty", "column"),
        ("\n\n", "is empty", "column"),
        ("path,emotion\n", "lists no clips", "row per clip"),
        ("path,emotion\n,\n", "lists no clips", "row per clip"),
        ("file,emotion\na/one.wav,sad\n", "'file,emotion'", "Name the column path"),
        ("path,label\na/one.wav,sad\n", "'path,label'", "Name the column emotion"),
        ("a/one.wav,sad\n", "'a/one.wav,sad'", "path and the column emotion"),
        ("path,emotion\nx/one.wav,sad\ny.wav,sad\n", "lists 2 files and none exists", "Correct the paths"),
        ("path,emotion\nä.wav,sad\n".encode("latin-1"), "not UTF-8 text (line 2)", "CSV UTF-8"),
        ("path,emotion\na/one.wav,sad\n".encode("utf-16"), "not UTF-8 text (line 1)", "CSV UTF-8"),
        ("path,emotion\na/one.wav,sad\n".encode("utf-16-le"), "not UTF-8 text (line 1)", "CSV UTF-8"),
        ("path,emotion\na/one.wav," + "x" * 200_000, "cannot be taken apart", "quotes"),
        ("path,emotion\n" + "x" * 5000 + ",sad\n", "lists 1 file and none exists", "Correct the paths"),
        ("path,emotion\n" + "1" * 5000 + ",sad\na/one.wav,sad\n", None, None),
    ],
    ids=str,
)
def test_bad_manifests(clips, text, got, remedy):
    file = write(clips, text)
    if got is None:
        assert len(list_clips([file]).table) == 2
        return
    with pytest.raises(CorpusError) as caught:
        list_clips([file])
    assert got in caught.value.got
    assert remedy in caught.value.remedy


def test_a_huge_file_is_not_read(clips):
    file = clips / "archive.zip"
    with file.open("wb") as opened:
        opened.truncate(100_000_000)
    with pytest.raises(CorpusError, match="Unpack an archive"):
        list_clips([file])


def test_a_manifest_inside_a_folder_gives_the_labels_of_its_clips(clips, tree):
    write(clips / "a", "path,emotion,speaker\none.wav,sad,anna\ntwo.wav,happy,ben\n")
    tree(clips, ["OAF_back_angry.wav"])
    listing = list_clips([clips])
    assert listing.table["speaker"].tolist() == ["a/anna", "a/ben", "tess/OAF"]
    assert len(listing.notes) == 1
    assert "drei ä.wav" in listing.notes[0]


def test_a_bad_manifest_inside_a_folder_is_a_note(clips, tree):
    write(clips, "what,ever\n1,2\n")
    tree(clips, ["OAF_back_angry.wav"])
    listing = list_clips([clips])
    assert listing.table["corpus"].tolist() == ["tess"]
    assert any("A manifest is not used" in note and "what,ever" in note for note in listing.notes)


def test_a_manifest_beside_its_folder_lists_a_file_once(clips):
    file = write(clips, ROWS, "voices.csv")
    for sources in ([file, clips / "a"], [clips, file]):
        if sources[0] == clips:
            write(clips, ROWS)
        table = list_clips(sources).table
        assert len(table) == 3
        assert table["path"].is_unique


def test_columns_are_text_even_where_all_cells_are_numbers(clips):
    table = list_clips([write(clips, "path,emotion,speaker,text\na/one.wav,sad,007,42\n")]).table
    assert table["speaker"].tolist() == ["my-voices/007"]
    assert isinstance(table["text"].iloc[0], str)
    assert isinstance(table["speaker"].dtype, pd.StringDtype)
