"""The demo corpora are whole, sound, small, and can be made again."""

import csv
import hashlib
import importlib.util
import re
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import soundfile as sf

from aec.corpora.demo import DEMO_FOLDERS
from aec.emotions import LABEL_SETS
from tools.demo_corpus.recipe import GERMAN, SCRIPTS, Script
from tools.demo_corpus.synthesis import clips_of, synthesise

SCRIPT_FILE = Path(__file__).parents[2] / "tools" / "make_demo_corpus.py"
COLUMNS = ["path", "emotion", "speaker", "sex", "text", "corpus"]


@dataclass(frozen=True)
class Sound:
    corpus: str
    path: str
    samples: np.ndarray
    sampling_rate: int

    @property
    def duration_s(self) -> float:
        return float(self.samples.size / self.sampling_rate)


def manifest_of(corpus: str) -> list[dict[str, str]]:
    with (DEMO_FOLDERS[corpus] / "manifest.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    return [row for corpus in DEMO_FOLDERS for row in manifest_of(corpus)]


@pytest.fixture(scope="module")
def sounds(rows: list[dict[str, str]]) -> list[Sound]:
    return [
        Sound(row["corpus"], row["path"], *sf.read(DEMO_FOLDERS[row["corpus"]] / row["path"], dtype="float32"))
        for row in rows
    ]


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_demo_corpus", SCRIPT_FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("corpus", DEMO_FOLDERS)
def test_manifest_and_folder_hold_the_same_clips(corpus: str) -> None:
    rows = manifest_of(corpus)
    assert list(rows[0]) == COLUMNS
    assert {row["corpus"] for row in rows} == {corpus}
    assert {row["sex"] for row in rows} == {"f", "m"}
    on_disk = {file.relative_to(DEMO_FOLDERS[corpus]).as_posix() for file in DEMO_FOLDERS[corpus].rglob("*.ogg")}
    assert sorted(row["path"] for row in rows) == sorted(on_disk)


def test_file_names_say_what_the_manifest_says(rows: list[dict[str, str]]) -> None:
    for row in rows:
        match = re.fullmatch(r"(?P<folder>\w+)/(?P<speaker>\w+)_s\d_(?P<emotion>[a-z]+)_t\d\.ogg", row["path"])
        assert match is not None, row["path"]
        assert match["folder"] == match["speaker"] == row["speaker"]
        assert match["emotion"] == row["emotion"]


def test_every_speaker_has_every_emotion_equally_often(rows: list[dict[str, str]]) -> None:
    counts = Counter((row["speaker"], row["emotion"]) for row in rows)
    speakers = {row["speaker"] for row in rows}
    assert len(speakers) == 10
    assert set(counts) == {(speaker, emotion) for speaker in speakers for emotion in LABEL_SETS["seven"]}
    assert len(set(counts.values())) == 1


@pytest.mark.parametrize("corpus", DEMO_FOLDERS)
def test_no_sentence_belongs_to_one_emotion(corpus: str) -> None:
    emotions_of: dict[str, set[str]] = {}
    for row in manifest_of(corpus):
        emotions_of.setdefault(row["text"], set()).add(row["emotion"])
    assert 5 <= len(emotions_of) <= 7
    # The sentences are drawn for each speaker and emotion, so that one of the pairs may be missing.
    assert all(len(emotions) >= 6 for emotions in emotions_of.values())


def test_corpora_share_no_speaker(rows: list[dict[str, str]]) -> None:
    english, german = ({row["speaker"] for row in rows if row["corpus"] == corpus} for corpus in DEMO_FOLDERS)
    assert not english & german


def test_clips_are_sound(sounds: list[Sound]) -> None:
    for sound in sounds:
        assert sound.samples.ndim == 1, sound.path
        assert sound.sampling_rate == 22050, sound.path
        assert 1.0 <= sound.duration_s <= 4.0, sound.path
        # Below full scale everywhere leaves no room for clipped runs either.
        assert 0.01 < np.abs(sound.samples).max() < 1.0, sound.path


def test_no_two_clips_are_equal(sounds: list[Sound]) -> None:
    digests = {hashlib.sha256(sound.samples.tobytes()).hexdigest() for sound in sounds}
    assert len(digests) == len(sounds)


def test_corpora_stay_small() -> None:
    files = [file for folder in DEMO_FOLDERS.values() for file in folder.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) < 8_000_000


@pytest.mark.parametrize("corpus", DEMO_FOLDERS)
def test_readme_says_that_the_speech_is_synthetic(corpus: str) -> None:
    text = (DEMO_FOLDERS[corpus] / "README.md").read_text(encoding="utf-8")
    for words in ("synthetic", "espeak-ng", "CC0", "must not be used"):
        assert words in text


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.corpus)
def test_manifest_follows_the_recipe(script: Script) -> None:
    planned = [(clip.path, clip.emotion, clip.voice.speaker, clip.text) for clip in clips_of(script, seed=0)]
    rows = manifest_of(script.corpus)
    assert [(row["path"], row["emotion"], row["speaker"], row["text"]) for row in rows] == planned


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
def test_a_clip_made_twice_is_the_same_file(tool: ModuleType, tmp_path: Path) -> None:
    clip = next(clips_of(GERMAN, seed=0))
    for name in ("first.ogg", "again/first.ogg"):
        tool.write_clip(tmp_path / name, synthesise(clip, seed=0))
    assert (tmp_path / "first.ogg").read_bytes() == (tmp_path / "again" / "first.ogg").read_bytes()
    kept, _ = sf.read(DEMO_FOLDERS["demo-german"] / clip.path)
    made, sampling_rate = sf.read(tmp_path / "first.ogg")
    # Another version of espeak-ng may time the clip a little differently.
    assert made.size == pytest.approx(kept.size, abs=0.3 * sampling_rate)


def test_missing_espeak_is_one_plain_line(
    tool: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert tool.main(["--out", str(tmp_path / "out")]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "apt install espeak-ng" in error
    assert not (tmp_path / "out").exists()


def test_a_failure_half_way_leaves_the_old_corpus(
    tool: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    folder = tmp_path / "german"
    folder.mkdir()
    (folder / "manifest.csv").write_text("old", encoding="utf-8")
    monkeypatch.setattr(tool, "synthesise", interrupt)
    with pytest.raises(KeyboardInterrupt):
        tool.make_corpus(GERMAN, folder, 0)
    assert [file.name for file in tmp_path.iterdir()] == ["german"]
    assert (folder / "manifest.csv").read_text(encoding="utf-8") == "old"
