"""Pick a clip of a data set from a table; `aec.ui.dataset.clip_view` shows it."""

import zlib
from typing import Any

import pandas as pd
import streamlit as st

from aec.charts.words import counted, titled
from aec.settings import Settings
from aec.ui.dataset.clip_view import show_clip
from aec.ui.dataset.datasets import Dataset
from aec.ui.dataset.problem_words import contains, kind_title

# More rows than anybody scrolls through, and every one of them would travel to the browser at each click.
SHOWN = 500
_ALL = "All"
_NONE, _ANY = "None", "Any"
_CHOSEN = "listen-chosen"
_COLUMNS = {
    "name": "Clip",
    "corpus": "Corpus",
    "emotion": "Emotion",
    "speaker": "Speaker",
    "duration_s": "Duration (s)",
    "problem": "Problem",
}


@st.fragment
def show_listening(data: Dataset, settings: Settings) -> None:
    """Show the clips as a table with filters, and the chosen one with its sound and its pictures.

    Parameters
    ----------
    data : Dataset
    settings : Settings
    """
    clips = _filtered(data.clips)
    if clips.empty:
        st.caption("No clip fits these filters.")
        return
    shown = clips.head(SHOWN)
    more = f"; the first {SHOWN} are listed, filters find the others" if len(clips) > SHOWN else ""
    st.caption(f"{counted(len(clips), 'clip')} of {len(data.clips):,}{more}. Choose one by the mark before its row.")
    clip = shown.iloc[_choose_row(shown, data)]
    st.session_state[_CHOSEN] = clip["path"]
    show_clip(clip, data, settings)


def _filtered(clips: pd.DataFrame) -> pd.DataFrame:
    places = st.grid(5, min_column_width=150, gap="small")
    clips = _narrowed(places, clips, "corpus", "Corpus")
    clips = _narrowed(places, clips, "emotion", "Emotion")
    clips = _narrowed(places, clips, "speaker", "Speaker")
    kinds = sorted({kind for told in clips["problem"].dropna().unique() for kind in told.split(",")})
    kind = places.selectbox(
        "Problem",
        [_ALL, _NONE, *([_ANY] if kinds else []), *kinds],
        format_func=kind_title,
        key="listen-problem",
        persist_state="page",
    )
    if kind == _NONE:
        clips = clips[clips["problem"].isna()]
    elif kind == _ANY:
        clips = clips[clips["problem"].notna()]
    elif kind != _ALL:
        clips = clips[contains(clips["problem"], str(kind))]
    text = places.text_input(
        "Search", placeholder="Name or text", key="listen-text", type="search", persist_state="page"
    )
    return clips[contains(clips["name"], text) | contains(clips["text"], text)] if text else clips


def _narrowed(places: Any, clips: pd.DataFrame, column: str, title: str) -> pd.DataFrame:
    values = list(dict.fromkeys(clips[column].dropna()))
    chosen = places.selectbox(
        title,
        [_ALL, *values],
        format_func=titled if column == "emotion" else str,
        key=f"listen-{column}",
        persist_state="page",
    )
    return clips if chosen == _ALL else clips[clips[column] == chosen]


def _choose_row(shown: pd.DataFrame, data: Dataset) -> int:
    """Show the table and return the place of the chosen row in it."""
    table = shown[list(_COLUMNS)].rename(columns=_COLUMNS)
    table["Emotion"] = [titled(word) if isinstance(word, str) else None for word in table["Emotion"]]
    table["Problem"] = [_kinds(told) for told in table["Problem"]]
    table["Duration (s)"] = table["Duration (s)"].round(2)
    # Another selection of clips is another table: a row's number must not outlive the rows.
    rows = zlib.crc32("\n".join(shown["path"]).encode(errors="replace"))
    before = shown["path"].tolist()
    kept = st.session_state.get(_CHOSEN)
    state = st.dataframe(
        table,
        hide_index=True,
        height=248,
        key=f"listen-table-{rows}-{data.key[:8]}",
        on_select="rerun",
        selection_mode="single-row-required",
        selection_default={"selection": {"rows": [before.index(kept) if kept in before else 0]}},
        placeholder="",
        alt="Clips to listen to",
    )
    chosen = state["selection"]["rows"]
    return chosen[0] if chosen and chosen[0] < len(shown) else 0


def _kinds(told: object) -> str:
    return ", ".join(kind_title(kind) for kind in told.split(",")) if isinstance(told, str) else ""
