"""Folders as the corpora are shipped."""

import os
from pathlib import Path

import pytest

from aec.corpora import list_clips
from aec.corpora.layouts.layout import slug
from aec.errors import CorpusError

HEADER = "% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]\n\n"
RATERS = (
    "C-E2:\tNeutral;\t()\n"
    "C-E3:\tNeutral;\t()\n"
    "C-E4:\tNeutral;\t()\n"
    "C-F1:\tAnger; Frustration;\t()\n"
    "A-E3:\tval 3; act 2; dom  2;\t()\n"
    "A-F1:\tval 3; act 2; dom  1;\t()\n\n"
)


def by_stem(sources, **options):
    table = list_clips(sources, **options).table
    return table.set_index(table["path"].map(lambda path: Path(path).stem))


def conflicts(listing):
    return {
        Path(problem.path).stem: problem.detail for problem in listing.problems if problem.kind == "label_conflict"
    }


def write_annotation(session: Path, dialog: str, turns: dict[str, str]) -> None:
    folder = session / "dialog" / "EmoEvaluation"
    folder.mkdir(parents=True, exist_ok=True)
    blocks = "".join(
        f"[{at}.2901 - {at + 1}.2357]\t{turn}\t{label}\t[2.5000, 2.5000, 2.5000]\n{RATERS}"
        for at, (turn, label) in enumerate(turns.items())
    )
    (folder / f"{dialog}.txt").write_text(HEADER + blocks)
    # macOS leaves such companions in the real archive.
    (folder / f"._{dialog}.txt").write_bytes(b"\x00\x05\x16\x07")


@pytest.fixture
def iemocap(tmp_path, tree):
    turns = {
        "Ses01F_impro01_F000": "neu",
        "Ses01F_impro01_M000": "fru",
        "Ses01F_impro01_M001": "exc",
        "Ses01F_impro01_M002": "xxx",
        "Ses01F_impro01_F001": "oth",
        "Ses01F_impro01_F002": "sur",
    }
    root = tree(
        tmp_path / "IEMOCAP_full_release",
        [
            *(f"Session1/sentences/wav/Ses01F_impro01/{turn}.wav" for turn in turns),
            "Session1/dialog/wav/Ses01F_impro01.wav",
            "Session5/sentences/wav/Ses05M_script01_1b/Ses05M_script01_1b_F014.wav",
        ],
    )
    write_annotation(root / "Session1", "Ses01F_impro01", turns)
    write_annotation(root / "Session5", "Ses05M_script01_1b", {"Ses05M_script01_1b_F014": "ang"})
    return root


def test_iemocap(iemocap):
    listing = list_clips([iemocap])
    table = by_stem([iemocap])
    assert len(table) == 7
    assert table.loc["Ses01F_impro01_M000", "emotion"] == "frustrated"
    assert table.loc["Ses01F_impro01_M000", "speaker"] == "iemocap/01M"
    assert table.loc["Ses01F_impro01_F000", "speaker"] == "iemocap/01F"
    assert table.loc["Ses01F_impro01_M001", "emotion"] == "excited"
    assert table.loc["Ses05M_script01_1b_F014", ["emotion", "speaker", "sex"]].tolist() == [
        "angry",
        "iemocap/05F",
        "female",
    ]
    undecided = table.loc[["Ses01F_impro01_M002", "Ses01F_impro01_F001"]]
    assert undecided["emotion"].isna().all()
    assert undecided["label"].tolist() == ["xxx", "oth"]
    assert listing.left_out == {"unlabelled": 2}
    assert ["1 audio file" in note and "Ses01F_impro01.wav" in note for note in listing.notes] == [True]


@pytest.mark.parametrize("part", ["Session1", "Session1/sentences/wav", "Session1/sentences/wav/Ses01F_impro01"])
def test_iemocap_from_a_part_of_it(iemocap, part):
    assert by_stem([iemocap / part]).loc["Ses01F_impro01_M000", "emotion"] == "frustrated"


def test_iemocap_turns_beside_their_sessions(iemocap, tree):
    tree(iemocap / "all", ["Ses01F_impro01_M003.wav"])
    write_annotation(iemocap / "Session1", "Ses01F_impro01", {"Ses01F_impro01_M003": "sad"})
    assert by_stem([iemocap / "all"]).loc["Ses01F_impro01_M003", "emotion"] == "sad"


def test_iemocap_without_annotations_takes_the_folder_or_says_so(tmp_path, tree):
    root = tree(tmp_path / "x", ["fru/Ses01F_impro01_M000.wav", "rest/Ses01F_impro01_M001.wav"])
    table, listing = by_stem([root]), list_clips([root])
    assert table["emotion"].tolist()[:1] == ["frustrated"]
    assert table["label"].isna().tolist() == [False, True]
    assert listing.notes == (f"1 clip in {root} (IEMOCAP) came without a label.",)


