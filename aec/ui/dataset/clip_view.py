"""One clip on the Dataset page: problems, a player, figures of its sound."""

from collections.abc import Hashable, Mapping

import numpy as np
import pandas as pd
import streamlit as st

from aec.audio import Sound, SoundFacts, decode, inspect
from aec.charts.clip import (
    matrix_alt,
    matrix_chart,
    spectrogram_alt,
    spectrogram_chart,
    waveform_alt,
    waveform_chart,
)
from aec.errors import AecError
from aec.features import FeatureSpec, fit_frames, from_waveform, prepare
from aec.settings import Settings
from aec.ui.dataset.loading import Dataset
from aec.ui.envelope import envelope
from aec.ui.figures import show_figure
from aec.ui.messages import error_text
from aec.ui.players import read_clip, show_player
from aec.ui.sound_text import container_title
from aec.ui.spectrogram import band_centres_hz, mel_spectrogram
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
        sound = decode(content, name=str(clip["name"]))
    except AecError as error:
        st.warning(error_text(error), title="No features can be taken from it", icon=":material/graphic_eq:")
        return
    _show_figures(sound)


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


def _show_figures(sound: Sound) -> None:
    spec = FeatureSpec()
    # As `aec.features.extract` does it; the resampled sound is needed twice.
    prepared = prepare(sound.waveform, sound.sampling_rate, spec)
    _show_waveform(sound)
    left, right = st.columns(2, gap="large")
    with left:
        _show_spectrogram(prepared, spec, sound.facts.duration_s)
    with right:
        _show_matrix(from_waveform(prepared, spec), spec)


def _show_waveform(sound: Sound) -> None:
    times, lowest, highest = envelope(sound.waveform, sound.sampling_rate)
    show_figure(
        waveform_chart(times, lowest, highest),
        waveform_alt(lowest, highest, sound.facts.duration_s),
        "clip-waveform",
        pd.DataFrame({"Time (s)": times, "Lowest": lowest, "Highest": highest}).round(4),
    )


def _show_spectrogram(waveform: np.ndarray, spec: FeatureSpec, duration_s: float) -> None:
    st.markdown("**Mel spectrogram**")
    st.caption("The input of the coefficients: 128 mel bands at 44.1 kHz, in dB below the loudest cell.")
    decibels, centres_hz = mel_spectrogram(waveform, spec), band_centres_hz(spec)
    # A row per cell would be too much for a table.
    bands = {
        "Band (Hz)": centres_hz.round(0),
        "Mean (dB)": decibels.mean(axis=1).round(1),
        "Loudest (dB)": decibels.max(axis=1).round(1),
    }
    figure, alt = spectrogram_chart(decibels, duration_s, centres_hz), spectrogram_alt(decibels, centres_hz)
    show_figure(figure, alt, "clip-mel", pd.DataFrame(bands))


def _show_matrix(coefficients: np.ndarray, spec: FeatureSpec) -> None:
    frames, matrix = len(coefficients), fit_frames(coefficients, spec.max_frames)
    st.markdown("**MFCCs as the described model gets them**")
    st.caption(padding_sentence(frames, len(matrix), spec.hop_s))
    table = pd.DataFrame(matrix.round(2), columns=[f"MFCC {n}" for n in range(matrix.shape[1])])
    table.insert(0, "Frame", range(len(table)))
    table.insert(1, "Time (s)", (table["Frame"] * spec.hop_s).round(3))
    table.insert(2, "From", np.where(table["Frame"] < frames, "clip", "padding"))
    show_figure(matrix_chart(matrix, frames, spec.hop_s), matrix_alt(matrix, frames), "clip-mfcc", table)


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
