"""Counts, tables and sentences of the Dataset page, without a page."""

import json
import math
import threading

import numpy as np
import pandas as pd
import pytest

from aec.audio import decode
from aec.corpora import COLUMNS, scan
from aec.corpora.published_sizes import PUBLISHED_CLIPS, PUBLISHED_CORPORA, PUBLISHED_EMOTIONS
from aec.errors import AecError, CorpusError
from aec.features import FeatureSpec, prepare
from aec.settings import read_settings
from aec.system.structs import to_json
from aec.ui.dataset.clip_counts import (
    channel_counts,
    duration_summary,
    emotion_counts,
    level_summary,
    rate_counts,
    sex_counts,
    shares,
    speaker_counts,
)
from aec.ui.dataset.clip_view import padding_sentence
from aec.ui.dataset.corpus_choice import scan_text
from aec.ui.dataset.problem_table import consequence, filter_problems, problem_table
from aec.ui.dataset.scan_cache import ScanCache, folders_digest
from aec.ui.envelope import envelope
from aec.ui.offered_corpora import folders_of, offered_corpora
from aec.ui.players import read_clip
from aec.ui.spectrogram import band_centres_hz, mel_spectrogram

CLIPS = pd.DataFrame(
    {
        "corpus": ["a", "a", "b"],
        "emotion": ["sad", "happy", "sad"],
        "speaker": ["a/10", "a/2", None],
        "sex": ["female", "female", None],
        "duration_s": [1.0, 2.0, 7.0],
        "sampling_rate": pd.array([16_000, 48_000, 16_000], dtype="Int64"),
        "channels": pd.array([1, 2, 6], dtype="Int64"),
        "peak_dbfs": [-6.0, -12.0, -np.inf],
    }
)
LABELS = ("happy", "sad", "angry")


def test_the_published_counts_add_up():
    assert sum(PUBLISHED_EMOTIONS.values()) == sum(PUBLISHED_CORPORA.values()) == PUBLISHED_CLIPS


def test_emotions_are_counted_by_corpus():
    counts = emotion_counts(CLIPS, LABELS)
    assert list(counts.index) == list(LABELS)
    assert counts.to_dict() == {"a": {"happy": 1, "sad": 1, "angry": 0}, "b": {"happy": 0, "sad": 1, "angry": 0}}


def test_speakers_come_in_the_order_of_their_numbers():
    speakers = speaker_counts(CLIPS, LABELS)
    assert list(speakers.index) == ["a/2", "a/10"]
    assert list(speakers.columns) == ["happy", "sad"]


def test_an_unknown_sex_comes_last():
    counts, speakers = sex_counts(CLIPS, LABELS)
    assert counts.sum(axis=1).to_dict() == {"female": 2, "unknown": 1}
    assert list(speakers.items()) == [("female", 2), ("unknown", 0)]


def test_durations_count_what_is_cut():
    durations = duration_summary(CLIPS, LABELS, 5.8)
    assert durations["name"].tolist() == ["happy", "sad"]
    assert durations["over_limit"].tolist() == [0, 1]


def test_silence_has_no_level():
    levels = level_summary(CLIPS, "emotion", LABELS).set_index("name")
    assert levels["clips"].to_dict() == {"happy": 1, "sad": 1}
    assert levels.loc["sad", "median"] == -6.0


def test_rates_and_channels_the_commonest_first():
    assert rate_counts(CLIPS)["title"].tolist() == ["16,000 Hz", "48,000 Hz"]
    assert set(channel_counts(CLIPS)["title"]) == {"Mono", "Stereo", "6 channels"}


def test_shares_are_of_everything_that_was_found():
    rows = shares({"sad": 1, "calm": 3}, {"sad": 1, "angry": 1}, {"sad": "Sad", "angry": "Angry"})
    assert rows["found_share"].tolist() == [0.25, 0.0]
    assert rows["published_share"].tolist() == [0.5, 0.5]


@pytest.mark.parametrize("kind", ["unreadable", "empty", "silent", "clipped", "duplicate", "label_conflict"])
def test_every_problem_has_a_consequence(kind):
    assert consequence(kind, usable=False, inside=True).startswith("Left out: no features")
    assert consequence(kind, usable=False, inside=False).startswith("Left out: its emotion")
    assert consequence(kind, usable=True, inside=True).startswith("Used")


