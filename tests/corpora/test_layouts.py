"""Contract of all layouts, and the facts that each reads from names."""

import re
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aec.corpora import LAYOUTS, list_clips
from aec.corpora.layouts.layout import AudioFile, Layout, NameFacts, SourceFolders, slug
from aec.corpora.layouts.registry import FOLDERS
from aec.corpora.recognition import name_facts
from aec.emotions import EMOTIONS

BY_NAME = {layout.name: layout for layout in LAYOUTS}
NAMED = [layout for layout in LAYOUTS if layout is not FOLDERS]


def audio_file(path: str) -> AudioFile:
    *folders, name = path.split("/")
    return AudioFile(path, path, name.rpartition(".")[0], ("root", *folders))


def recognised(layout: Layout, path: str) -> NameFacts | None:
    file = audio_file(path)
    folders = frozenset({file.folders})
    return layout.recogniser(SourceFolders("root", folders, folders))(file)


def facts(layout: str, path: str) -> dict[str, str | None]:
    found = recognised(BY_NAME[layout], path)
    assert found is not None
    return asdict(found)


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
class TestEveryLayout:
    def test_recognises_its_own_example(self, layout, tmp_path, tree):
        root = tree(tmp_path / "corpus", [layout.example])
        table = list_clips([root]).table
        assert table["corpus"].tolist() == ["corpus" if layout is FOLDERS else layout.name]
        assert table["path"].tolist() == [str(root / layout.example)]

    def test_gives_known_emotions_and_unqualified_speakers(self, layout):
        found = recognised(layout, layout.example)
        assert found is not None
        assert found.emotion is None or found.emotion in EMOTIONS
        assert found.speaker is None or "/" not in found.speaker
        assert found.sex in {None, "male", "female"}

    def test_has_a_unique_name_in_slug_form(self, layout):
        assert layout.name == slug(layout.name)
        assert [other.name for other in LAYOUTS].count(layout.name) == 1

    def test_alone_recognises_its_example(self, layout):
        others = [other for other in NAMED if other is not layout and recognised(other, layout.example)]
        assert others == []

    def test_ignores_the_case_of_names(self, layout):
        for path in (layout.example.upper(), layout.example.lower()):
            found, usual = recognised(layout, path), recognised(layout, layout.example)
            assert found is not None
            assert usual is not None
            assert (found.emotion, found.speaker) == (usual.emotion, usual.speaker)

    def test_sizes_are_positive_and_contain_their_example(self, layout):
        stem = Path(layout.example).stem
        assert all(size.clips > size.speakers > 0 for size in layout.sizes)
        assert sum(size.contains(stem) for size in layout.sizes) == bool(layout.sizes)

    @settings(deadline=None)
    @given(path=st.text(max_size=60))
    def test_parsing_any_name_never_raises(self, layout, path):
        found = recognised(layout, path)
        assert found is None or found.emotion in {None, *EMOTIONS}

    @settings(deadline=None)
    @given(data=st.data())
    def test_parsing_near_misses_never_raises(self, layout, data):
        example = layout.example
        at = data.draw(st.integers(0, len(example)))
        recognised(layout, example[:at] + data.draw(st.text(max_size=4)) + example[at + 1 :])


@settings(deadline=None)
@given(stem=st.from_regex(re.compile(r"[0-9a-z]{2,7}", re.ASCII), fullmatch=True))
def test_short_names_belong_to_at_most_one_layout(stem):
    assert sum(recognised(layout, f"{stem}.wav") is not None for layout in NAMED) <= 1


@pytest.mark.parametrize(
    ("name", "emotion", "intensity", "sex", "speaker"),
    [
        ("03-01-01-01-01-01-01", "neutral", "normal", "male", "01"),
        ("03-01-02-02-01-01-02", "calm", "strong", "female", "02"),
        ("03-01-03-01-01-01-23", "happy", "normal", "male", "23"),
        ("03-02-04-01-01-01-24", "sad", "normal", "female", "24"),
        ("03-01-05-01-01-01-12", "angry", "normal", "female", "12"),
        ("03-02-06-02-01-02-17", "fearful", "strong", "male", "17"),
        ("01-01-07-01-01-01-12", "disgusted", "normal", "female", "12"),
        ("03-01-08-01-01-01-12", "surprised", "normal", "female", "12"),
    ],
)
def test_ravdess(name, emotion, intensity, sex, speaker):
    found = facts("ravdess", f"{name}.wav")
    assert (found["emotion"], found["intensity"], found["sex"]) == (emotion, intensity, sex)
    assert (found["speaker"], found["label"]) == (speaker, name.split("-")[2])


def test_ravdess_statements():
    assert facts("ravdess", "03-01-05-01-01-01-12.wav")["text"] == "Kids are talking by the door"
    assert facts("ravdess", "03-01-05-01-02-01-12.wav")["text"] == "Dogs are sitting by the door"


@pytest.mark.parametrize(
    "name",
    [
        "03-01-09-01-01-01-12",
        "02-01-05-01-01-01-12",
        "03-01-05-01-01-01-25",
        "03-01-05-01-01-01-00",
        "٠3-01-05-01-01-01-12",
    ],
)
def test_other_names_are_not_ravdess(name):
    assert recognised(BY_NAME["ravdess"], f"{name}.wav") is None


