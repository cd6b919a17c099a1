"""The answers for all clips: failures beside their names, a table to choose from, files to take along."""

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from aec.charts.words import counted, titled
from aec.errors import AecError
from aec.prediction.export import Result, results_csv, results_json
from aec.ui.download import download
from aec.ui.messages import error_text
from aec.ui.prediction.answer_view import show_answer
from aec.ui.prediction.answers import Answer, Heard, failed, heard, newest
from aec.ui.prediction.labelled_view import show_labelled
from aec.ui.sound_words import quality_of
from aec.ui.text import plain

if TYPE_CHECKING:
    from aec.models.card import ModelCard
    from aec.models.model import Model
    from aec.prediction.predictor import Prediction


def show_results(answers: Sequence[Answer], model: "Model") -> None:
    """Show what came of the clips; with several, a table first.

    Parameters
    ----------
    answers : sequence of Answer
    model : Model
        Which gave them.
    """
    good, bad = heard(answers), failed(answers)
    fresh = newest(answers)
    opened = 0
    if len(good) > 1:
        st.subheader(f"{counted(len(good), 'answer')}, the surest first", anchor=False)
        opened = _choice(good, fresh)
    if bad:
        _show_failures(bad)
    if good:
        show_answer(*good[opened], model.card, model)
        results = [
            (answer.clip.name, answer.outcome.prediction if isinstance(answer.outcome, Heard) else answer.outcome)
            for answer in answers
        ]
        show_labelled(results, model.card.labels)
        _show_export(results, model.card)


def answer_words(prediction: "Prediction") -> str:
    """Return an answer as it stands in a table."""
    if prediction.unsure:
        return f"Unsure: {prediction.emotion} or {prediction.second}"
    return titled(prediction.emotion)


def _show_failures(bad: Sequence[tuple[Answer, AecError]]) -> None:
    lines = [_failure_text(plain(answer.clip.name), error_text(error)) for answer, error in bad]
    title = "This clip cannot be used" if len(bad) == 1 else f"{len(bad)} clips cannot be used"
    st.error("  \n".join(lines), title=title, icon=":material/error:")


def _failure_text(name: str, reason: str) -> str:
    # Most reasons begin with the name themselves.
    rest = reason.removeprefix(name)
    return f"**{name}**{rest}" if rest != reason else f"**{name}**: {reason}"


def _choice(good: Sequence[tuple[Answer, Heard]], fresh: str | None) -> int:
    """Show the table and return the row that is to be opened; at first the clip that was added last."""
    keys = [answer.key for answer, _ in good]
    table = pd.DataFrame([_row(answer, found) for answer, found in good])
    event = st.dataframe(
        table,
        hide_index=True,
        column_config={
            "Confidence": st.column_config.ProgressColumn(
                "Confidence (%)", format="%.0f", min_value=0, max_value=100
            ),
            "Length (s)": st.column_config.NumberColumn(format="%.1f"),
        },
        on_select="rerun",
        selection_mode="single-row-required",
        selection_default={"selection": {"rows": [keys.index(fresh) if fresh in keys else 0]}},
        # Another set of clips is another table, with its own first row.
        key=f"answers-{hashlib.blake2b(' '.join(keys).encode(), digest_size=8).hexdigest()}",
        alt="Answers for all clips; the selected row is shown below",
    )
    st.caption("Select a row to open it.")
    rows = event["selection"]["rows"]
    return rows[0] if rows and rows[0] < len(good) else 0


def _row(answer: Answer, found: Heard) -> dict[str, str | float]:
    prediction = found.prediction
    return {
        "Clip": answer.clip.name,
        "Answer": answer_words(prediction),
        "Confidence": 100 * prediction.confidence,
        "Length (s)": prediction.duration_s,
        "Notes": " ".join(quality_of(prediction.notes)),
    }


def _show_export(results: Sequence[Result], card: "ModelCard") -> None:
    with st.container(horizontal=True):
        download("Download CSV", lambda: results_csv(card.labels, results), "predictions.csv")
        download("Download JSON", lambda: results_json(card.name, results), "predictions.json")