def test_problems_are_found_by_kind_corpus_and_text(tmp_path, write_sound):
    write_sound("x/OAF_back_sad.wav")
    write_sound("x/OAF_Rain_sad.wav").write_bytes(b"broken")
    write_sound("x/DC_a01.wav").write_bytes(b"")
    found = scan([tmp_path / "x"])
    table = found.table.assign(name=found.table["path"], inside=True, usable=found.usable)
    problems = problem_table(table, found.problems)
    assert filter_problems(problems, [], [], "")["Problem"].tolist() == ["Empty", "Unreadable"]
    assert filter_problems(problems, ["Empty"], [], "")["Corpus"].tolist() == ["savee"]
    assert filter_problems(problems, [], ["tess"], " rain ")["Problem"].tolist() == ["Unreadable"]
    assert filter_problems(problems, ["Empty"], ["tess"], "").empty
    assert filter_problems(problems, [], [], "(").equals(problems[problems["Detail"].str.contains("(", regex=False)])


@pytest.mark.parametrize(
    ("frames", "said"),
    [
        (285, "The clip fills 285 of 500 frames; the other 215 are zero padding, marked in grey."),
        (500, "The clip fills all 500 frames."),
        (
            1000,
            "The clip has 1,000 frames and the model takes 500: the last 500 frames, 5.8 s or 50% of the clip, are "
            "cut off.",
        ),
    ],
)
def test_padding_and_cutting_in_words(frames, said):
    assert padding_sentence(frames, 500, FeatureSpec().hop_s) == said


def test_progress_in_words():
    assert scan_text(0, 0) == "Looking for clips."
    assert scan_text(1200, 12798).startswith("Reading each clip once: 1,200 of 12,798.")


def test_long_sounds_are_drawn_from_few_numbers(write_sound):
    sound, spec = decode(write_sound(seconds=90, rate=8_000)), FeatureSpec()
    decibels = mel_spectrogram(prepare(sound.waveform, sound.sampling_rate, spec), spec)
    assert decibels.shape[0] == 128
    assert decibels.shape[1] <= 1000
    assert (decibels.max(), decibels.min()) == (0, -80)
    assert len(envelope(sound.waveform, sound.sampling_rate)[0]) == 1000
    assert np.all(np.diff(band_centres_hz(spec)) > 0)


def test_an_envelope_keeps_every_peak():
    waveform = np.zeros(4321, dtype=np.float32)
    waveform[[7, 4320]] = 0.5, -0.25
    times, lowest, highest = envelope(waveform, 1000)
    assert (highest.max(), lowest.min()) == (0.5, -0.25)
    assert (times[0], len(times)) == (0, 1000)
    few, _, _ = envelope(waveform[:3], 1000)
    assert few.tolist() == pytest.approx([0, 0.001, 0.002])


def test_another_label_set_reads_nothing_again(tmp_path, write_sound, monkeypatch):
    write_sound("x/angry/1.wav")
    write_sound("x/calm/2.wav")
    write_sound("x/calm/3.wav").write_bytes(b"broken")
    everything = scan([tmp_path / "x"], labels="all")
    for labels in ("seven", "five", "all"):
        with monkeypatch.context() as blind:
            blind.setattr("aec.corpora.scanning.clips_of_sources", None)
            seen = everything.with_labels(labels)
        fresh = scan([tmp_path / "x"], labels=labels)
        assert seen.summary() == fresh.summary()
        assert seen.left_out == fresh.left_out
        assert seen.usable.tolist() == fresh.usable.tolist()
    with pytest.raises(CorpusError, match="no label set"):
        everything.with_labels("nine")


def test_peaks_are_kept_beside_the_table(tmp_path, write_sound):
    write_sound("x/sad/1.wav")
    write_sound("x/sad/2.wav").write_bytes(b"broken")
    found = scan([tmp_path / "x"])
    assert tuple(found.table.columns) == COLUMNS
    assert 0 < found.peaks[0] < 1
    assert math.isnan(found.peaks[1])
    assert scan([tmp_path / "x"]).peaks[0] == found.peaks[0]


def test_the_digest_changes_with_any_file(tmp_path, write_sound):
    path = write_sound("x/sad/1.wav")
    root = str(tmp_path / "x")
    before = folders_digest([root])
    assert folders_digest([root]) == before
    path.write_bytes(path.read_bytes() + b"0")
    changed = folders_digest([root])
    (tmp_path / "x" / "loop").symlink_to(tmp_path / "x")
    (tmp_path / "x" / "nowhere").symlink_to(tmp_path / "gone")
    linked = folders_digest([root])
    assert len({before, changed, linked, folders_digest([str(tmp_path / "gone")])}) == 4


