"""Tab "Mistakes" of a report: wrong predictions, with a player."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from aec.charts.words import counted, percent, titled
from aec.errors import AecError
from aec.evaluation.metrics import ClipPrediction
from aec.settings import Settings, read_settings
from aec.ui.messages import error_text
from aec.ui.players import read_clip, show_player
from aec.ui.run_words import clip_name
from aec.ui.text import plain
from aec.ui.training.report_tables import hardest


@st.fragment
def show_hardest(predictions: Sequence[ClipPrediction], key: str) -> None:
    """Show the most confident wrong predictions, and a player for one of them.

    Parameters
    ----------
    predictions : sequence of ClipPrediction
    key : str
        Unique on the page.
    """
    settings = read_settings()
    clips = hardest(predictions)
    if not clips:
        st.success("Every test clip was recognised.", icon=":material/check_circle:")
        return
    wrong = sum(clip.predicted != clip.emotion for clip in predictions)
    st.caption(f"{counted(wrong, 'wrong prediction')} of {len(predictions):,}; the most confident ones come first.")
    names = [clip_name(clip.path, settings) for clip in clips]
    at = st.selectbox(
        "Clip to listen to",
        range(len(clips)),
        format_func=lambda number: (
            f"{names[number]}: {clips[number].emotion}, taken for "
            f"{clips[number].predicted} ({percent(clips[number].confidence)})"
        ),
        key=f"{key}-clip",
    )
    if at is not None:
        _play(clips[at], names[at], settings)
    st.dataframe(
        _table(clips, names), hide_index=True, key=f"{key}-hardest", alt="The most confident wrong predictions"
    )


def _play(clip: ClipPrediction, name: str, settings: Settings) -> None:
    try:
        content = read_clip(clip.path, settings)
        show_player(content, None, alt=f"The clip {name}, meant as {clip.emotion}")
    except AecError as error:
        # No failure of the page: files are moved, and a run from the shell may be on any folder.
        st.caption(f":material/volume_off: {error_text(error)}")
        return
    speaker = f", voice {clip.speaker}" if clip.speaker else ""
    st.caption(plain(f"Meant as {clip.emotion}{speaker}"))


def _table(clips: Sequence[ClipPrediction], names: Sequence[str]) -> pd.DataFrame:
    rows = [
        {
            "Clip": name,
            "Meant": titled(clip.emotion),
            "Answer": titled(clip.predicted),
            "Confidence (%)": round(100 * clip.confidence),
            "Speaker": clip.speaker or "",
        }
        for name, clip in zip(names, clips, strict=True)
    ]
    return pd.DataFrame(rows)
