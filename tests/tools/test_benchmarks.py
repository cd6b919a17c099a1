"""Benchmark scripts on a few short clips: computation and output, not speed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from aec.audio import decode, resample
from aec.corpora.demo import DEMO_FOLDERS
from aec.features import librosa_reference as reference
from benchmarks import floor, peers, scale
from benchmarks.clips import RATE, megabytes, repeat_clips, seconds_of_sound, write_clips
from benchmarks.mfcc_tools import SPEC, TOOLS, load
from benchmarks.timing import Spread, as_text, markdown, over, ratios, timed_in_turn

DEMO = str(DEMO_FOLDERS["demo-german"])


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_clips([DEMO], 2, tmp_path_factory.mktemp("clips"))


def last_line(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_clips_are_the_same_each_time_and_of_one_form(clips: list[Path], tmp_path: Path) -> None:
    again = write_clips([DEMO], 3, tmp_path)
    assert [path.read_bytes() for path in again[:2]] == [path.read_bytes() for path in clips]
    for path in again:
        facts = soundfile.info(path)
        assert (facts.samplerate, facts.channels, facts.subtype, facts.format) == (RATE, 1, "PCM_16", "WAV")
    assert megabytes(clips) == pytest.approx(seconds_of_sound(clips) * RATE * 2 / 1e6, rel=0.01)


def test_no_clips_is_said(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="no clips"):
        write_clips([tmp_path], 1, tmp_path / "out")


def test_clips_are_repeated_under_other_names(clips: list[Path], tmp_path: Path) -> None:
    names = repeat_clips(clips, 5, tmp_path)
    assert len(set(names)) == 5
    assert [name.read_bytes() for name in names] == [clips[turn % 2].read_bytes() for turn in range(5)]
    assert repeat_clips(clips, 3, tmp_path) == names[:3]


def test_actions_take_turns() -> None:
    done: list[str] = []
    actions = {name: over(done.append, [name]) for name in "abc"}
    turns = timed_in_turn(actions, 3)
    assert "".join(done) == "abcbcacab"
    assert all(len(seconds) == 3 for seconds in turns.seconds.values())
    assert "of its core" in turns.remark()


def test_spreads_and_tables() -> None:
    assert ratios([2, 9, 4], [1, 3, 4]) == Spread(2, 1, 3)
    assert as_text(Spread(2, 1, 3).rounded(), 1) == "2.0 (1.0–3.0)"
    assert as_text(Spread.of([2]).rounded(), 0) == "2"
    assert markdown(("a", "b"), [("1", "2")]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"


@pytest.mark.parametrize("reuse_memory", [False, True])
def test_the_floor_transforms_every_frame(clips: list[Path], reuse_memory: bool) -> None:
    sound = decode(clips[0])
    samples = resample(sound.waveform, sound.sampling_rate, SPEC.sampling_rate).size
    assert floor.Floor(reuse_memory=reuse_memory)(clips[0]) == 1 + samples // SPEC.hop_length


def test_floor(capsys: pytest.CaptureFixture[str]) -> None:
    floor.main([DEMO, "--clips", "2", "--repeats", "2"])
    found = last_line(capsys)
    assert found["clips"] == found["repeats"] == 2
    assert all(found[name]["low"] > 0 for name in ("engine/floor", "librosa/engine"))


def test_peers(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    # The others cost seconds to load; each has its own test below.
    monkeypatch.setattr(peers, "TOOLS", {name: TOOLS[name] for name in ("engine", "librosa")})
    peers.main([DEMO, "--clips", "2", "--repeats", "1"])
    found = last_line(capsys)
    assert [row["tool"] for row in found["tools"]] == ["engine", "librosa"]
    assert found["left_out"] == []


def test_a_tool_that_is_not_installed_is_left_out(clips: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    absent = peers.Tool("there-is-no-such-package", "", TOOLS["engine"].ready)
    monkeypatch.setattr(peers, "TOOLS", {"engine": TOOLS["engine"], "librosa": TOOLS["librosa"], "absent": absent})
    found = peers.measure(clips, 1)
    assert found["left_out"] == ["absent"]
    assert "absent is not installed and was left out." in peers.table(found)


@pytest.mark.parametrize("name", TOOLS)
@pytest.mark.filterwarnings("ignore")
def test_every_tool_gives_the_coefficients(
    name: str, clips: list[Path], make_sound: Callable[..., np.ndarray]
) -> None:
    tool = TOOLS[name]
    if not tool.installed():
        pytest.skip(f"{name} is not installed: benchmarks/requirements.txt")
    # With noise in every band: in the silence of a band each tool's own floor would decide.
    waveform = make_sound(1.5, SPEC.sampling_rate)[:, 0].astype(np.float32)
    features = tool.ready()
    expected, matrix = reference.from_waveform(waveform, SPEC), features(waveform)
    assert matrix.shape[1] == SPEC.n_mfcc
    assert abs(len(matrix) - len(expected)) <= 2
    if tool.same:
        np.testing.assert_allclose(matrix, expected, atol=0.005)
    else:
        # Another definition of the same thing: the course of the second coefficient is alike.
        frames = min(len(matrix), len(expected))
        assert np.corrcoef(matrix[:frames, 1], expected[:frames, 1])[0, 1] > 0.7
    if tool.from_file:
        np.testing.assert_allclose(tool.from_file(clips[0]), features(load(clips[0])), atol=0.005)


@pytest.mark.processes
def test_scale(capsys: pytest.CaptureFixture[str]) -> None:
    scale.main([DEMO, "--base", "8", "--sizes", "1", "--epochs", "2", "--first", "--pooled", "0"])
    found = last_line(capsys)
    assert [(row["version"], row["clips"]) for row in found["sizes"]] == [("engine", 8), ("first", 8)]
    for row in found["sizes"]:
        assert row["extraction_s"]["median"] > 0
        assert row["training_s"]["median"] > 0
        assert 0 < row["peak_own_mb"]["median"] <= row["peak_whole_mb"]["median"]


def test_the_extrapolation_to_a_million_clips() -> None:
    def row(clips: int, own_mb: float) -> dict[str, Any]:
        figures = {"extraction_s": clips / 500, "training_s": clips / 1000, "peak_own_mb": own_mb}
        return {"version": "engine", "clips": clips, **{k: Spread.of([v]).rounded() for k, v in figures.items()}}

    rows = [row(1000, 80), row(4000, 100), row(14_000, 200)]
    extrapolated = scale.extrapolate(rows, epochs=20, clip_mb=0.4)
    assert extrapolated["extraction_s"] == pytest.approx(2000)
    assert extrapolated["extraction_ten_machines_s"] == pytest.approx(200)
    assert extrapolated["reading_mb_per_s"] == pytest.approx(200)
    assert extrapolated["features_gb"] == pytest.approx(26)
    assert extrapolated["training_s"] == pytest.approx(10_000)
    assert extrapolated["growth"] == {"since_clips": 4000, "seen_mb": 100, "mb_per_1000_clips": pytest.approx(10)}
    assert extrapolated["own_mb"] == pytest.approx(200 + 9860)
    assert extrapolated["own_ten_machines_mb"] == pytest.approx(200 + 860)
    words = scale.in_words(extrapolated)
    assert "Extrapolated, not measured" in words
    assert "33.3 min" in words
    assert "Own memory 10,060 MB" in words
    steady = scale.extrapolate([*rows[:2], row(14_000, 130)], epochs=20, clip_mb=0.4)
    assert steady["own_mb"] == 130
    assert "no growth is extrapolated" in scale.in_words(steady)
    too_small = scale.extrapolate(rows[:2], epochs=20, clip_mb=0.4)
    assert too_small["growth"] is None
    assert "growth of memory is unknown" in scale.in_words(too_small)
