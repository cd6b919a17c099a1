"""The three ways to bring a sound to the prediction page: upload, recording, sample."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.typing import UploadedFile

from aec.audio import AUDIO_EXTENSIONS, Limits
from aec.errors import AecError, AudioDecodeError
from aec.prediction.archives import archive
from aec.ui.demo_clips import SampleClip, sample_clips
from aec.ui.messages import show_error
from aec.ui.players import read_demo_clip
from aec.ui.prediction.hands_free import hands_free_take
from aec.ui.text import limit_text

MAX_FILES = 100
# Of an archive, unpacked: all of it stays in memory.
MAX_UNPACKED_MB = 100.0
RECORDING_NAME = "Recording"
HANDS_FREE_NAME = "Hands-free recording"
RECORDING_RATE = 16_000
_BYTES_PER_SAMPLE = 2
# The rest of the extensions are spellings of these, or rarer.
_FORMATS = "WAV, MP3, M4A, FLAC, Ogg, Opus, WebM, MP4, AIFF or AMR, or a ZIP of them"
_UNPACKED = "uploads-unpacked"
_KNOWN_FIRST = ("wav", "mp3", "zip", "m4a", "flac", "ogg", "opus", "webm", "mp4", "aiff", "amr")


@dataclass(frozen=True)
class Clip:
    """A sound that a visitor brought.

    Parameters
    ----------
    name : str
        What to call it.
    content : bytes
        The file.
    recorded : bool
        It comes from the recorder.
    sample : SampleClip or None
        The sample that it is.
    problem : AecError or None
        Why it could not be read, where an archive was to hold it.
    """

    name: str
    content: bytes
    recorded: bool = False
    sample: SampleClip | None = None
    problem: AecError | None = None


def clip_inputs() -> list[Clip]:
    """Show the three inputs side by side and return what is in them."""
    limits = Limits.from_environment()
    upload, record, choose = st.columns(3, gap="medium")
    with upload:
        clips = _uploaded(limits)
    with record:
        clips += _recorded(limits)
    with choose:
        clips += _sampled()
    return clips


def explained(clip: Clip, error: AecError) -> AecError:
    """Return the error that a clip gave, in words that fit a recorder where it came from one."""
    if clip.recorded and error.kind == "empty":
        remedy = "Allow the microphone, press record, speak for a few seconds, then stop"
        return AudioDecodeError("The recording holds no sound", "", remedy, kind="empty")
    return error


def recording_limit_s(limits: Limits) -> float:
    """Return how long a take may be, in seconds: by the limit of length, or by that of size."""
    return min(limits.max_seconds, limits.max_mb * 1e6 / (RECORDING_RATE * _BYTES_PER_SAMPLE))


def _uploaded(limits: Limits) -> list[Clip]:
    files: Sequence[UploadedFile] = st.file_uploader(
        "Upload files",
        type=_extensions(),
        accept_multiple_files=True,
        # The browser's megabytes are larger than ours; what slips through is refused when it is decoded.
        max_upload_size=max(1, int(limits.max_mb)),
        key="uploads",
    )
    st.caption(
        f"{_FORMATS}; up to {limits.max_mb:g} MB and {limit_text(limits.max_seconds)} each, "
        f"{MAX_FILES} files at once."
    )
    clips = _unpacked(files, limits)
    if len(clips) > MAX_FILES:
        st.warning(f"{len(clips)} clips are too many at once; the first {MAX_FILES} are used.")
    return clips[:MAX_FILES]


def _unpacked(files: Sequence[UploadedFile], limits: Limits) -> list[Clip]:
    """Return the uploaded clips, those in archives among them; an archive is unpacked once."""
    known: dict[str, list[Clip]] = st.session_state.get(_UNPACKED, {})
    archives = {
        file.file_id: known.get(file.file_id) or _from_archive(file, limits)
        for file in files
        if file.name.lower().endswith(".zip")
    }
    st.session_state[_UNPACKED] = archives
    return [clip for file in files for clip in archives.get(file.file_id) or [Clip(file.name, file.getvalue())]]


def _from_archive(file: UploadedFile, limits: Limits) -> list[Clip]:
    clips = []
    content = io.BytesIO(file.getvalue())
    for found in archive(content, file.name, limits, most_clips=MAX_FILES, most_mb=MAX_UNPACKED_MB):
        if isinstance(found.source, bytes):
            clips.append(Clip(found.name, found.source))
        elif isinstance(found.source, AecError):
            clips.append(Clip(found.name, b"", problem=found.source))
    return clips


def _extensions() -> list[str]:
    # The widget lists them in this order and cuts the list where its width ends.
    everything = sorted(["zip", *(extension.removeprefix(".") for extension in AUDIO_EXTENSIONS)])
    return [*_KNOWN_FIRST, *(extension for extension in everything if extension not in _KNOWN_FIRST)]


def _recorded(limits: Limits) -> list[Clip]:
    take = st.audio_input("Record yourself", sample_rate=RECORDING_RATE, key="take")
    st.caption(f"Up to {limit_text(recording_limit_s(limits))}; two to five seconds of speech are enough.")
    clips = [] if take is None else [Clip(RECORDING_NAME, take.getvalue(), recorded=True)]
    spoken = hands_free_take()
    return clips if spoken is None else [*clips, Clip(HANDS_FREE_NAME, spoken, recorded=True)]


def _sampled() -> list[Clip]:
    offered = sample_clips()
    chosen = st.selectbox(
        "Choose a sample",
        range(len(offered)),
        index=None,
        format_func=lambda at: offered[at].title,
        placeholder="Synthetic speech",
        disabled=not offered,
        key="sample",
        persist_state="session",
    )
    if not offered:
        st.caption("The demo corpora are not installed.")
        return []
    st.caption("From the demo corpora: synthetic speech, no real person.")
    if chosen is None or not 0 <= chosen < len(offered):
        return []
    try:
        return [Clip(offered[chosen].name, read_demo_clip(offered[chosen].path), sample=offered[chosen])]
    except AecError as error:
        show_error(error)
        return []