def test_iemocap_annotation_against_a_folder(tmp_path, tree):
    root = tree(tmp_path / "x", ["happy/Ses01F_impro01_M000.wav"])
    write_annotation(root, "Ses01F_impro01", {"Ses01F_impro01_M000": "exc"})
    listing = list_clips([root])
    assert listing.table["emotion"].tolist() == ["excited"]
    assert conflicts(listing) == {
        "Ses01F_impro01_M000": "its annotation says excited (exc), its folder says happy (happy)"
    }


def test_crema_d(tmp_path, tree):
    names = [f"10{actor:02d}_DFA_{code}_XX.wav" for actor in (1, 2, 91) for code in ("ANG", "SAD", "NEU")]
    table = list_clips([tree(tmp_path / "AudioWAV", names)]).table
    assert set(table["corpus"]) == {"crema-d"}
    assert sorted(set(table["speaker"])) == ["crema-d/1001", "crema-d/1002", "crema-d/1091"]
    assert table["sex"].isna().all()


@pytest.mark.parametrize("form", ["ALL/{speaker}_{code}01.wav", "AudioData/{speaker}/{code}01.wav"])
def test_savee(tmp_path, tree, form):
    names = [form.format(speaker=speaker, code=code) for speaker in ("DC", "JE") for code in ("a", "sa", "su", "n")]
    table = list_clips([tree(tmp_path / "SAVEE", names)]).table
    assert set(table["corpus"]) == {"savee"}
    assert set(table["speaker"]) == {"savee/DC", "savee/JE"}
    assert sorted(table["emotion"]) == ["angry"] * 2 + ["neutral"] * 2 + ["sad"] * 2 + ["surprised"] * 2


def test_savee_from_a_speakers_own_folder(tmp_path, tree, monkeypatch):
    root = tree(tmp_path / "JK", ["su01.wav"])
    monkeypatch.chdir(root)
    for source in (root, Path(), "."):
        assert list_clips([source]).table["speaker"].tolist() == ["savee/JK"]


def test_ravdess_speech_and_song_share_speakers(tmp_path, tree):
    root = tree(
        tmp_path / "RAVDESS",
        [
            "Audio_Speech_Actors_01-24/Actor_21/03-01-03-01-01-01-21.wav",
            "Audio_Song/Actor_21/03-02-03-01-01-01-21.wav",
        ],
    )
    table = list_clips([root]).table
    assert set(table["speaker"]) == {"ravdess/21"}
    assert set(table["corpus"]) == {"ravdess"}


def test_emodb(tmp_path, tree):
    table = list_clips([tree(tmp_path / "EmoDB", ["wav/03a01Fa.wav", "wav/10b02La.WAV"])]).table
    assert table["speaker"].tolist() == ["emodb/03", "emodb/10"]
    assert table["emotion"].tolist() == ["happy", "bored"]


def test_tess_with_its_misspelling_and_a_misfiled_clip(tmp_path, tree):
    root = tree(
        tmp_path / "TESS",
        [
            "OAF_Pleasant_surprise/OAF_back_ps.wav",
            "YAF_pleasant_surprised/YAF_back_ps.wav",
            "OAF_neutral/OA_bite_neutral.wav",
            "OAF_Sad/OAF_dog_angry.wav",
        ],
    )
    listing = list_clips([root])
    table = by_stem([root])
    assert table.loc["OA_bite_neutral", "speaker"] == "tess/OAF"
    assert table.loc["OAF_dog_angry", "emotion"] == "angry"
    assert conflicts(listing) == {"OAF_dog_angry": "its name says angry (angry), its folder says sad (OAF_Sad)"}
    assert table["problem"].dropna().to_dict() == {"OAF_dog_angry": "label_conflict"}


@pytest.fixture
def kaggle(tmp_path, tree):
    """The collection in small, with SAVEE's disgust, fear and surprise filed under other emotions."""
    return tree(
        tmp_path / "Emotions",
        [
            "Angry/03-01-05-01-01-01-01.wav",
            "Angry/1001_DFA_ANG_XX.wav",
            "Angry/DC_d01.wav",
            "Disgusted/OAF_back_disgust.wav",
            "Fearful/1001_DFA_FEA_XX.wav",
            "Happy/DC_f01.wav",
            "Sad/DC_su01.wav",
            "Suprised/OAF_back_ps.wav",
            "Suprised/own recording.wav",
        ],
    )


