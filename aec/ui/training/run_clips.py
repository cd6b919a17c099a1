"""The clips that a model got wrong, to be heard where the dashboard may read them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from aec.audio import inspect
from aec.charts.words import counted, percent, titled
from aec.corpora.demo import DEMO_FOLDERS
from aec.errors import AecError, AudioDecodeError
from aec.settings import Settings, read_settings
from aec.ui.messages import error_text
from aec.ui.players import show_player
from aec.ui.run_words import clip_name
from aec.ui.text import plain
from aec.ui.training.run_numbers import hardest


def read_allowed_clip(path: str, settings: Settings) -> bytes:
    """Return the bytes of a clip in a folder that the dashboard may read.

    Raises
    ------
    AudioDecodeError
        The file is missing, too large, or lies elsewhere: a run from the shell may be on any folder.
    """
    real = Path(path).resolve()
    roots = [*DEMO_FOLDERS.values(), *(() if settings.public else settings.data)]
    name = real.name
    if not any(real.is_relative_to(root.resolve()) for root in roots):
        raise AudioDecodeError(f"{name} lies outside the folders that may be read", "", "Name its folder in AEC_DATA")
    try:
        if real.stat().st_size > settings.max_mb * 1e6:
            raise AudioDecodeError(f"{name} is larger than {settings.max_mb:g} MB", "", "Listen to it elsewhere")
        return real.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise AudioDecodeError(f"{name} cannot be opened ({reason})", "", "Choose another clip") from error


@st.fragment
def show_hardest(predictions: Sequence[Mapping[str, Any]], key: str) -> None:
    """Show the wrong answers that the model was surest of, and a player for the chosen one.

    Parameters
    ----------
    predictions : sequence of mapping
        As in a report.
    key : str
        Unique on the page.
    """
    settings = read_settings()
    clips = hardest(predictions)
    if not clips:
        st.success("Every test clip was recognised.", icon=":material/check_circle:")
        return
    wrong = sum(clip["predicted"] != clip["emotion"] for clip in predictions)
    st.caption(
        f"{counted(wrong, 'wrong answer')} of {len(predictions):,}; those that the model was surest of come first."
    )
    names = [clip_name(clip["path"], settings) for clip in clips]
    at = st.selectbox(
        "Clip to listen to",
        range(len(clips)),
        format_func=lambda number: (
            f"{names[number]}: {clips[number]['emotion']}, taken for "
            f"{clips[number]['predicted']} ({percent(clips[number]['confidence'])})"
        ),
        key=f"{key}-clip",
    )
    if at is not None:
        _play(clips[at], names[at], settings)
    st.dataframe(_table(clips, names), hide_index=True, key=f"{key}-hardest", alt="The surest wrong answers")


def _play(clip: Mapping[str, Any], name: str, settings: Settings) -> None:
    try:
        content = read_allowed_clip(clip["path"], settings)
        show_player(content, inspect(content, name=name), alt=f"The clip {name}, meant as {clip['emotion']}")
    except AecError as error:
        # No failure of the page: files are moved, and a run from the shell may be on any folder.
        st.caption(f":material/volume_off: {error_text(error)}")
        return
    speaker = f", voice {clip['speaker']}" if clip["speaker"] else ""
    st.caption(plain(f"Meant as {clip['emotion']}{speaker}"))


def _table(clips: Sequence[Mapping[str, Any]], names: Sequence[str]) -> pd.DataFrame:
    rows = [
        {
            "Clip": name,
            "Meant": titled(clip["emotion"]),
            "Answer": titled(clip["predicted"]),
            "Confidence (%)": round(100 * clip["confidence"]),
            "Speaker": clip["speaker"] or "",
        }
        for name, clip in zip(names, clips, strict=True)
    ]
    return pd.DataFrame(rows)
