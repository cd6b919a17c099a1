"""Why the model answered as it did: what mattered in the clip, and how the voice sounds beside the training data."""

from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pandas as pd
import streamlit as st

from aec.charts.voice import descriptor_alt, descriptor_chart, drawn, finding, measure_text
from aec.charts.why import occlusion_alt, occlusion_chart
from aec.charts.words import titled
from aec.errors import AecError
from aec.features.descriptor_distribution import Distribution, read_distribution
from aec.features.voice_measures import MEASURES
from aec.prediction.occlusion import max_excerpt_s
from aec.ui.figures import show_figure
from aec.ui.messages import show_error
from aec.ui.prediction.answers import Answer, Heard
from aec.ui.prediction.whys import Why, compute, remembered

if TYPE_CHECKING:
    from aec.features import FeatureSpec
    from aec.models.model import Model
    from aec.prediction.occlusion import Occlusion


@st.fragment
def show_why(model: "Model", answer: Answer, heard: Heard) -> None:
    """Show on request what mattered for an answer, and the measures of the voice.

    Parameters
    ----------
    model : Model
        That gave the answer.
    answer : Answer
    heard : Heard
        Its outcome.
    """
    st.caption(
        "One part of the sound after the other is replaced by the clip's average, and the model is asked again: "
        "the more its answer falls, the more that part mattered."
    )
    spec = model.card.features[0]
    start_s = _chosen_start(answer, heard, max_excerpt_s(spec))
    why = remembered(answer, start_s) or _on_request(model, answer, heard, start_s)
    if why is None:
        return
    _show_occlusion(why, answer, spec)
    _show_descriptors(why, answer, read_distribution(model.card.extra))


def _chosen_start(answer: Answer, heard: Heard, longest_s: float) -> float | None:
    spare_s = heard.prediction.duration_s - longest_s
    if spare_s <= 0:
        return None
    chosen: float | None = st.number_input(
        f"Explain {longest_s:.1f} s from (s)",
        min_value=0.0,
        max_value=spare_s,
        value=None,
        step=1.0,
        format="%.1f",
        placeholder="The loudest part",
        help="The clip is too long to be explained at once.",
        key=f"why-start-{answer.key}",
    )
    return chosen


def _on_request(model: "Model", answer: Answer, heard: Heard, start_s: float | None) -> Why | None:
    place = st.empty()
    if not place.button("Show what mattered", icon=":material/troubleshoot:", key=f"why-ask-{answer.key}"):
        return None
    try:
        with place, st.spinner("Asking the model again without each part"):
            why = compute(model, answer, heard, start_s)
    except AecError as error:
        place.empty()
        show_error(error, "This answer cannot be explained")
        return None
    place.empty()
    return why


def _show_occlusion(why: Why, answer: Answer, spec: "FeatureSpec") -> None:
    found = why.occlusion
    show_figure(
        occlusion_chart(found, why.decibels, why.centres_hz),
        occlusion_alt(found),
        key=f"why-{answer.key}",
        table=_occlusion_table(found),
    )
    st.caption(" ".join([occlusion_alt(found), *_limits(found, spec)]))


def _limits(found: "Occlusion", spec: "FeatureSpec") -> list[str]:
    """Return what a reader of the figure has to know about this clip and this model."""
    told = []
    if not found.is_whole_clip:
        told.append(
            f"Shown are {found.start_s:.1f} to {found.end_s:.1f} s, judged by themselves; the answer above is that "
            "for the whole clip."
        )
    if not found.by_band:
        told.append("The model's coefficients are too few to tell frequencies apart, so only time is divided.")
    elif spec.kind == "mfcc":
        told.append("The model hears a smooth outline of the spectrum, so the borders between bands are blurred.")
    return [*told, "What is the same throughout the clip does not show."]


def _occlusion_table(found: "Occlusion") -> pd.DataFrame:
    times, bands = np.indices(found.drops.shape).reshape(2, -1)
    falls = found.drops.ravel()
    table = pd.DataFrame(
        {
            "From (s)": found.edges_s[times].round(2),
            "To (s)": found.edges_s[times + 1].round(2),
            "From (Hz)": found.edges_hz[bands].round(0),
            "To (Hz)": found.edges_hz[bands + 1].round(0),
            f"{titled(found.emotion)} without it (%)": (100 * (found.probability - falls)).round(1),
            "Falls by (points)": (100 * falls).round(1),
        }
    )
    return table.iloc[np.argsort(-falls, kind="stable")]


def _show_descriptors(why: Why, answer: Answer, usual: Distribution | None) -> None:
    values = msgspec.structs.asdict(why.descriptors)
    st.markdown("**How the voice sounds**")
    st.caption("The model does not use these measures. They describe the voice, and prove nothing about the speaker.")
    st.table(_values_table(values, usual), hide_index=True, border="horizontal", alt="Measures of the voice")
    if usual is None:
        st.caption("The model's card does not say what is usual in its training data.")
        return
    st.caption(
        "The dashed line is this clip. Each box holds the middle half of the training clips of an emotion, with the "
        "median as a line; its whiskers leave out a tenth at either end."
    )
    show_figure(
        descriptor_chart(values, usual),
        descriptor_alt(values, usual),
        key=f"voice-{answer.key}",
        table=_usual_table(values, usual),
    )


def _values_table(values: dict[str, float | None], usual: Distribution | None) -> pd.DataFrame:
    told = set() if usual is None else set(drawn(usual))
    rows = []
    for name, value in values.items():
        row = {"Measure": MEASURES[name].title, "This clip": titled(measure_text(name, value))}
        if usual is not None:
            row["Beside the training data"] = _after_value(finding(name, value, usual)) if name in told else ""
        rows.append({**row, "What it is": MEASURES[name].about})
    return pd.DataFrame(rows)


def _after_value(sentence: str) -> str:
    # The measure and its value stand in columns of their own.
    return titled(sentence.partition(": ")[2])


def _usual_table(values: dict[str, float | None], usual: Distribution) -> pd.DataFrame:
    rows = []
    for name in drawn(usual):
        factor = 100 if MEASURES[name].unit == "%" else 1
        for emotion, spreads in usual.items():
            if name in spreads:
                of = spreads[name]
                numbers = {"10%": of.p10, "25%": of.p25, "Median": of.p50, "75%": of.p75, "90%": of.p90}
                value = values[name]
                rows.append(
                    {
                        "Measure": f"{MEASURES[name].title} ({MEASURES[name].unit})",
                        "Emotion": titled(emotion),
                        "Clips": of.count,
                        **{title: round(factor * number, 2) for title, number in numbers.items()},
                        "This clip": None if value is None else round(factor * value, 2),
                    }
                )
    return pd.DataFrame(rows)
