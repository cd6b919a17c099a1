"""Plain WAV files read by ourselves: the same samples as libsndfile's, and nothing that it would refuse."""

import io
import struct

import numpy as np
import pytest
import soundfile
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aec.audio import Limits, decode
from aec.audio.block_reader import UnknownFormatError
from aec.audio.soundfile_reader import SoundfileReader
from aec.audio.wave_reader import WaveReader
from aec.errors import AudioDecodeError

RNG = np.random.default_rng(0)


def wav(samples: np.ndarray, rate: int = 16_000, form: str = "WAV", subtype: str = "PCM_16") -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format=form, subtype=subtype)
    return buffer.getvalue()


def samples_of(reader: WaveReader | SoundfileReader) -> np.ndarray:
    with reader:
        return np.concatenate([np.empty((0, reader.channels), np.float32), *reader.blocks()])


PLAIN = wav(RNG.integers(-32768, 32767, (4_000, 1)).astype(np.int16))


@pytest.mark.parametrize("channels", [1, 2, 5, 8])
@pytest.mark.parametrize("form", ["WAV", "WAVEX"])
def test_the_same_samples_and_facts_as_libsndfile(channels, form, monkeypatch):
    monkeypatch.setattr("aec.audio.wave_reader._BLOCK_VALUES", 1000)
    content = wav(RNG.integers(-32768, 32767, (5_001, channels)).astype(np.int16), 44_100, form)
    ours, theirs = WaveReader(io.BytesIO(content)), SoundfileReader(io.BytesIO(content))
    for name in ("sampling_rate", "channels", "announced", "encoding", "full_scale"):
        assert getattr(ours, name) == getattr(theirs, name), name
    assert np.array_equal(samples_of(ours), samples_of(theirs))


def test_chunks_in_front_of_the_samples_are_passed_over():
    extra = b"LIST" + struct.pack("<I", 5) + b"hello\0"
    content = PLAIN[:36] + extra + PLAIN[36:]
    assert np.array_equal(samples_of(WaveReader(io.BytesIO(content))), samples_of(WaveReader(io.BytesIO(PLAIN))))


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_24", "PCM_32", "FLOAT", "ULAW"])
def test_other_encodings_are_left_to_libsndfile(subtype):
    with pytest.raises(UnknownFormatError):
        WaveReader(io.BytesIO(wav(np.zeros(100), subtype=subtype)))


@pytest.mark.parametrize("length", [0, 0x7FFFFFFF, 0xFFFFFFFF, 0xFFFFF000])
def test_a_header_that_does_not_know_its_length_is_left_to_libsndfile(length):
    content = PLAIN[:40] + struct.pack("<I", length) + PLAIN[44:]
    with pytest.raises(UnknownFormatError):
        WaveReader(io.BytesIO(content))


def test_a_file_that_shrinks_while_it_is_read_is_called_damaged(tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(PLAIN)
    with WaveReader(path) as reader:
        path.write_bytes(PLAIN[:1000])
        with pytest.raises(UnknownFormatError, match="shorter"):
            list(reader.blocks())


class Failing(io.BytesIO):
    """A disk with short reads, and then an error."""

    def __init__(self, content: bytes, fails: bool) -> None:
        super().__init__(content)
        self.fails = fails

    def readinto(self, room) -> int:
        if self.fails:
            raise OSError(5, "Input/output error")
        return super().readinto(memoryview(room)[:100])


def test_short_reads_are_continued_and_a_bad_disk_is_a_damaged_file():
    assert np.array_equal(samples_of(WaveReader(Failing(PLAIN, False))), samples_of(WaveReader(io.BytesIO(PLAIN))))
    with pytest.raises(UnknownFormatError, match="Input/output error"):
        samples_of(WaveReader(Failing(PLAIN, True)))


def test_a_cut_file_says_what_its_header_announced(tmp_path):
    path = tmp_path / "cut.wav"
    path.write_bytes(PLAIN[:4000])
    with pytest.raises(AudioDecodeError, match=r"announces 0\.25 s, 0\.12 s are there"):
        decode(path)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 255)), max_size=4), st.integers(30, len(PLAIN)))
@example(flips=[(22, 2)], cut=len(PLAIN))
def test_whatever_is_accepted_is_what_libsndfile_reads(flips, cut):
    content = bytearray(PLAIN[:cut])
    for place, value in flips:
        content[min(place, cut - 1)] = value
    try:
        ours = samples_of(WaveReader(io.BytesIO(bytes(content))))
    except UnknownFormatError:
        return
    try:
        theirs = samples_of(SoundfileReader(io.BytesIO(bytes(content))))
    except UnknownFormatError:
        # libsndfile is stricter with rates and channels that decoding refuses anyway.
        with pytest.raises(AudioDecodeError):
            decode(bytes(content), limits=Limits(60, 5))
        return
    assert np.array_equal(ours, theirs)
