"""Decoding of sound: accepted formats, refusals with their reasons, levels."""

import io
import struct
import subprocess
import sys
import wave

import av
import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from aec.audio import Limits, decode, inspect, resample
from aec.audio.levels import LevelMeter
from aec.errors import AudioDecodeError

RATES = (8_000, 11_025, 16_000, 22_050, 24_414, 44_100, 48_000, 96_000)


def pyav_bytes(samples: np.ndarray, rate: int, container: str, codec: str) -> bytes:
    """Encode mono samples [shape=(n,)] with FFmpeg's libraries."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as out:
        stream = out.add_stream(codec, rate=rate, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples.astype(np.float32)[None, :], format="fltp", layout="mono")
        frame.sample_rate = rate
        for part in (frame, None):
            for packet in stream.encode(part):
                out.mux(packet)
    return buffer.getvalue()


def wav_bytes(samples: np.ndarray, rate: int = 16_000, subtype: str = "PCM_16", form: str = "WAV") -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, subtype=subtype, format=form)
    return buffer.getvalue()


@pytest.mark.parametrize("rate", RATES)
def test_every_accepted_rate(make_sound, rate):
    sound = decode(wav_bytes(make_sound(0.5, rate), rate))
    assert sound.sampling_rate == rate
    assert sound.waveform.dtype == np.float32
    assert sound.waveform.shape == (round(0.5 * rate),)


@pytest.mark.parametrize(
    ("form", "subtype"),
    [("WAV", s) for s in ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW")]
    + [("FLAC", "PCM_S8"), ("FLAC", "PCM_16"), ("FLAC", "PCM_24"), ("AIFF", "PCM_16")]
    + [("OGG", "VORBIS"), ("OGG", "OPUS"), ("MP3", "MPEG_LAYER_III")],
)
def test_every_container_and_depth_of_soundfile(make_sound, form, subtype):
    wanted = make_sound(1.0, 16_000)
    sound = decode(wav_bytes(wanted, 16_000, subtype, form))
    assert sound.facts.decoder == ("wave" if (form, subtype) == ("WAV", "PCM_16") else "soundfile")
    assert sound.facts.duration_s == pytest.approx(1.0, abs=0.15)
    n = min(len(wanted), sound.waveform.size)
    loudness = np.sqrt(np.mean(sound.waveform[:n] ** 2)) / np.sqrt(np.mean(wanted[:n] ** 2))
    assert loudness == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize(
    ("container", "codec", "rate"),
    [("ipod", "aac", 44_100), ("mp4", "aac", 16_000), ("adts", "aac", 22_050), ("webm", "libopus", 48_000)],
)
def test_what_phones_and_browsers_record(make_sound, container, codec, rate):
    sound = decode(pyav_bytes(make_sound(1.0, rate)[:, 0], rate, container, codec))
    assert sound.facts.decoder == "pyav"
    assert sound.sampling_rate == rate
    assert sound.facts.duration_s == pytest.approx(1.0, abs=0.15)
    assert np.abs(sound.waveform).max() > 0.05


@pytest.mark.parametrize("channels", range(1, 9))
def test_channels_are_averaged(channels):
    rng = np.random.default_rng(channels)
    samples = rng.uniform(-0.5, 0.5, (4_000, channels)).astype(np.float32)
    sound = decode(wav_bytes(samples, subtype="FLOAT"))
    assert sound.facts.channels == channels
    np.testing.assert_allclose(sound.waveform, samples.mean(axis=1), atol=1e-6)


def test_bytes_and_path_give_the_same(write_sound):
    path = write_sound("ä ö 語 – very odd name (1).wav")
    np.testing.assert_array_equal(decode(path).waveform, decode(path.read_bytes()).waveform)


def test_a_name_of_255_bytes(write_sound):
    assert decode(write_sound("n" * 251 + ".wav")).facts.duration_s == 1.0


def test_a_wrong_extension_does_not_matter(make_sound, tmp_path):
    path = tmp_path / "really-aiff.wav"
    path.write_bytes(wav_bytes(make_sound(), form="AIFF"))
    assert decode(path).facts.container == "AIFF"


def ten_minutes(make_sound, rate: int) -> np.ndarray:
    return np.tile(make_sound(10.0, rate)[:, 0], 60)


def test_ten_minutes_of_speech_as_mp3(make_sound):
    content = wav_bytes(ten_minutes(make_sound, 16_000), 16_000, "MPEG_LAYER_III", "MP3")
    assert decode(content).facts.duration_s == pytest.approx(600, abs=0.5)


def test_ten_minutes_of_speech_as_m4a(make_sound):
    content = pyav_bytes(ten_minutes(make_sound, 16_000), 16_000, "ipod", "aac")
    assert decode(content).facts.duration_s == pytest.approx(600, abs=0.5)


def refused(source, kind: str, **options) -> AudioDecodeError:
    with pytest.raises(AudioDecodeError) as caught:
        decode(source, **options)
    error = caught.value
    assert error.kind == kind
    assert error.got
    assert "\n" not in str(error)
    return error


def test_zero_bytes(tmp_path):
    path = tmp_path / "none.wav"
    path.touch()
    assert "none.wav is empty (0 bytes)" in str(refused(path, "empty"))
    refused(b"", "empty")


def test_a_header_without_sound():
    refused(wav_bytes(np.zeros((0, 1))), "empty")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("form", ["WAV", "AIFF", "FLAC"])
def test_a_file_that_is_cut_off(make_sound, form, share):
    content = wav_bytes(make_sound(2.0), form=form)
    error = refused(content[: int(len(content) * share)], "truncated")
    assert error.remedy


@pytest.mark.parametrize("length", [1, 10, 20, 43])
def test_a_file_cut_within_its_header(make_sound, length):
    with pytest.raises(AudioDecodeError):
        decode(wav_bytes(make_sound())[:length])


def test_a_streamed_header_that_does_not_know_its_length(make_sound):
    content = bytearray(wav_bytes(make_sound()))
    content[4:8] = content[40:44] = struct.pack("<I", 0xFFFFFFFF)
    assert decode(bytes(content)).facts.duration_s == pytest.approx(1.0)


@pytest.mark.parametrize(
    "content",
    [b"This is no sound at all, only text. " * 40, b"%PDF-1.7 " + b"x" * 500, b"#EXTM3U\nfile:///etc/passwd\n" * 9],
)
def test_text_renamed_to_wav_names_the_formats(tmp_path, content):
    path = tmp_path / "notes.wav"
    path.write_bytes(content)
    error = refused(path, "unreadable")
    for word in ("notes.wav", "WAV", "MP3", "M4A", "WebM"):
        assert word in str(error)


def test_a_video_without_sound():
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as out:
        stream = out.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 32
        stream.pix_fmt = "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), dtype=np.uint8), format="rgb24")
        for part in (frame, None):
            for packet in stream.encode(part):
                out.mux(packet)
    assert "no sound track" in str(refused(buffer.getvalue(), "unreadable"))


def mov_with_a_picture(path, samples: np.ndarray, side: int, codec: str = "png") -> None:
    """Write a MOV with a video track of two pictures of side x side pixels, and AAC sound if there are samples."""
    pixel_format = "rgb24" if codec == "png" else "yuv420p"
    with av.open(str(path), "w", format="mov") as out:
        video = out.add_stream(codec, rate=1)
        video.width = video.height = side
        video.pix_fmt = pixel_format
        sound = out.add_stream("aac", rate=16_000, layout="mono") if samples.size else None
        picture = av.VideoFrame.from_ndarray(np.zeros((side, side, 3), dtype=np.uint8), format="rgb24")
        for time in range(2):
            picture.pts = time
            out.mux(video.encode(picture.reformat(format=pixel_format)))
        out.mux(video.encode(None))
        if sound is not None:
            frame = av.AudioFrame.from_ndarray(samples.astype(np.float32)[None, :], format="fltp", layout="mono")
            frame.sample_rate = 16_000
            out.mux(sound.encode(frame))
            out.mux(sound.encode(None))


@pytest.mark.parametrize("codec", ["png", "mpeg4"])
def test_the_sound_of_a_video_is_read(tmp_path, make_sound, codec):
    path = tmp_path / "film.mov"
    mov_with_a_picture(path, make_sound(1.0, 16_000)[:, 0], 64, codec)
    assert decode(path).facts.duration_s == pytest.approx(1.0, abs=0.15)


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak memory from /proc")
def test_pictures_are_not_decoded_while_a_file_is_opened(tmp_path, make_sound):
    """An 8000 x 8000 picture takes 192 MB once decoded, and about 200 kB in the file."""
    samples = make_sound(1.0, 16_000)[:, 0]
    small, large = tmp_path / "small.mov", tmp_path / "large.mov"
    mov_with_a_picture(small, samples, 64)
    mov_with_a_picture(large, samples, 8_000)
    assert large.stat().st_size < 1_000_000
    code = f"""
