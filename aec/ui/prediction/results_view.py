"""Predictions for all clips: table, errors, score by names, downloads."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from aec.charts.words import counted, titled
from aec.prediction.export import ClipResult, results_csv, results_json
from aec.prediction.labelled import score_labelled
from aec.ui.download import download
from aec.ui.messages import error_text
from aec.ui.prediction.clip_predictions import ClipOutcome, FailedClip, PredictedClip, added_since_last_run
from aec.ui.prediction.prediction_view import show_prediction
from aec.ui.sound_text import quality_texts
from aec.ui.text import plain

if TYPE_CHECKING:
    from aec.models.model import Model


def show_results(outcomes: Sequence[ClipOutcome], model: "Model") -> None:
    """Show the outcome of each clip; with several predictions, a table first.

    Parameters
    ----------
    outcomes : sequence of ClipOutcome
    model : Model
        The model that predicted.
    """
    predicted = [outcome for outcome in outcomes if isinstance(outcome, PredictedClip)]
    predicted.sort(key=lambda clip: -clip.prediction.confidence)
    added = added_since_last_run(outcomes)
    row = 0
    if len(predicted) > 1:
        st.subheader(f"{counted(len(predicted), 'prediction')}, the most confident first", anchor=False)
        row = _selected_row(predicted, added)
    _show_failures([outcome for outcome in outcomes if isinstance(outcome, FailedClip)])
    if predicted:
        show_prediction(predicted[row], model.card, model)
        results: list[ClipResult] = [
            (outcome.clip.name, outcome.prediction if isinstance(outcome, PredictedClip) else outcome.error)
            for outcome in outcomes
        ]
        _show_labelled_score(results, model.card.labels)
        with st.container(horizontal=True):
            download("Download CSV", lambda: results_csv(model.card.labels, results), "predictions.csv")
            download("Download JSON", lambda: results_json(model.card.name, results), "predictions.json")


def prediction_row(clip: PredictedClip) -> dict[str, str | float]:
    """Return the first columns of a table row for a prediction."""
    prediction = clip.prediction
    return {
        "Clip": clip.clip.name,
        "Prediction": prediction.headline if prediction.unsure else titled(prediction.emotion),
        "Confidence": 100 * prediction.confidence,
    }


def select_row(
    name: str,
    keys: Sequence[str],
    rows: Sequence[Mapping[str, str | float]],
    first: int | None,
    alt: str,
    *,
    required: bool = False,
) -> int | None:
    """Show a table of predictions and return the number of the selected row.

    Parameters
    ----------
    name : str
        Beginning of the widget's key.
    keys : sequence of str [shape=(n,)]
        Of the predictions. Other predictions get another widget, because a selection is a row number.
    rows : sequence of mapping [shape=(n,)]
    first : int or None
        Row that is selected at first.
    alt : str
    required : bool
        One row is always selected.
    """
    event = st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        column_config={
            "Confidence": st.column_config.ProgressColumn(
                "Confidence (%)", format="%.0f", min_value=0, max_value=100
            ),
            "Length (s)": st.column_config.NumberColumn(format="%.1f"),
        },
        on_select="rerun",
        selection_mode="single-row-required" if required else "single-row",
        selection_default={"selection": {"rows": [] if first is None else [first]}},
        key=f"{name}-{hashlib.blake2b(' '.join(keys).encode(), digest_size=8).hexdigest()}",
        alt=alt,
    )
    selected = event["selection"]["rows"]
    return selected[0] if selected and selected[0] < len(rows) else None


def _show_failures(failed: Sequence[FailedClip]) -> None:
    if failed:
        lines = [_failure_text(plain(outcome.clip.name), error_text(outcome.error)) for outcome in failed]
        title = "This clip cannot be used" if len(failed) == 1 else f"{len(failed)} clips cannot be used"
        st.error("  \n".join(lines), title=title, icon=":material/error:")


def _failure_text(name: str, reason: str) -> str:
    # Most reasons begin with the name themselves.
    rest = reason.removeprefix(name)
    return f"**{name}**{rest}" if rest != reason else f"**{name}**: {reason}"


def _selected_row(predicted: Sequence[PredictedClip], added: str | None) -> int:
    """Show the table and return the selected row; at first the clip added last."""
    keys = [clip.key for clip in predicted]
    rows = [
        {
            **prediction_row(clip),
            "Length (s)": clip.prediction.duration_s,
            "Notes": " ".join(quality_texts(clip.prediction.notes)),
        }
        for clip in predicted
    ]
    alt = "Predictions for all clips; the selected row is shown below"
    row = select_row("results", keys, rows, keys.index(added) if added in keys else 0, alt, required=True)
    st.caption("Select a row to open it.")
    return row or 0


def _show_labelled_score(results: Sequence[ClipResult], labels: tuple[str, ...]) -> None:
    """Show the score on clips whose names carry an emotion, if there are enough."""
    score = score_labelled(results, labels)
    if score is None:
        return
    with st.expander("Right and wrong, by the clips' names", icon=":material/fact_check:"):
        # Imported here: charts load slowly.
        from aec.ui.confusion_view import show_confusion

        st.markdown(f"**{score.sentence}**")
        show_confusion(labels, score.evaluation.confusion, "labelled-confusion")
        notes = [score.evaluation.interval_note]
        if score.unsure:
            notes.append(f"{score.unsure} unsure predictions count by their likeliest emotion.")
        if score.others:
            notes.append(f"{score.others} more clips carry no emotion that the model knows.")
        notes.append("If the model was trained on these speakers, new ones will do worse.")
        st.caption(plain(" ".join(notes)))
