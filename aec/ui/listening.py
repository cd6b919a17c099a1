"""Pick a clip of a data set and hear it."""

from typing import Any

import pandas as pd
import streamlit as st

from aec.audio import SoundFacts, inspect
from aec.charts.words import titled
from aec.errors import AecError
from aec.ui.messages import show_error
from aec.ui.players import read_demo_clip, show_player
from aec.ui.sound_words import container_title
from aec.ui.text import duration_text, plain

_ANY = "All"


@st.fragment
def show_listening(usable: pd.DataFrame) -> None:
    """Show three lists that narrow down to a clip, and the clip's player, text and facts.

    Parameters
    ----------
    usable : pd.DataFrame
        Clips with the column `name` beside those of a table of clips; at least one.
    """
    by_emotion, by_speaker, by_name = st.columns(3)
    emotions = list(dict.fromkeys(usable["emotion"]))
    emotion = by_emotion.selectbox("Emotion", [_ANY, *emotions], format_func=titled, key="listen-emotion")
    clips = usable if emotion == _ANY else usable[usable["emotion"] == emotion]
    speakers = list(dict.fromkeys(clips["speaker"].dropna()))
    speaker = by_speaker.selectbox("Speaker", [_ANY, *speakers], key="listen-speaker")
    clips = clips if speaker == _ANY else clips[clips["speaker"] == speaker]
    name = by_name.selectbox("Clip", clips["name"].tolist(), key="listen-clip")
    chosen = clips[clips["name"] == name]
    if chosen.empty:
        st.caption("No clip of this emotion and speaker.")
        return
    _show_clip(chosen.iloc[0])


def _show_clip(clip: "pd.Series[Any]") -> None:
    try:
        content = read_demo_clip(str(clip["path"]))
        facts = inspect(content, name=str(clip["name"]))
    except AecError as error:
        show_error(error)
        return
    show_player(content, facts, alt=f"The clip {clip['name']}, meant as {clip['emotion']}")
    if isinstance(clip["text"], str):
        st.markdown(f"“{plain(clip['text'])}”")
    st.caption(_facts_line(clip, facts))


def _facts_line(clip: "pd.Series[Any]", facts: SoundFacts) -> str:
    parts = [f"Meant as {clip['emotion']}"]
    if isinstance(clip["speaker"], str):
        sex = f", {clip['sex']}" if isinstance(clip["sex"], str) else ""
        parts.append(f"voice {clip['speaker']}{sex}")
    parts += [
        duration_text(facts.duration_s),
        f"{facts.sampling_rate:,} Hz",
        f"{facts.channels} channel{'' if facts.channels == 1 else 's'}",
        f"{container_title(facts.container)} {facts.encoding}",
    ]
    if facts.levels is not None:
        parts.append(f"peak {facts.levels.peak_dbfs:.1f} dBFS".replace("-", "−"))
    return plain(" · ".join(parts))