from pathlib import Path
from aec.audio import decode
def peak_kb():
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
decode({str(small)!r})
before = peak_kb()
decode({str(large)!r})
print(peak_kb() - before)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 30_000


def test_sound_in_an_unlisted_coding_is_refused(make_sound):
    content = pyav_bytes(make_sound(1.0, 16_000)[:, 0], 16_000, "matroska", "mp2")
    assert decode(content).facts.encoding.startswith("MP2")
    content = pyav_bytes(make_sound(1.0, 16_000)[:, 0], 16_000, "mov", "adpcm_ima_qt")
    assert decode(content).facts.duration_s > 0.5
    content = content.replace(b"ima4", b"wma2")
    assert "no known coding" in str(refused(content, "unreadable"))


def test_too_short(make_sound):
    assert "0.1 s" in str(refused(wav_bytes(make_sound(0.05)), "too_short"))
    assert decode(wav_bytes(make_sound(0.1))).waveform.size == 1600


def test_all_zero():
    refused(wav_bytes(np.zeros((16_000, 2))), "silent")


def test_channels_that_cancel_out(make_sound):
    left = make_sound()
    refused(wav_bytes(np.hstack([left, -left]), subtype="FLOAT"), "silent")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_non_finite_samples(make_sound, value):
    samples = make_sound()
    samples[500] = value
    refused(wav_bytes(samples, subtype="FLOAT"), "non_finite")