@pytest.mark.parametrize(
    ("code", "emotion"),
    [
        ("ANG", "angry"),
        ("DIS", "disgusted"),
        ("FEA", "fearful"),
        ("HAP", "happy"),
        ("NEU", "neutral"),
        ("SAD", "sad"),
    ],
)
def test_crema_d_emotions(code, emotion):
    found = facts("crema-d", f"1091_WSI_{code}_XX.wav")
    assert found == {
        "corpus": "crema-d",
        "label": code,
        "emotion": emotion,
        "speaker": "1091",
        "sex": None,
        "text": "We'll stop in a couple of minutes",
        "intensity": None,
    }


@pytest.mark.parametrize(
    ("code", "intensity"), [("LO", "low"), ("MD", "medium"), ("HI", "high"), ("XX", None), ("X", None)]
)
def test_crema_d_intensities(code, intensity):
    assert facts("crema-d", f"1040_ITH_SAD_{code}.wav")["intensity"] == intensity


@pytest.mark.parametrize(
    ("name", "emotion", "speaker"),
    [
        ("OAF_back_angry", "angry", "OAF"),
        ("YAF_back_disgust", "disgusted", "YAF"),
        ("OAF_back_fear", "fearful", "OAF"),
        ("YAF_back_happy", "happy", "YAF"),
        ("OAF_back_neutral", "neutral", "OAF"),
        ("YAF_back_ps", "surprised", "YAF"),
        ("OAF_back_sad", "sad", "OAF"),
        ("OA_bite_neutral", "neutral", "OAF"),
    ],
)
def test_tess(name, emotion, speaker):
    found = facts("tess", f"{name}.wav")
    assert (found["emotion"], found["speaker"], found["sex"]) == (emotion, speaker, "female")
    assert found["label"] == name.rsplit("_", 1)[1]
    assert found["text"] == f"Say the word {name.split('_')[1]}"


@pytest.mark.parametrize(
    ("code", "emotion"),
    [
        ("a", "angry"),
        ("d", "disgusted"),
        ("f", "fearful"),
        ("h", "happy"),
        ("n", "neutral"),
        ("sa", "sad"),
        ("su", "surprised"),
    ],
)
def test_savee_in_both_forms(code, emotion):
    joined, apart = facts("savee", f"KL_{code}15.wav"), facts("savee", f"KL/{code}15.wav")
    assert joined == apart
    assert (joined["emotion"], joined["speaker"], joined["sex"]) == (emotion, "KL", "male")


def test_savee_needs_a_speaker():
    assert recognised(BY_NAME["savee"], "a01.wav") is None
    assert recognised(BY_NAME["savee"], "somebody/a01.wav") is None


@pytest.mark.parametrize(
    ("code", "emotion"),
    [
        ("W", "angry"),
        ("L", "bored"),
        ("E", "disgusted"),
        ("A", "fearful"),
        ("F", "happy"),
        ("T", "sad"),
        ("N", "neutral"),
    ],
)
def test_emodb_emotions(code, emotion):
    found = facts("emodb", f"16b10{code}d.wav")
    assert (found["emotion"], found["label"], found["speaker"], found["sex"]) == (emotion, code, "16", "female")
    assert found["text"].startswith("Die wird auf dem Platz sein")


def test_emodb_sexes():
    speakers = "03 08 09 10 11 12 13 14 15 16"
    sexes = {speaker: facts("emodb", f"{speaker}a01Fa.wav")["sex"] for speaker in speakers.split(" ")}
    assert [speaker for speaker, sex in sexes.items() if sex == "male"] == ["03", "10", "11", "12", "15"]


@pytest.mark.parametrize("name", ["04a01Fa", "03a03Fa", "03a01Xa", "03a01F", "03a01F1"])
def test_other_names_are_not_emodb(name):
    assert recognised(BY_NAME["emodb"], f"{name}.wav") is None


@pytest.mark.parametrize(
    ("folder", "emotion"),
    [
        ("Angry", "angry"),
        ("Suprised", "surprised"),
        ("OAF_Pleasant_surprise", "surprised"),
        ("YAF_pleasant_surprised", "surprised"),
        ("Ärger", "angry"),
        ("A\u0308rger", "angry"),
    ],
)
def test_folder_names(folder, emotion):
    found = facts("folders", f"{folder}/one.wav")
    assert (found["emotion"], found["label"], found["corpus"]) == (emotion, folder, "root")


def test_the_innermost_folder_counts():
    assert facts("folders", "happy/speaker one/sad/take 2/one.wav")["emotion"] == "sad"


def test_a_folder_is_an_unknown_label_only_where_files_have_no_known_names():
    tess = [audio_file("OAF_sad/OAF_back_sad.wav"), audio_file("extras/noise.wav")]
    assert name_facts("tess", tess)[1] == []
    loose = [audio_file("sad/one.wav"), audio_file("contempt/noise.wav")]
    assert name_facts("x", loose)[1][0].facts == NameFacts("x", "contempt", None)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("My Corpus (2)", "my-corpus-2"),
        ("RAVDESS", "ravdess"),
        ("Bühne_1", "bühne-1"),
        ("🎭", "corpus"),
        ("", "corpus"),
    ],
)
def test_slugs(name, expected):
    assert slug(name) == expected
