"""Inputs of the prediction page: upload, recording, sample."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.typing import UploadedFile

from aec.audio import AUDIO_EXTENSIONS, Limits
from aec.errors import AecError, AudioDecodeError
from aec.prediction.archives import clips_in_archive
from aec.ui.demo_clips import SampleClip, sample_clips
from aec.ui.messages import show_error
from aec.ui.players import read_demo_clip
from aec.ui.prediction.hands_free_recorder import hands_free_recording
from aec.ui.text import limit_text

MAX_FILES = 100
# Of the clips of an archive: all of them stay in memory.
MAX_UNPACKED_MB = 100.0
RECORDING_NAME = "Recording"
HANDS_FREE_NAME = "Hands-free recording"
RECORDING_RATE = 16_000
_BYTES_PER_SAMPLE = 2
# The other extensions are variants of these, or rarer.
_FORMATS = "WAV, MP3, M4A, FLAC, Ogg, Opus, WebM, MP4, AIFF or AMR, or a ZIP of them"
_UNPACKED = "uploads-unpacked"
_KNOWN_FIRST = ("wav", "mp3", "zip", "m4a", "flac", "ogg", "opus", "webm", "mp4", "aiff", "amr")


@dataclass(frozen=True)
class ClipInput:
    """A clip that a visitor uploaded, recorded or chose.

    Parameters
    ----------
    name : str
        Shown name.
    content : bytes
        The file.
    recorded : bool
        Whether it comes from a recorder.
    sample : SampleClip or None
        For a sample.
    problem : AecError or None
        Why it could not be read from its archive.
    """

    name: str
    content: bytes
    recorded: bool = False
    sample: SampleClip | None = None
    problem: AecError | None = None


def clip_inputs() -> list[ClipInput]:
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


def explained(clip: ClipInput, error: AecError) -> AecError:
    """Return a clip's error; for an empty recording, with advice for the recorder."""
    if clip.recorded and error.kind == "empty":
        remedy = "Allow the microphone, press record, speak for a few seconds, then stop"
        return AudioDecodeError("The recording holds no sound", "", remedy, kind="empty")
    return error


def recording_limit_s(limits: Limits) -> float:
    """Return the longest recording in seconds, by the limits of length and size."""
    return min(limits.max_seconds, limits.max_mb * 1e6 / (RECORDING_RATE * _BYTES_PER_SAMPLE))


def _uploaded(limits: Limits) -> list[ClipInput]:
    files: Sequence[UploadedFile] = st.file_uploader(
        "Upload files",
        type=_extensions(),
        accept_multiple_files=True,
        # The browser's megabytes are larger than ours; the decoder refuses the rest.
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


def _unpacked(files: Sequence[UploadedFile], limits: Limits) -> list[ClipInput]:
    """Return the uploaded clips, also those in archives, each unpacked once."""
    known: dict[str, list[ClipInput]] = st.session_state.get(_UNPACKED, {})
    archives = {
        file.file_id: known.get(file.file_id) or _from_archive(file, limits)
        for file in files
        if file.name.lower().endswith(".zip")
    }
    st.session_state[_UNPACKED] = archives
    return [clip for file in files for clip in archives.get(file.file_id) or [ClipInput(file.name, file.getvalue())]]


def _from_archive(file: UploadedFile, limits: Limits) -> list[ClipInput]:
    clips = []
    content = io.BytesIO(file.getvalue())
    for found in clips_in_archive(content, file.name, limits, most_clips=MAX_FILES, most_mb=MAX_UNPACKED_MB):
        if isinstance(found.source, bytes):
            clips.append(ClipInput(found.name, found.source))
        elif isinstance(found.source, AecError):
            clips.append(ClipInput(found.name, b"", problem=found.source))
    return clips


def _extensions() -> list[str]:
    # The widget shows as many of them as fit, in this order.
    everything = sorted(["zip", *(extension.removeprefix(".") for extension in AUDIO_EXTENSIONS)])
    return [*_KNOWN_FIRST, *(extension for extension in everything if extension not in _KNOWN_FIRST)]


def _recorded(limits: Limits) -> list[ClipInput]:
    recording = st.audio_input("Record yourself", sample_rate=RECORDING_RATE, key="take")
    st.caption(f"Up to {limit_text(recording_limit_s(limits))}; two to five seconds of speech are enough.")
    clips = [] if recording is None else [ClipInput(RECORDING_NAME, recording.getvalue(), recorded=True)]
    hands_free = hands_free_recording()
    return clips if hands_free is None else [*clips, ClipInput(HANDS_FREE_NAME, hands_free, recorded=True)]


def _sampled() -> list[ClipInput]:
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
        return [ClipInput(offered[chosen].name, read_demo_clip(offered[chosen].path), sample=offered[chosen])]
    except AecError as error:
        show_error(error)
        return []
