"""Features on disk: rows by offset, and a store that detects damage and is shared."""

import contextlib
import sqlite3
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from aec.errors import StoreError
from aec.features import FeatureSpec
from aec.features.feature_file import FeatureFile
from aec.features.feature_store import FeatureStore, feature_key


def matrix(seed: int, frames: int = 7) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(frames, 3)).astype(np.float32)


def key(number: int) -> bytes:
    return feature_key(str(number), FeatureSpec(), "fused", 1)


def test_rows_are_read_in_the_given_order(tmp_path):
    with FeatureFile.create(tmp_path, 4, 7, 3) as file:
        file.write(2, matrix(2))
        file.write(0, matrix(0, 5))
        rows = file.read(np.array([2, 0, 1]))
        np.testing.assert_array_equal(rows[0], matrix(2))
        np.testing.assert_array_equal(rows[1][:5], matrix(0, 5))
        assert not rows[1][5:].any()
        assert not rows[2].any()
        np.testing.assert_array_equal(file.select(np.array([1, 2])).read(np.array([1]))[0], matrix(2))
        selected = file.select(np.array([1, 2, 0])).select(np.array([2, 1]))
        np.testing.assert_array_equal(selected.read(np.array([0, 1])), rows[[1, 0]])
    assert not list(tmp_path.iterdir())


def test_files_of_killed_processes_are_removed(tmp_path):
    (tmp_path / "features-4194305-abc.f32").touch()
    mine = FeatureFile.create(tmp_path, 1, 1, 1)
    with FeatureFile.create(tmp_path, 1, 1, 1) as other:
        assert {path.name for path in tmp_path.iterdir()} == {mine.path.name, other.path.name}


def test_a_matrix_that_does_not_fit_is_refused(tmp_path):
    with FeatureFile.create(tmp_path, 1, 7, 3) as file, pytest.raises(ValueError, match="shape"):
        file.write(0, matrix(0, 8))


def test_a_truncated_file_is_noticed(tmp_path):
    with FeatureFile.create(tmp_path, 2, 7, 3) as file:
        file.path.write_bytes(file.path.read_bytes()[:-1])
        with pytest.raises(StoreError, match="shorter"):
            file.read(np.array([1]))


@pytest.mark.skipif(sys.platform == "win32", reason="limits the size of files by the system's own means")
def test_a_partly_written_row_is_an_error(tmp_path):
    import resource

    file = FeatureFile.create(tmp_path, 2, 7, 3)  # rows of 84 bytes
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (124, before[1]))
    try:
        with pytest.raises(StoreError, match="cannot be written"):
            file.write(1, matrix(1))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_an_error_of_the_rows_is_not_one_of_the_disk(tmp_path):
    def rows():
        yield 0, matrix(0)
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        FeatureFile.create(tmp_path, 2, 7, 3).write_all(rows())


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "taken").touch()
    with pytest.raises(StoreError, match="AEC_HOME"):
        FeatureFile.create(tmp_path / "taken", 1, 1, 1)


def test_stored_matrices_are_read_back(tmp_path):
    store = FeatureStore(tmp_path / "f.sqlite")
    assert dict(store.read([key(1)])) == {}
    store.write((key(i), matrix(i)) for i in range(1200))
    found = dict(store.read([key(i) for i in range(1201)]))
    assert len(found) == 1200
    np.testing.assert_array_equal(found[key(7)], matrix(7))


def test_keys_differ_by_all_that_changes_the_numbers():
    keys = {
        feature_key("a", FeatureSpec(), "fused", 1),
        feature_key("b", FeatureSpec(), "fused", 1),
        feature_key("a", FeatureSpec(n_mfcc=12), "fused", 1),
        feature_key("a", FeatureSpec(), "librosa", 1),
        feature_key("a", FeatureSpec(), "fused", 2),
    }
    assert len(keys) == 5


def test_a_flipped_bit_counts_as_missing(tmp_path, caplog):
    store = FeatureStore(tmp_path / "f.sqlite")
    store.write([(key(1), matrix(1)), (key(2), matrix(2))])
    with sqlite3.connect(store.path) as db:
        blob = bytearray(db.execute("SELECT matrix FROM features WHERE key = ?", [key(1)]).fetchone()[0])
        blob[5] ^= 1
        db.execute("UPDATE features SET matrix = ? WHERE key = ?", [bytes(blob), key(1)])
    db.close()
    assert list(dict(store.read([key(1), key(2)]))) == [key(2)]
    assert "damaged" in caplog.text


@pytest.mark.parametrize("junk", [b"no database at all" * 500, b"SQLite format 3\0" + b"\xff" * 9000])
def test_a_file_that_is_no_database_is_set_aside(tmp_path, junk, caplog):
    path = tmp_path / "f.sqlite"
    path.write_bytes(junk)
    store = FeatureStore(path)
    assert list(store.read([key(1)])) == []
    assert "begun anew" in caplog.text
    store.write([(key(1), matrix(1))])
    assert len(dict(store.read([key(1)]))) == 1
    assert path.with_name("f.sqlite.damaged").read_bytes() == junk


def test_the_oldest_go_first_when_it_is_full(tmp_path):
    store = FeatureStore(tmp_path / "f.sqlite", max_mb=10 * 7 * 3 * 4 / 1e6)
    for number in range(10):
        store.write([(key(number), matrix(number))])
    store.touch([key(0)])
    store.write([(key(10), matrix(10))])
    left = dict(store.read([key(number) for number in range(11)]))
    assert key(1) not in left
    assert {key(0), key(2), key(10)} <= set(left)
    with contextlib.closing(sqlite3.connect(store.path)) as db:
        assert db.execute("SELECT SUM(size) FROM features").fetchone()[0] <= 10 * 7 * 3 * 4


def test_a_store_in_a_place_that_cannot_be_written_only_warns(tmp_path, caplog):
    (tmp_path / "file").touch()
    store = FeatureStore(tmp_path / "file" / "f.sqlite")
    store.write([(key(1), matrix(1))])
    assert "cannot be used" in caplog.text


def write_many(path: Path, start: int) -> int:
    store = FeatureStore(path)
    for number in range(start, start + 40):
        store.write([(key(number), matrix(number))])
    return start


def test_two_processes_write_at_once(tmp_path):
    path = tmp_path / "f.sqlite"
    with ProcessPoolExecutor(2) as pool:
        list(pool.map(write_many, [path, path], [0, 20]))
    found = dict(FeatureStore(path).read([key(number) for number in range(60)]))
    assert len(found) == 60
    for number in range(60):
        np.testing.assert_array_equal(found[key(number)], matrix(number))
