"""Listen tab: a table of clips with filters, and the chosen clip below it."""

import zlib

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from aec.charts.words import counted, titled
from aec.settings import Settings
from aec.ui.dataset.clip_view import show_clip
from aec.ui.dataset.loading import Dataset
from aec.ui.dataset.problem_table import contains, kind_title

# More rows than anybody scrolls through, and every one of them is sent to the browser at each click.
SHOWN = 500
_ALL = "All"
_NONE, _ANY = "None", "Any"
_CHOSEN = "listen-chosen"
_TITLES = {
    "name": "Clip",
    "corpus": "Corpus",
    "emotion": "Emotion",
    "speaker": "Speaker",
    "duration_s": "Duration (s)",
    "problem": "Problem",
}


@st.fragment
def show_listening(data: Dataset, settings: Settings) -> None:
    """Show the clips as a table with filters, and the chosen clip below it."""
    clips = _filtered(data.clips)
    if clips.empty:
        st.caption("No clip fits these filters.")
        return
    shown = clips.head(SHOWN)
    more = f"; the first {SHOWN} are listed, filters find the others" if len(clips) > SHOWN else ""
    st.caption(f"{counted(len(clips), 'clip')} of {len(data.clips):,}{more}. Choose one by the mark before its row.")
    clip = shown.to_dict("records")[_choose_row(shown, data)]
    st.session_state[_CHOSEN] = clip["path"]
    show_clip(clip, data, settings)


def _filtered(clips: pd.DataFrame) -> pd.DataFrame:
    widgets = st.grid(5, min_column_width=150, gap="small")
    for column in ("corpus", "emotion", "speaker"):
        clips = _filter_column(widgets, clips, column)
    kinds = sorted({kind for listed in clips["problem"].dropna().unique() for kind in listed.split(",")})
    kind = widgets.selectbox(
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
    text = widgets.text_input(
        "Search", placeholder="Name or text", key="listen-text", type="search", persist_state="page"
    )
    return clips[contains(clips["name"], text) | contains(clips["text"], text)] if text else clips


def _filter_column(widgets: DeltaGenerator, clips: pd.DataFrame, column: str) -> pd.DataFrame:
    chosen = widgets.selectbox(
        titled(column),
        [_ALL, *dict.fromkeys(clips[column].dropna())],
        format_func=titled if column == "emotion" else str,
        key=f"listen-{column}",
        persist_state="page",
    )
    return clips if chosen == _ALL else clips[clips[column] == chosen]


def _choose_row(shown: pd.DataFrame, data: Dataset) -> int:
    """Show the table and return the position of the chosen row in it."""
    table = shown[list(_TITLES)].rename(columns=_TITLES)
    table["Emotion"] = table["Emotion"].map(titled, na_action="ignore")
    table["Problem"] = table["Problem"].map(_kind_titles, na_action="ignore")
    table["Duration (s)"] = table["Duration (s)"].round(2)
    paths = shown["path"].tolist()
    # Another selection of clips is another table: a row's number must not outlive the rows.
    digest = zlib.crc32("\n".join(paths).encode(errors="replace"))
    last = st.session_state.get(_CHOSEN)
    state = st.dataframe(
        table,
        hide_index=True,
        height=248,
        key=f"listen-table-{digest}-{data.key[:8]}",
        on_select="rerun",
        selection_mode="single-row-required",
        selection_default={"selection": {"rows": [paths.index(last) if last in paths else 0]}},
        placeholder="",
        alt="Clips to listen to",
    )
    chosen = state["selection"]["rows"]
    return chosen[0] if chosen and chosen[0] < len(shown) else 0


def _kind_titles(kinds: str) -> str:
    return ", ".join(map(kind_title, kinds.split(",")))
