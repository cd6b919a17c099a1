"""One clip on the Dataset page: problems, a player, figures of its sound."""

from collections.abc import Hashable, Mapping

import pandas as pd
import streamlit as st

from aec.audio import SoundFacts, decode, inspect
from aec.charts.clip import (
    matrix_alt,
    matrix_chart,
    spectrogram_alt,
    spectrogram_chart,
    waveform_alt,
    waveform_chart,
)
from aec.errors import AecError
from aec.settings import Settings
from aec.ui.dataset.clip_figures import ClipFigures, clip_figures
from aec.ui.dataset.loading import Dataset
from aec.ui.figures import show_figure
from aec.ui.messages import error_text
from aec.ui.players import read_clip, show_player
from aec.ui.sound_words import container_title
from aec.ui.text import duration_text, plain


def show_clip(clip: Mapping[Hashable, object], data: Dataset, settings: Settings) -> None:
    """Show a clip.

    Parameters
    ----------
    clip : mapping of str to object
        A row of `Dataset.clips`.
    data : Dataset
    settings : Settings
    """
    st.subheader(plain(str(clip["name"])), anchor=False)
    _show_problems(clip, data)
    try:
        content = read_clip(str(clip["path"]), settings)
        facts = inspect(content, name=str(clip["name"]))
    except AecError as error:
        st.warning(error_text(error), title="There is no sound to play", icon=":material/volume_off:")
        return
    show_player(content, facts, alt=f"The clip {clip['name']}{_meant(clip, ', meant as ')}")
    if isinstance(clip["text"], str):
        st.markdown(f"“{plain(clip['text'])}”")
    st.caption(_facts_line(clip, facts))
    try:
        figures = clip_figures(decode(content, name=str(clip["name"])))
    except AecError as error:
        st.warning(error_text(error), title="No features can be taken from it", icon=":material/graphic_eq:")
        return
    _show_figures(figures)


def padding_sentence(frames: int, kept: int, hop_s: float) -> str:
    """Return a sentence on how a clip is cut or padded to the model's frames.

    Parameters
    ----------
    frames : int
        The clip's own.
    kept : int
        Of the model.
    hop_s : float
        Seconds between two frames.
    """
    if frames > kept:
        return (
            f"The clip has {frames:,} frames and the model takes {kept}: the last {frames - kept:,} frames, "
            f"{(frames - kept) * hop_s:.1f} s or {(frames - kept) / frames:.0%} of the clip, are cut off."
        )
    if frames == kept:
        return f"The clip fills all {kept} frames."
    return f"The clip fills {frames} of {kept} frames; the other {kept - frames} are zero padding, marked in grey."


def _show_problems(clip: Mapping[Hashable, object], data: Dataset) -> None:
    if not isinstance(clip["problem"], str):
        return
    problems = data.problems
    own = problems[(problems["Clip"] == clip["name"]) & (problems["Corpus"] == clip["corpus"])]
    for row in own.to_dict("records"):
        st.caption(f":material/warning: **{row['Problem']}**: {plain(row['Detail'])}. {plain(row['What happens'])}")


def _show_figures(figures: ClipFigures) -> None:
    show_figure(
        waveform_chart(figures.times, figures.lowest, figures.highest),
        waveform_alt(figures.lowest, figures.highest, figures.duration_s),
        "clip-waveform",
        _waveform_table(figures),
    )
    mel, matrix = st.columns(2, gap="large")
    with mel:
        st.markdown("**Mel spectrogram**")
        st.caption("The input of the coefficients: 128 mel bands at 44.1 kHz, in dB below the loudest cell.")
        show_figure(
            spectrogram_chart(figures.decibels, figures.duration_s, figures.centres_hz),
            spectrogram_alt(figures.decibels, figures.centres_hz),
            "clip-mel",
            _band_table(figures),
        )
    with matrix:
        st.markdown("**MFCCs as the described model gets them**")
        st.caption(padding_sentence(figures.frames, len(figures.matrix), figures.hop_s))
        show_figure(
            matrix_chart(figures.matrix, figures.frames, figures.hop_s),
            matrix_alt(figures.matrix, figures.frames),
            "clip-mfcc",
            _matrix_table(figures),
        )


def _waveform_table(figures: ClipFigures) -> pd.DataFrame:
    columns = {"Time (s)": figures.times, "Lowest": figures.lowest, "Highest": figures.highest}
    return pd.DataFrame(columns).round(4)


def _band_table(figures: ClipFigures) -> pd.DataFrame:
    # A row per cell would be too much for a table.
    bands = {
        "Band (Hz)": figures.centres_hz.round(0),
        "Mean (dB)": figures.decibels.mean(axis=1).round(1),
        "Loudest (dB)": figures.decibels.max(axis=1).round(1),
    }
    return pd.DataFrame(bands)


def _matrix_table(figures: ClipFigures) -> pd.DataFrame:
    kept = min(figures.frames, len(figures.matrix))
    table = pd.DataFrame(figures.matrix.round(2), columns=[f"MFCC {n}" for n in range(figures.matrix.shape[1])])
    table.insert(0, "Frame", range(len(table)))
    table.insert(1, "Time (s)", (table["Frame"] * figures.hop_s).round(3))
    table.insert(2, "From", ["clip" if frame < kept else "padding" for frame in table["Frame"]])
    return table


def _facts_line(clip: Mapping[Hashable, object], facts: SoundFacts) -> str:
    parts = [_meant(clip, "Meant as ") or "Without a label"]
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


def _meant(clip: Mapping[Hashable, object], before: str) -> str:
    return f"{before}{clip['emotion']}" if isinstance(clip["emotion"], str) else ""
