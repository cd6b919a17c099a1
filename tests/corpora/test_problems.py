"""Every kind of problem, and what it does to a scan."""

import json
import os

import numpy as np
import pytest
import soundfile

from aec.corpora import COLUMNS, list_clips, scan
from aec.corpora.problems import KINDS
from aec.system.structs import to_json

RATE = 16_000


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "TESS"
    folder.mkdir()
    return folder


def write(root, name, samples, rate=RATE, **options):
    soundfile.write(root / f"{name}.wav", np.asarray(samples, dtype=np.float32), rate, **options)


def noise(seconds=0.3, peak=0.5, seed=0):
    return np.random.default_rng(seed).uniform(-peak, peak, round(seconds * RATE))


def found(root, **options):
    done = scan([root], labels="all", **options)
    return done, [(problem.kind, problem.detail) for problem in done.problems]


def test_a_good_clip(root):
    write(root, "OAF_a_sad", np.stack([noise(), noise(seed=1)], axis=1), 44_100)
    done, problems = found(root)
    assert problems == []
    row = done.table.iloc[0]
    assert (row["sampling_rate"], row["channels"]) == (44_100, 2)
    assert row["duration_s"] == pytest.approx(4_800 / 44_100)
    assert len(row["digest"]) == 32
    assert done.usable.tolist() == [True]


@pytest.mark.parametrize(
    ("content", "detail"),
    [(b"RIFF and nothing", "not audio"), (b"\x89PNG\r\n" * 50, "not audio")],
)
def test_unreadable(root, content, detail):
    (root / "OAF_a_sad.wav").write_bytes(content)
    done, problems = found(root)
    assert [kind for kind, _ in problems] == ["unreadable"]
    assert detail in problems[0][1]
    assert done.table[["duration_s", "sampling_rate", "channels", "digest"]].isna().all(axis=None)
    assert done.usable.tolist() == [False]


def test_truncated_and_non_finite_are_unreadable(root):
    write(root, "OAF_cut_sad", noise(2))
    file = root / "OAF_cut_sad.wav"
    file.write_bytes(file.read_bytes()[:20_000])
    bad = noise()
    bad[7] = np.nan
    write(root, "OAF_nan_sad", bad, subtype="FLOAT")
    assert [kind for kind, _ in found(root)[1]] == ["unreadable", "unreadable"]


def test_empty_and_too_short_are_empty(root):
    (root / "OAF_bytes_sad.wav").write_bytes(b"")
    write(root, "OAF_frames_sad", [])
    write(root, "OAF_short_sad", noise(0.05))
    done, problems = found(root)
    assert [kind for kind, _ in problems] == ["empty"] * 3
    assert "0.050 s" in problems[2][1]
    assert not done.usable.any()


def test_a_dangling_link_and_a_pipe_are_unreadable(root):
    write(root, "OAF_a_sad", noise())
    (root / "OAF_b_sad.wav").symlink_to("gone.wav")
    os.mkfifo(root / "OAF_c_sad.wav")
    done, problems = found(root)
    assert [kind for kind, _ in problems] == ["unreadable"] * 2
    assert done.usable.tolist() == [True, False, False]


def test_silence_of_three_kinds(root):
    write(root, "OAF_zero_sad", np.zeros(RATE))
    write(root, "OAF_faint_sad", noise(peak=5e-5), subtype="FLOAT")
    both = noise()
    write(root, "OAF_cancelling_sad", np.stack([both, -both], axis=1), subtype="FLOAT")
    write(root, "OAF_soft_sad", noise(peak=2e-4), subtype="FLOAT")
    done, problems = found(root)
    assert problems == [
        ("silent", "every sample is zero"),
        ("silent", "its peak is -86 dBFS, below -80"),
        ("silent", "every sample is zero"),
    ]
    # What is faint can be amplified; what is zero cannot.
    names = ["cancelling", "faint", "soft", "zero"]
    assert dict(zip(names, done.usable.tolist(), strict=True)) == {
        "cancelling": False,
        "faint": True,
        "soft": True,
        "zero": False,
    }
    assert done.table["duration_s"].notna().all()


def test_clipped(root):
    loud = noise(peak=0.9)
    loud[100:104] = 1
    loud[300:303] = -1
    write(root, "OAF_twice_sad", loud)
    loud = noise(peak=0.9, seed=1)
    loud[100:104] = 1
    write(root, "OAF_once_sad", loud)
    peak = noise(peak=0.9, seed=2)
    peak[100:102] = 1
    write(root, "OAF_peak_sad", peak)
    done, problems = found(root)
    assert problems == [
        ("clipped", "cut off at full scale in 1 place"),
        ("clipped", "cut off at full scale in 2 places"),
    ]
    assert done.usable.all()


