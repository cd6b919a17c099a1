"""Shared SQLite files: new, damaged, not to be written."""

import os
import sqlite3

import pytest

from aec.system.sqlite import SqliteFile

SCHEMA = "CREATE TABLE IF NOT EXISTS things (name TEXT)"


def add(name):
    return lambda db: db.execute("INSERT INTO things VALUES (?)", [name])


def names(db):
    return [name for (name,) in db.execute("SELECT name FROM things ORDER BY name")]


def test_a_new_file_is_filled_once(tmp_path):
    file = SqliteFile(tmp_path / "folder" / "a.sqlite", SCHEMA, timeout_s=1, fill=add("first"))
    file.run(add("second"))
    assert file.run(names) == ["first", "second"]


def test_a_damaged_file_is_kept_aside_and_filled_anew(tmp_path, caplog):
    junk = b"no database at all, but long enough to be read as one " * 40
    path = tmp_path / "a.sqlite"
    path.write_bytes(junk)
    file = SqliteFile(path, SCHEMA, timeout_s=1, fill=add("first"))
    assert file.run(names) == ["first"]
    assert path.with_name("a.sqlite.damaged").read_bytes() == junk
    assert "damaged" in caplog.text


def test_a_failed_action_changes_nothing(tmp_path):
    file = SqliteFile(tmp_path / "a.sqlite", SCHEMA, timeout_s=1)

    def fail(db):
        add("half")(db)
        raise KeyError

    with pytest.raises(KeyError):
        file.run(fail)
    assert file.run(names) == []


def test_a_wrong_call_is_no_damage(tmp_path):
    file = SqliteFile(tmp_path / "a.sqlite", SCHEMA, timeout_s=1)
    file.run(add("kept"))
    with pytest.raises(sqlite3.OperationalError):
        file.run(lambda db: db.execute("INSERT INTO things VALUES (?)", ["one", "two"]))
    assert file.run(names) == ["kept"]
    assert not (tmp_path / "a.sqlite.damaged").exists()


def test_a_locked_file_is_no_damage(tmp_path):
    path = tmp_path / "a.sqlite"
    file = SqliteFile(path, SCHEMA, timeout_s=0.05)
    file.run(add("kept"))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        file.run(add("late"))
    other.execute("ROLLBACK")
    other.close()
    assert file.run(names) == ["kept"]
    assert not path.with_name("a.sqlite.damaged").exists()


@pytest.mark.skipif(os.name != "posix", reason="a file in the place of a folder")
def test_a_folder_that_cannot_be_made_is_an_operational_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(sqlite3.OperationalError):
        SqliteFile(tmp_path / "file" / "a.sqlite", SCHEMA, timeout_s=1).run(names)


def test_marked_files_of_other_versions_are_emptied_and_those_of_others_refused(tmp_path):
    path, schema = tmp_path / "a.sqlite", SCHEMA.replace(" IF NOT EXISTS", "")
    SqliteFile(path, schema, timeout_s=1, mark=(7, 1)).run(add("old"))
    assert SqliteFile(path, schema, timeout_s=1, mark=(7, 1)).run(names) == ["old"]
    assert SqliteFile(path, schema, timeout_s=1, mark=(7, 2)).run(names) == []
    before = path.read_bytes()
    with pytest.raises(sqlite3.OperationalError, match="another program"):
        SqliteFile(path, schema, timeout_s=1, mark=(8, 2)).run(names)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "spoil", ["ALTER TABLE things RENAME TO other", "UPDATE things SET name = CAST(x'ff' AS TEXT)"]
)
def test_content_that_does_not_fit_is_damage(tmp_path, spoil):
    damage = []
    path, schema = tmp_path / "a.sqlite", SCHEMA.replace(" IF NOT EXISTS", "")
    file = SqliteFile(path, schema, timeout_s=1, mark=(7, 1), on_damage=damage.append)
    file.run(add("old"))
    file.run(lambda db: db.execute(spoil))
    assert file.run(names) == []
    assert len(damage) == 1
    assert path.with_name("a.sqlite.damaged").exists()
