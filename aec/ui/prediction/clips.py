"""The three ways to bring a sound to the prediction page: upload, recording, sample."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.typing import UploadedFile

from aec.audio import AUDIO_EXTENSIONS, Limits
from aec.errors import AecError, AudioDecodeError
from aec.ui.manifests import Sample, samples
from aec.ui.messages import show_error
from aec.ui.players import read_demo_clip
from aec.ui.prediction.hands_free import hands_free_take
from aec.ui.text import limit_text

MAX_FILES = 100
RECORDING_NAME = "Recording"
HANDS_FREE_NAME = "Hands-free recording"
RECORDING_RATE = 16_000
_BYTES_PER_SAMPLE = 2
# The rest of the extensions are spellings of these, or rarer.
_FORMATS = "WAV, MP3, M4A, FLAC, Ogg, Opus, WebM, MP4, AIFF or AMR"
_KNOWN_FIRST = ("wav", "mp3", "m4a", "flac", "ogg", "opus", "webm", "mp4", "aiff", "amr")


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
    sample : Sample or None
        The sample that it is.
    """

    name: str
    content: bytes
    recorded: bool = False
    sample: Sample | None = None


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
    if len(files) > MAX_FILES:
        st.warning(f"{len(files)} files are too many at once; the first {MAX_FILES} are used.")
    return [Clip(file.name, file.getvalue()) for file in files[:MAX_FILES]]


def _extensions() -> list[str]:
    # The widget lists them in this order and cuts the list where its width ends.
    everything = sorted(extension.removeprefix(".") for extension in AUDIO_EXTENSIONS)
    return [*_KNOWN_FIRST, *(extension for extension in everything if extension not in _KNOWN_FIRST)]


def _recorded(limits: Limits) -> list[Clip]:
    take = st.audio_input("Record yourself", sample_rate=RECORDING_RATE, key="take")
    st.caption(f"Up to {limit_text(recording_limit_s(limits))}; two to five seconds of speech are enough.")
    clips = [] if take is None else [Clip(RECORDING_NAME, take.getvalue(), recorded=True)]
    spoken = hands_free_take()
    return clips if spoken is None else [*clips, Clip(HANDS_FREE_NAME, spoken, recorded=True)]


def _sampled() -> list[Clip]:
    offered = samples()
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