def test_duplicates_name_the_first(root):
    for name in ("OAF_b_sad", "OAF_a_sad", "OAF_c_sad"):
        write(root, name, noise())
    soundfile.write(root / "OAF_d_sad.flac", soundfile.read(root / "OAF_a_sad.wav", dtype="int16")[0], RATE)
    write(root, "OAF_e_sad", noise(seed=1))
    done, problems = found(root)
    assert problems == [("duplicate", f"the same sound as {root / 'OAF_a_sad.wav'}")] * 3
    assert done.table["problem"].isna().tolist() == [True, False, False, False, True]
    assert done.usable.all()


def test_several_problems_of_one_clip(root):
    (root / "happy").mkdir()
    for name in ("happy/OAF_a_sad", "happy/OAF_b_sad"):
        write(root, name, np.zeros(RATE))
    done, problems = found(root)
    assert [kind for kind, _ in problems] == ["silent", "label_conflict", "silent", "duplicate", "label_conflict"]
    assert done.table["problem"].tolist() == ["silent,label_conflict", "silent,duplicate,label_conflict"]
    assert {"silent", "duplicate", "label_conflict"} <= set(KINDS)


def test_a_listing_decodes_nothing(root, monkeypatch):
    (root / "OAF_a_sad.wav").write_bytes(b"")

    def refuse(*_args, **_options):
        raise AssertionError

    monkeypatch.setattr("aec.corpora.measurement.decode", refuse)
    listing = list_clips([root])
    assert tuple(listing.table.columns) == COLUMNS
    assert listing.table[["duration_s", "sampling_rate", "channels", "digest", "problem"]].isna().all(axis=None)
    assert listing.problems == ()


def test_the_table_has_one_type_per_column(root):
    write(root, "OAF_a_sad", noise())
    (root / "OAF_b_sad.wav").write_bytes(b"")
    for table in (list_clips([root]).table, scan([root]).table):
        types = {name: str(kind) for name, kind in table.dtypes.items()}
        assert types == dict.fromkeys(COLUMNS, "str") | {
            "duration_s": "float64",
            "sampling_rate": "Int64",
            "channels": "Int64",
        }
        assert table.index.tolist() == [0, 1]


def test_label_sets_leave_out_and_count(tmp_path, tree):
    root = tree(
        tmp_path / "x",
        [
            *(f"03-01-0{code}-01-01-01-01.wav" for code in range(1, 9)),
            "03a01La.wav",
            "Ses01F_impro01_M000.wav",
        ],
    )
    usable = {}
    for labels in ("seven", "five", "all"):
        done = scan([root], labels=labels)
        usable[labels] = sorted(done.usable_table["emotion"])
        assert len(done.table) == 10
        assert sum(done.left_out.values()) + len(done.usable_table) == 10
        assert done.usable_table.index.tolist() == list(range(len(done.usable_table)))
    assert usable["seven"] == ["angry", "disgusted", "fearful", "happy", "neutral", "sad", "surprised"]
    assert usable["five"] == ["angry", "happy", "neutral", "sad"]
    assert len(usable["all"]) == 9
    assert scan([root], labels="seven").left_out == {"calm": 1, "bored": 1, "unlabelled": 1}


def test_summary_counts_all_and_is_strict_json(tmp_path, tree):
    root = tree(
        tmp_path / "x",
        [
            "03-01-02-01-01-01-01.wav",
            "03-01-05-01-01-01-02.wav",
            "OAF_a_sad.wav",
            "Angry/own.wav",
            "contempt/own2.wav",
        ],
    )
    (root / "OAF_b_sad.wav").write_bytes(b"")
    summary = json.loads(to_json(scan([root]).summary()))
    assert summary == {
        "clips": 6,
        "usable": 3,
        "corpora": {"ravdess": 2, "tess": 2, "x": 2},
        "emotions": {"angry": 2, "sad": 2, "calm": 1},
        "speakers": 3,
        "duration_s": 0.6,
        "problems": [
            {"path": str(root / "OAF_b_sad.wav"), "kind": "empty", "detail": summary["problems"][0]["detail"]}
        ],
    }
    assert list(summary["emotions"]) == ["angry", "sad", "calm"]


def test_summary_of_nothing_readable(root):
    (root / "OAF_a_sad.wav").write_bytes(b"")
    summary = scan([root]).summary()
    assert (summary.clips, summary.usable, summary.duration_s) == (1, 0, 0.0)
    json.loads(to_json(summary))
