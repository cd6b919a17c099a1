"""Cache of measurements: files that are not read again, and damage that never breaks a scan."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from aec.audio import decode as real_decode
from aec.corpora import measurement_cache, scan
from aec.errors import UsageError

NAMES = [f"OAF_word{number}_sad.wav" for number in range(8)]


@pytest.fixture
def root(tmp_path, tree):
    return tree(tmp_path / "TESS", NAMES)


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "deep" / "clips.sqlite"


@pytest.fixture
def reads(monkeypatch):
    """Names of the files that were decoded."""
    names: list[str] = []

    def spy(path, **options):
        names.append(Path(path).name)
        return real_decode(path, **options)

    monkeypatch.setattr("aec.corpora.measurement.decode", spy)
    return names


def test_a_second_scan_reads_nothing(root, cache, reads):
    first = scan([root], cache=cache)
    assert sorted(reads) == sorted(NAMES)
    reads.clear()
    second = scan([root], cache=cache)
    assert reads == []
    assert second.table.equals(first.table)
    assert second.summary() == first.summary()


def test_failures_are_cached_too(root, cache, reads):
    (root / "OAF_bad_sad.wav").write_bytes(b"no sound" * 100)
    first = scan([root], cache=cache)
    reads.clear()
    assert scan([root], cache=cache).problems == first.problems
    assert reads == []


def test_the_cache_is_in_aec_home_by_default(root, reads, monkeypatch, tmp_path):
    monkeypatch.setenv("AEC_HOME", str(tmp_path / "elsewhere"))
    scan([root])
    assert (tmp_path / "elsewhere" / "clips.sqlite").exists()
    reads.clear()
    scan([root])
    assert reads == []


@pytest.mark.parametrize("change", ["content", "time", "replaced"])
def test_a_changed_file_is_read_again(root, cache, reads, clip, change):
    before = scan([root], cache=cache).table
    reads.clear()
    file = root / NAMES[3]
    status = file.stat()
    if change == "content":
        clip(file, seconds=0.5)
    elif change == "time":
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    else:
        # Same size, same time, another file.
        other = clip(root.parent / "other.wav")
        os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
        other.replace(file)
    after = scan([root], cache=cache).table
    assert reads == [NAMES[3]]
    differs = after["digest"] != before["digest"]
    assert differs.tolist() == [name == NAMES[3] and change != "time" for name in NAMES]


def test_a_new_file_is_read_and_the_rest_is_not(root, cache, reads, clip):
    scan([root], cache=cache)
    reads.clear()
    clip(root / "YAF_new_sad.wav")
    scan([root], cache=cache)
    assert reads == ["YAF_new_sad.wav"]


def test_one_entry_for_every_spelling_of_a_path(root, cache, reads, monkeypatch):
    scan([root], cache=cache)
    reads.clear()
    monkeypatch.chdir(root.parent)
    (root.parent / "link").symlink_to(root, target_is_directory=True)
    scan(["TESS"], cache=cache)
    scan(["link"], cache=cache)
    assert reads == []


def test_the_present_limits_count(root, cache, clip, monkeypatch):
    clip(root / "OAF_long_sad.wav", seconds=3)
    assert scan([root], cache=cache).problems == ()
    monkeypatch.setenv("AEC_MAX_SECONDS", "2")
    assert [problem.kind for problem in scan([root], cache=cache).problems] == ["unreadable"]
    monkeypatch.delenv("AEC_MAX_SECONDS")
    assert scan([root], cache=cache).problems == ()
    monkeypatch.setenv("AEC_MAX_MB", "0.01")
    assert [problem.kind for problem in scan([root], cache=cache).problems] == ["unreadable"]


def test_an_interrupted_scan_keeps_its_measurements(root, cache, reads):
    class StopError(Exception):
        pass

    def stop(done: int, total: int) -> None:
        if done == 3:
            raise StopError

    with pytest.raises(StopError):
        scan([root], cache=cache, progress=stop, jobs=1)
    reads.clear()
    scan([root], cache=cache)
    assert len(reads) <= len(NAMES) - 3


def test_batches_are_kept_before_the_end(root, cache, monkeypatch):
    monkeypatch.setattr("aec.corpora.measurement._BATCH_FILES", 2)
    seen = []

    def look(done: int, total: int) -> None:
        if cache.exists():
            with sqlite3.connect(cache) as connection:
                seen.append(connection.execute("SELECT count(*) FROM clips").fetchone()[0])
            connection.close()

    scan([root], cache=cache, progress=look, jobs=1)
    assert 2 in seen
    assert seen == sorted(seen)


def test_progress(root, cache):
    calls = []
    scan([root], cache=cache, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(done, len(NAMES)) for done in range(len(NAMES) + 1)]
    calls.clear()
    scan([root], cache=cache, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(len(NAMES), len(NAMES))]


@pytest.mark.parametrize("jobs", [1, 2, 7])
def test_the_number_of_threads_changes_nothing(root, tmp_path, jobs):
    tables = [scan([root], cache=tmp_path / f"{n}.sqlite", jobs=n).table for n in (1, jobs)]
    assert tables[0].equals(tables[1])


@pytest.mark.parametrize("jobs", [0, -1])
def test_no_threads(root, cache, jobs):
    with pytest.raises(UsageError):
        scan([root], cache=cache, jobs=jobs)


@pytest.mark.parametrize("content", [b"this is no database", b"SQLite format 3\0" + b"\xff" * 5000, b"\0" * 4096])
def test_a_damaged_cache_is_set_aside(root, cache, reads, content):
    cache.parent.mkdir()
    cache.write_bytes(content)
    done = scan([root], cache=cache)
    assert done.summary().usable == len(NAMES)
    assert len(done.notes) == 1
    assert "was damaged" in done.notes[0]
    assert cache.with_name("clips.sqlite.damaged").read_bytes() == content
    reads.clear()
    assert scan([root], cache=cache).notes == ()
    assert reads == []


def test_a_truncated_cache_is_started_anew(root, cache):
    scan([root], cache=cache)
    cache.write_bytes(cache.read_bytes()[:-3000])
    done = scan([root], cache=cache)
    assert done.summary().usable == len(NAMES)
    assert scan([root], cache=cache).notes == ()


@pytest.mark.parametrize("seed", range(12))
def test_flipped_bytes_never_break_a_scan(root, cache, seed):
    expected = scan([root], cache=cache).summary().clips
    rng = np.random.default_rng(seed)
    content = bytearray(cache.read_bytes())
    for _ in range(20):
        content[rng.integers(len(content))] = rng.integers(256)
    cache.write_bytes(content)
    done = scan([root], cache=cache)
    assert done.summary().clips == expected


def test_a_cache_of_an_older_version_is_emptied(root, cache, reads, monkeypatch):
    scan([root], cache=cache)
    reads.clear()
    monkeypatch.setattr(measurement_cache, "_MARK", (measurement_cache._MARK[0], 99))
    assert scan([root], cache=cache).notes == ()
    assert len(reads) == len(NAMES)


def test_another_programs_database_is_left_alone(root, cache):
    cache.parent.mkdir()
    connection = sqlite3.connect(cache)
    connection.execute("CREATE TABLE clips (path)")
    connection.execute("INSERT INTO clips VALUES ('mine')")
    connection.commit()
    connection.close()
    before = cache.read_bytes()
    done = scan([root], cache=cache)
    assert "another program" in done.notes[0]
    assert cache.read_bytes() == before


def test_a_scan_works_without_a_locked_cache(root, cache, monkeypatch):
    scan([root], cache=cache)
    monkeypatch.setattr(measurement_cache, "_WAIT_S", 0.01)
    holder = sqlite3.connect(cache, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        done = scan([root], cache=cache)
    finally:
        holder.close()
    assert done.summary().usable == len(NAMES)
    assert len(done.notes) == 1
    assert "locked" in done.notes[0]


def test_a_read_only_cache_is_still_read(root, cache, reads, clip, monkeypatch):
    scan([root], cache=cache)
    reads.clear()
    clip(root / "YAF_new_sad.wav")
    connect = sqlite3.connect
    monkeypatch.setattr(
        measurement_cache.sqlite3,
        "connect",
        lambda file, **options: connect(f"file:{file}?mode=ro", uri=True, **options),
    )
    done = scan([root], cache=cache)
    assert reads == ["YAF_new_sad.wav"]
    assert len(done.notes) == 1
    assert "readonly" in done.notes[0]


@pytest.mark.parametrize("place", ["a folder", "below a file"])
def test_a_scan_works_where_no_cache_can_be_made(root, tmp_path, place):
    cache = tmp_path / "place"
    if place == "a folder":
        cache.mkdir()
    else:
        cache.write_text("x")
        cache = cache / "clips.sqlite"
    done = scan([root], cache=cache)
    assert done.summary().usable == len(NAMES)
    assert len(done.notes) == 1
    assert "not cached" in done.notes[0]


def test_two_processes_at_once(root, cache, tmp_path):
    code = (
        "import sys; from pathlib import Path; from aec.corpora import scan\n"
        "done = scan([sys.argv[1]], cache=Path(sys.argv[2]), jobs=2)\n"
        "print(int(done.usable.sum()), *done.notes)"
    )
    command = [sys.executable, "-c", code, str(root), str(cache)]
    repository = Path(__file__).parents[2]
    running = [
        subprocess.Popen(command, cwd=repository, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    ends = [process.communicate(timeout=60) for process in running]
    assert [out.strip() for out, _ in ends] == [str(len(NAMES))] * 3, ends
    assert scan([root], cache=cache).notes == ()