def test_too_long_by_its_header(make_sound):
    assert "0.5 s are accepted" in str(refused(wav_bytes(make_sound()), "too_long", limits=Limits(0.5, 25)))


def test_too_long_is_noticed_while_decoding(make_sound):
    content = pyav_bytes(make_sound(3.0, 16_000)[:, 0], 16_000, "adts", "aac")
    refused(content, "too_long", limits=Limits(1.0, 25))


def test_too_large(make_sound):
    refused(wav_bytes(make_sound()), "too_large", limits=Limits(900, 0.01))


def test_limits_come_from_the_environment(make_sound, monkeypatch):
    monkeypatch.setenv("AEC_MAX_SECONDS", "0.5")
    refused(wav_bytes(make_sound()), "too_long")


@pytest.mark.parametrize(("rate", "channels"), [(4_000, 1), (192_000, 1), (16_000, 9)])
def test_rates_and_channels_outside_the_list(rate, channels):
    refused(wav_bytes(np.full((rate, channels), 0.1), rate), "unsupported")


def test_missing_files_and_folders(tmp_path):
    refused(tmp_path / "nowhere.wav", "missing")
    refused(tmp_path, "missing")


def test_a_name_too_long_for_the_system(tmp_path):
    refused(tmp_path / ("x" * 5000 + ".wav"), "missing")


def test_inspect_measures_what_decode_refuses():
    facts = inspect(wav_bytes(np.zeros((16_000, 1))))
    assert facts.levels.peak == 0
    assert facts.levels.peak_dbfs == -np.inf