def test_visitors_of_the_same_corpora_share_a_running_scan(tmp_path, write_sound, monkeypatch):
    write_sound("x/sad/1.wav")
    cache, key = ScanCache(), ((str(tmp_path / "x"),), "digest")
    begun, go_on, real, scans = threading.Event(), threading.Event(), scan, []

    def slow(*given, progress, **options):
        scans.append(given)
        progress(3, 9)
        begun.set()
        assert go_on.wait(20)
        return real(*given, **options)

    monkeypatch.setattr("aec.corpora.scan", slow)
    found: list[object] = []
    first = threading.Thread(target=lambda: found.append(cache.scan(key, lambda *_: None)))
    first.start()
    assert begun.wait(20)
    reported: list[tuple[int, int]] = []

    def wait_for_it(done, total):
        reported.append((done, total))
        go_on.set()

    assert cache.scan(key, wait_for_it).summary().clips == 1
    first.join(20)
    assert len(scans) == 1
    assert reported[0] == (3, 9)


def test_a_scan_whose_visitor_left_is_started_by_the_next_one(tmp_path, write_sound):
    write_sound("x/sad/1.wav")
    cache, key = ScanCache(), ((str(tmp_path / "x"),), "digest")

    class LeftError(Exception):
        pass

    def leave(_done, _total):
        raise LeftError

    with pytest.raises(LeftError):
        cache.scan(key, leave)
    assert cache.scan(key, lambda *_: None).summary().clips == 1


def test_corpora_are_found_below_a_root_or_are_one(tmp_path, write_sound, monkeypatch):
    for path in ("many/one/x/1.wav", "many/two/manifest.csv", "many/two/x/1.wav", "many/notes/readme.txt"):
        write_sound("any.wav").rename(_parent(tmp_path / path))
    for path in ("RAVDESS/Actor_01/1.wav", "RAVDESS/Actor_02/2.wav", "mine/angry/1.wav", "mine/happy/2.wav"):
        write_sound("any.wav").rename(_parent(tmp_path / path))
    for path in ("EmoDB/wav/1.wav", "flat/1.wav", "again/one/1.wav"):
        write_sound("any.wav").rename(_parent(tmp_path / path))
    roots = ("many", "RAVDESS", "mine", "EmoDB", "flat", "nowhere", "again", "many/one")
    monkeypatch.setenv("AEC_DATA", ":".join(str(tmp_path / root) for root in roots))
    offered = [name for name in offered_corpora(read_settings()) if not name.startswith("demo-")]
    assert offered == ["one", "two", "RAVDESS", "mine", "EmoDB", "flat", "again/one", "x"]


def _parent(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def test_what_is_not_offered_is_refused(tmp_path):
    with pytest.raises(CorpusError, match="'x' is not there"):
        folders_of(["x"], {"y": tmp_path})
    with pytest.raises(CorpusError, match="no corpus is chosen"):
        folders_of([], {"y": tmp_path})


def test_clips_are_read_below_the_allowed_folders_alone(tmp_path, write_sound, monkeypatch):
    inside, outside = write_sound("data/x/1.wav"), write_sound("elsewhere/2.wav")
    linked = tmp_path / "data" / "x" / "link.wav"
    linked.symlink_to(outside)
    monkeypatch.setenv("AEC_DATA", str(tmp_path / "data"))
    settings = read_settings()
    assert read_clip(str(inside), settings) == inside.read_bytes()
    assert read_clip(str(linked), settings) == outside.read_bytes()
    for path in (outside, tmp_path / "data" / ".." / "elsewhere" / "2.wav"):
        with pytest.raises(AecError, match="lies outside"):
            read_clip(str(path), settings)
    with pytest.raises(AecError, match="cannot be opened"):
        read_clip(str(tmp_path / "data" / "gone.wav"), settings)
    monkeypatch.setenv("AEC_MAX_MB", "0.001")
    with pytest.raises(AecError, match="larger than"):
        read_clip(str(inside), read_settings())
    monkeypatch.setenv("AEC_PUBLIC", "1")
    with pytest.raises(AecError, match="not a clip of the demo corpora"):
        read_clip(str(inside), read_settings())


def test_a_report_is_strict_json(tmp_path, write_sound):
    write_sound("x/sad/1.wav").write_bytes(b"broken")
    text = to_json(scan([tmp_path / "x"]).summary())
    assert json.loads(text)["duration_s"] == 0.0