@pytest.mark.parametrize("above", [False, True])
def test_kaggle_collection(kaggle, above):
    root = kaggle.parent if above else kaggle
    listing = list_clips([root])
    table = by_stem([root])
    assert table.loc["DC_d01", ["emotion", "corpus", "speaker"]].tolist() == ["disgusted", "savee", "savee/DC"]
    assert set(conflicts(listing)) == {"DC_d01", "DC_f01", "DC_su01"}
    own = table.loc["own recording"]
    assert (own["emotion"], own["label"]) == ("surprised", "Suprised")
    assert own["corpus"] == slug(root.name)
    assert table["speaker"].isna().sum() == 1
    assert listing.notes == ()


def test_folder_per_emotion(tmp_path, tree):
    root = tree(tmp_path / "My Clips", ["angry/b.wav", "angry/deep/er/a.wav", "Freude/c.wav", "contempt/d.wav"])
    listing = list_clips([root])
    assert set(listing.table["corpus"]) == {"my-clips"}
    assert sorted(listing.table["emotion"].dropna()) == ["angry", "angry", "happy"]
    assert listing.table["speaker"].isna().all()
    assert listing.table.loc[listing.table["emotion"].isna(), "label"].tolist() == ["contempt"]
    assert len(listing.notes) == 1
    assert "contempt (1 clip)" in listing.notes[0]
    assert "angry, happy, sad, neutral" in listing.notes[0]


def test_a_folder_named_after_its_emotion_can_be_given_itself(tmp_path, tree):
    assert list_clips([tree(tmp_path / "Angry", ["one.wav"])]).table["emotion"].tolist() == ["angry"]


def test_mixed_folders_are_recognised_file_by_file(tmp_path, tree):
    root = tree(
        tmp_path / "all",
        [
            "03-01-05-01-01-01-01.wav",
            "1001_DFA_SAD_XX.wav",
            "OAF_back_ps.wav",
            "DC_h01.wav",
            "03a01Na.wav",
            "noise.wav",
        ],
    )
    listing = list_clips([root])
    assert sorted(listing.table["corpus"]) == ["crema-d", "emodb", "ravdess", "savee", "tess"]
    assert listing.notes == (
        f"Left out, because no layout knows the name: 1 audio file in {root}, for example {root / 'noise.wav'}.",
    )


def test_every_audio_extension_counts_in_any_case(tmp_path, tree):
    root = tree(tmp_path / "sad", ["a.WAV", "b.Flac", "c.m4a", "d.mp3", "e.txt", "f", "g.wav.bak"])
    assert [Path(path).name for path in list_clips([root]).table["path"]] == ["a.WAV", "b.Flac", "c.m4a", "d.mp3"]


def test_hidden_files_and_those_of_macos_are_ignored(tmp_path, tree):
    root = tree(tmp_path / "sad", ["a.wav", "._a.wav", ".b.wav", "__MACOSX/sad/c.wav", ".git/d.wav"])
    assert len(list_clips([root]).table) == 1


def test_a_hidden_folder_can_be_given_itself(tmp_path, tree):
    assert len(list_clips([tree(tmp_path / ".data", ["sad/a.wav"])]).table) == 1


def test_links_in_circles_end(tmp_path, tree):
    root = tree(tmp_path / "x", ["a/sad/1.wav", "b/happy/2.wav"])
    (root / "a" / "again").symlink_to(root, target_is_directory=True)
    (root / "b" / "self").symlink_to("self")
    (root / "a" / "b2").symlink_to(root / "b", target_is_directory=True)
    names = [str(Path(path).relative_to(root)) for path in list_clips([root]).table["path"]]
    # Where a file really lies goes before a link to it.
    assert names == ["a/sad/1.wav", "b/happy/2.wav"]


def test_linked_folders_are_followed(tmp_path, tree):
    elsewhere = tree(tmp_path / "elsewhere", ["1.wav"])
    root = tree(tmp_path / "x", ["happy/2.wav"])
    (root / "sad").symlink_to(elsewhere, target_is_directory=True)
    assert list_clips([root]).table["emotion"].tolist() == ["happy", "sad"]


def test_natural_order_within_sources_in_the_order_given(tmp_path, tree):
    first = tree(tmp_path / "z", [f"Actor_{n}/sad/{m}.wav" for n in (10, 2, 1) for m in ("10", "9", "007")])
    second = tree(tmp_path / "a", ["sad/x.wav"])
    paths = list_clips([first, second]).table["path"].tolist()
    inner = [str(Path(path).relative_to(first)) for path in paths[:-1]]
    assert inner == [f"Actor_{n}/sad/{m}.wav" for n in (1, 2, 10) for m in ("007", "9", "10")]
    assert paths[-1] == str(second / "sad" / "x.wav")


