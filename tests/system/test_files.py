"""Atomic writes: whole or not at all; scratch files of processes that are gone."""

import os
import subprocess
import sys

import pytest

from aec.system.files import remove_orphans, replacing, write_atomically


def test_a_file_is_replaced_as_a_whole(tmp_path):
    path = tmp_path / "a.json"
    write_atomically(path, "old")
    write_atomically(path, b"new")
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.json"
    path.write_text("old")

    def fail():
        with replacing(path) as aside:
            aside.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")  # noqa: PTH110
def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "a.json"
    path.write_text("old")
    monkeypatch.setattr("aec.system.files.secrets.token_hex", lambda _: "x")
    (tmp_path / f".a.json.{os.getpid()}-x").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space"):
        write_atomically(path, "new" * 10_000)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_only_scratch_of_processes_that_are_gone_is_removed(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    for name in (f"scratch-{ended.pid}-a", f"scratch-{os.getpid()}-b", "scratch-word-c", f"other-{ended.pid}-d"):
        (tmp_path / name).mkdir()
        (tmp_path / f"{name}.f32").write_bytes(b"")
    remove_orphans(tmp_path, "scratch")
    left = {path.name for path in tmp_path.iterdir()}
    assert not any(name.startswith(f"scratch-{ended.pid}") for name in left)
    assert len(left) == 6