def test_a_sample_at_full_scale_is_no_clipping(make_sound):
    samples = make_sound()
    samples[100] = samples[200:202] = 0.9999999
    assert inspect(wav_bytes(samples)).levels.clipped_runs == 0


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "FLOAT"])
def test_flat_tops_are_counted(make_sound, subtype):
    samples = make_sound(channels=2)
    samples[100:103, 0] = samples[500:540, 1] = 1.0
    samples[700:704, 0] = -1.0
    assert inspect(wav_bytes(samples, subtype=subtype)).levels.clipped_runs == 3


@pytest.mark.parametrize("size", [1, 2, 3, 64, 1024, 4096])
def test_a_flat_top_across_blocks_is_counted_once(make_sound, size):
    samples = make_sound(0.5).astype(np.float32)
    samples[1000:1400] = samples[2047:2051] = 1.0
    meter = LevelMeter(1, 16_000, 1.0)
    for start in range(0, len(samples), size):
        meter.add(samples[start : start + size])
    assert meter.result().clipped_runs == 2


def test_equal_samples_have_equal_digests_whatever_the_container(make_sound):
    samples = np.round(make_sound() * 32768) / 32768
    digests = {inspect(wav_bytes(samples, form=form)).levels.digest for form in ("WAV", "FLAC", "AIFF")}
    assert len(digests) == 1
    assert inspect(wav_bytes(samples[:-1])).levels.digest not in digests


def test_resampling_has_librosas_length(make_sound):
    for n in (1000, 1001, 53_847):
        assert resample(make_sound(4, 24_414)[:n, 0].astype(np.float32), 24_414, 44_100).size == -(
            -n * 44_100 // 24_414
        )


def valid_files() -> list[bytes]:
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, (3_000, 1))
    files = [wav_bytes(samples, form=form) for form in ("WAV", "FLAC", "AIFF")]
    files += [wav_bytes(samples, 16_000, "VORBIS", "OGG"), wav_bytes(samples, 16_000, "MPEG_LAYER_III", "MP3")]
    return [
        *files,
        pyav_bytes(samples[:, 0], 16_000, "ipod", "aac"),
        pyav_bytes(samples[:, 0], 16_000, "adts", "aac"),
    ]


FILES = valid_files()
FILES_MP4 = len(FILES) - 2


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(0, len(FILES) - 1),
    st.floats(0, 1),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=8),
)
@example(which=FILES_MP4, cut=0.8125, flips=[])  # the track is named, its coding lies behind the cut
def test_damage_gives_sound_or_a_plain_error_and_nothing_else(which, cut, flips):
    content = bytearray(FILES[which][: max(1, int(len(FILES[which]) * max(cut, 0.05)))])
    for place, value in flips:
        content[min(int(place * len(content)), len(content) - 1)] = value
    try:
        sound = decode(bytes(content), limits=Limits(60, 5))
    except AudioDecodeError as error:
        assert error.got  # noqa: PT017 - either outcome is right
    else:
        assert np.isfinite(sound.waveform).all()


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_give_sound_or_a_plain_error(content):
    try:
        decode(content, limits=Limits(60, 5))
    except AudioDecodeError as error:
        assert error.got  # noqa: PT017 - either outcome is right


def test_a_wav_of_the_standard_library(tmp_path):
    path = tmp_path / "plain.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8_000)
        file.writeframes((np.sin(np.arange(4_000)) * 9_000).astype("<i2").tobytes())
    assert decode(path).facts.duration_s == 0.5


@pytest.mark.corpora
def test_the_odd_files_of_real_corpora(corpora):
    facts = {path.name: decode(path).facts for path in (corpora / "odd").iterdir()}
    assert facts["03-01-02-01-01-02-01.wav"].channels == 2
    assert facts["OAF_food_fear.wav"].sampling_rate == 96_000
    assert facts["YAF_germ_angry.wav"].container == "AIFF"