def test_paths_stay_relative_where_the_source_was(tmp_path, tree, monkeypatch):
    tree(tmp_path / "x", ["sad/1.wav"])
    monkeypatch.chdir(tmp_path)
    assert list_clips(["x"]).table["path"].tolist() == ["x/sad/1.wav"]
    assert list_clips([Path("./x/")]).table["path"].tolist() == ["x/sad/1.wav"]
    assert list_clips(["."]).table["path"].tolist() == ["x/sad/1.wav"]
    monkeypatch.chdir(tmp_path / "x")
    assert list_clips(["../x"]).table["path"].tolist() == ["../x/sad/1.wav"]
    assert list_clips([".."]).table["corpus"].tolist() == [tmp_path.name.replace("_", "-")]


@pytest.mark.parametrize("order", [("x", "x/sub"), ("x/sub", "x"), ("x", "x"), ("x", "link")])
def test_overlapping_sources_list_a_file_once(tmp_path, tree, order):
    tree(tmp_path / "x", ["sub/sad/1.wav", "happy/2.wav"])
    (tmp_path / "link").symlink_to(tmp_path / "x", target_is_directory=True)
    listing = list_clips([tmp_path / name for name in order])
    assert sorted(Path(path).name for path in listing.table["path"]) == ["1.wav", "2.wav"]
    assert len(listing.notes) == 1
    assert "Listed already" in listing.notes[0]


@pytest.mark.parametrize(
    "name",
    ["Ärger über Öl.wav", "two  words (1).wav", "🎭 emoji.wav", "a" * 251 + ".wav", "'quote\".wav", "new\nline.wav"],
)
def test_names_of_every_kind(tmp_path, tree, name):
    root = tree(tmp_path / "Größe 🎧" / "sad", [name])
    assert list_clips([root]).table["path"].tolist() == [str(root / name)]


def test_names_that_are_not_unicode_are_counted(tmp_path, tree):
    root = tree(tmp_path / "sad", ["a.wav"])
    try:
        Path(os.fsdecode(os.fsencode(root) + b"/\xe4rger.wav")).write_bytes(b"x")
    except OSError:
        pytest.skip("this file system takes no such names")
    listing = list_clips([root])
    assert len(listing.table) == 1
    assert len(listing.notes) == 1
    assert "not valid Unicode: 1 file" in listing.notes[0]


@pytest.mark.parametrize(
    ("source", "got", "remedy"),
    [
        ("nowhere", "does not exist", "Check the path"),
        ("empty", "there is no audio in", "Give the folder"),
        ("text", "there is no audio in", "Give the folder"),
        ("foreign", "no emotion is known of the 2 audio files", "folders named after emotions"),
        ("foreign/one.wav", "is a single clip", "Give the folder"),
        ("sur\udce4", "is no path", "Give the folder"),
        ("nul\0", "cannot be opened", "Check the path"),
    ],
)
def test_sources_that_give_nothing(tmp_path, tree, source, got, remedy):
    tree(tmp_path / "empty", [])
    tree(tmp_path / "foreign", ["one.wav", "two/two.wav"])
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "a.txt").write_text("x")
    with pytest.raises(CorpusError) as caught:
        list_clips([f"{tmp_path}/{source}"])
    assert got in caught.value.got
    assert caught.value.expected
    assert remedy in caught.value.remedy


def test_an_unrecognised_folder_names_the_known_layouts(tmp_path, tree):
    with pytest.raises(CorpusError, match=r"03-01-05-02-01-01-12\.wav \(RAVDESS\)"):
        list_clips([tree(tmp_path / "foreign", ["one.wav"])])


@pytest.mark.parametrize("sources", [[], [""]])
def test_no_source(sources):
    with pytest.raises(CorpusError):
        list_clips(sources)


def test_a_single_path_is_one_source(tmp_path, tree):
    root = tree(tmp_path / "sad", ["a.wav"])
    assert len(list_clips(str(root)).table) == len(list_clips(root).table) == 1


def test_an_unknown_label_set(tmp_path):
    with pytest.raises(CorpusError, match="seven, five, all"):
        list_clips([tmp_path], labels="six")


def test_folders_that_cannot_be_opened_are_named(tmp_path, tree, monkeypatch):
    root = tree(tmp_path / "x", ["sad/1.wav", "locked/2.wav"])
    scandir = os.scandir

    def refuse(path):
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr("aec.corpora.file_search.os.scandir", refuse)
    notes = list_clips([root]).notes
    assert len(notes) == 1
    assert f"The folder {root / 'locked'} cannot be opened (Permission denied)" in notes[0]
    with pytest.raises(CorpusError, match="Permission denied"):
        list_clips([root / "locked"])
