"""Clips in files, folders and archives; oversized archives are refused unread."""

import io
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aec.audio import Limits
from aec.errors import AudioDecodeError
from aec.prediction import archives
from aec.prediction.archives import find_clips


def test_a_folder_gives_its_audio_files_in_order(write_sound, tmp_path):
    for name in ("f/b.wav", "f/a.WAV", "f/sub/c.flac", "f/.hidden.wav"):
        write_sound(name)
    (tmp_path / "f" / "notes.txt").write_text("no sound")
    names = [clip.source.name for clip in find_clips([str(tmp_path / "f")])]
    assert names == ["a.WAV", "b.wav", "c.flac"]


def test_a_folder_without_audio_says_so(tmp_path):
    (clip,) = find_clips([str(tmp_path)])
    assert "holds no audio file" in str(clip.source)


def packed() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("ä/1.wav", b"RIFF" + bytes(range(200)))
        out.writestr("2.mp3", b"sound" * 30)
    return buffer.getvalue()


PACKED = packed()


def pack(path, entries) -> str:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content in entries:
            out.writestr(name, content)
    return str(path)


def test_an_archive_gives_its_clips_without_unpacking(write_sound, tmp_path):
    content = write_sound().read_bytes()
    name = pack(
        tmp_path / "a.zip",
        [("x/1.wav", content), ("../../escape.wav", content), ("notes.txt", "no"), ("__MACOSX/._1.wav", b"x")],
    )
    clips = list(find_clips([name]))
    assert [clip.name for clip in clips] == [f"{name}/x/1.wav", f"{name}/../../escape.wav"]
    assert all(clip.source == content for clip in clips)
    assert not (tmp_path.parent.parent / "escape.wav").exists()


def only_error(name: str) -> AudioDecodeError:
    (clip,) = find_clips([name])
    assert isinstance(clip.source, AudioDecodeError)
    return clip.source


def test_an_archive_that_is_none_or_is_damaged(write_sound, tmp_path):
    path = tmp_path / "a.zip"
    path.write_bytes(b"no archive")
    assert "not a readable ZIP" in str(only_error(str(path)))
    name = pack(tmp_path / "b.zip", [("1.wav", write_sound().read_bytes())])
    content = bytearray((tmp_path / "b.zip").read_bytes())
    content[60:90] = b"\0" * 30
    (tmp_path / "b.zip").write_bytes(content)
    assert "cannot be unpacked" in str(only_error(name))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=12))
def test_no_damage_to_an_archive_escapes(tmp_path, flips):
    content = bytearray(PACKED)
    for place, value in flips:
        content[min(int(place * len(content)), len(content) - 1)] = value
    path = tmp_path / "z.zip"
    path.write_bytes(content)
    for clip in find_clips([str(path)]):
        assert isinstance(clip.source, bytes | AudioDecodeError)


def test_odd_names(tmp_path):
    (empty,) = find_clips([""])
    assert "name is empty" in str(empty.source)
    long = "x" * 5000 + ".wav"
    (clip,) = find_clips([long])
    assert clip.name == long


def test_an_archive_without_audio(tmp_path):
    assert "holds no audio" in str(only_error(pack(tmp_path / "a.zip", [("a.txt", "x")])))


def test_a_bomb_is_refused_unread(tmp_path, monkeypatch):
    name = pack(tmp_path / "bomb.zip", [("zeros.wav", b"\0" * 30_000_000)])
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_, **__: pytest.fail("must not be read"))
    assert "fold" in str(only_error(name))


def test_too_many_entries_and_too_large_a_sum(write_sound, tmp_path, monkeypatch):
    content = write_sound().read_bytes()
    name = pack(tmp_path / "a.zip", [(f"{i}.wav", content) for i in range(4)])
    monkeypatch.setattr(archives, "MAX_ENTRIES", 3)
    assert "4 clips" in str(only_error(name))
    monkeypatch.setattr(archives, "MAX_ENTRIES", 10)
    monkeypatch.setattr(archives, "MAX_TOTAL_MB", 0.01)
    assert "MB when unpacked" in str(only_error(name))


def test_an_entry_is_never_read_beyond_the_limit(write_sound, tmp_path):
    name = pack(tmp_path / "a.zip", [("1.wav", write_sound(seconds=4).read_bytes())])
    (clip,) = archives.clips_in_archive(tmp_path / "a.zip", name, Limits(900, 0.02), most_clips=9, most_mb=9)
    assert len(clip.source) == 20_001
