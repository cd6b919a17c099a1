"""Players for clips, and the access check of files that they play."""

import io
import math
import os
from pathlib import Path

import streamlit as st

from aec.audio import SoundFacts, decode, inspect
from aec.corpora.demo import DEMO_FOLDERS
from aec.errors import AudioDecodeError
from aec.settings import Settings

# Formats that every current browser plays; others are converted to WAV.
_TYPES = {"WAV": "audio/wav", "FLAC": "audio/flac", "MP3": "audio/mpeg", "MOV": "audio/mp4"}
_ENCODINGS = {"WAV": frozenset({"PCM_U8", "PCM_16", "PCM_24", "FLOAT"}), "MOV": frozenset({"AAC"})}


def show_player(content: bytes, facts: SoundFacts | None, alt: str) -> None:
    """Show a player for a sound; without facts, AudioDecodeError if not decodable.

    Parameters
    ----------
    content : bytes
        The file.
    facts : SoundFacts or None
        Facts from the decoder; None decodes the sound.
    alt : str
        Accessible name.
    """
    facts = facts or inspect(content)
    kind = _TYPES.get(facts.container)
    if kind is None or facts.encoding not in _ENCODINGS.get(facts.container, {facts.encoding}):
        content, kind = _as_wav(content), "audio/wav"
    st.audio(content, format=kind, alt=alt)


def read_demo_clip(path: str) -> bytes:
    """Return the bytes of a clip of the demo corpora.

    Raises
    ------
    AudioDecodeError
        The file is missing, or lies outside the demo folders.
    """
    real = Path(path).resolve()
    if not any(real.is_relative_to(folder.resolve()) for folder in DEMO_FOLDERS.values()):
        raise AudioDecodeError(f"{real.name} is not a clip of the demo corpora", "", "Choose another clip")
    return _read(real)


def read_clip(path: str, settings: Settings) -> bytes:
    """Return the bytes of a clip in a folder that the dashboard may read.

    Links that lie in such a folder are followed, as the scan follows them: a corpus may be a linked folder. In public
    mode no link is followed out of the demo corpora.

    Raises
    ------
    AudioDecodeError
        The file is missing, too large, or lies elsewhere: a manifest or a run may list any path.
    """
    if settings.public:
        return read_demo_clip(path)
    place = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow the links
    roots = [root.absolute() for root in (*DEMO_FOLDERS.values(), *settings.data)]
    if not any(place.is_relative_to(root) or place.resolve().is_relative_to(root.resolve()) for root in roots):
        raise AudioDecodeError(
            f"{place.name} lies outside the folders that may be read", "", "Name its folder in AEC_DATA"
        )
    return _read(place, settings.max_mb)


def _read(path: Path, max_mb: float = math.inf) -> bytes:
    try:
        if path.stat().st_size > max_mb * 1e6:
            raise AudioDecodeError(
                f"{path.name} is larger than {max_mb:g} MB", "", "Listen to it elsewhere", kind="too_large"
            )
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise AudioDecodeError(
            f"{path.name} cannot be opened ({reason})", "", "Choose another clip", kind="missing"
        ) from error


def _as_wav(content: bytes) -> bytes:
    import soundfile

    sound = decode(content)
    out = io.BytesIO()
    soundfile.write(out, sound.waveform, sound.sampling_rate, format="WAV", subtype="PCM_16")
    return out.getvalue()
