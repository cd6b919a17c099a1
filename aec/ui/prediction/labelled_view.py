"""Where clips' names say what they express: how many answers are right, and what is taken for what."""

from collections.abc import Sequence

import streamlit as st

from aec.prediction.export import Result
from aec.prediction.labelled import labelled
from aec.ui.text import plain


def show_labelled(results: Sequence[Result], labels: tuple[str, ...]) -> None:
    """Show what the answers about clips with emotions in their names amount to; nothing where there are too few.

    Parameters
    ----------
    results : sequence of (str, Prediction or AecError)
    labels : tuple of str
        What the model tells apart.
    """
    found = labelled(results, labels)
    if found is None:
        return
    with st.expander("Right and wrong, by the clips' names", icon=":material/fact_check:"):
        # Imported here: charts take their time to load.
        from aec.ui.confusion_view import show_confusion

        st.markdown(f"**{found.sentence}**")
        show_confusion(labels, found.evaluation.confusion, "labelled-confusion")
        notes = [found.evaluation.interval_note]
        if found.unsure:
            notes.append(f"{found.unsure} answered by “unsure” count by their likeliest emotion.")
        if found.others:
            notes.append(f"{found.others} more clips carry no emotion that the model knows.")
        notes.append("If the model was trained on these speakers, new ones will do worse.")
        st.caption(plain(" ".join(notes)))
