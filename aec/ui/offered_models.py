"""Models that predictions can use: the bundled one and those of trainings."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from aec.errors import ModelFileError
from aec.settings import Settings
from aec.system.files import file_stamp
from aec.ui.run_records import TrainingRow, training_runs
from aec.ui.text import distinct

if TYPE_CHECKING:
    from aec.models.model import Model

# The id of the bundled model, and the widget key of the list of models.
BUNDLED = "bundled"
MODEL_WIDGET = "model-choice"
# A file may have 50 MB and small machines have 1 GB: few models stay in memory at a time.
_LOADED_AT_ONCE = 4


@dataclass(frozen=True)
class OfferedModel:
    """A model that can be chosen.

    Parameters
    ----------
    title : str
        Name in a list.
    short : str
        Name in a table.
    path : Path or None
        Of its file; None for the bundled model.
    """

    title: str
    short: str
    path: Path | None = None

    def load(self) -> "Model":
        """Return the model; raises ModelFileError."""
        return bundled_model() if self.path is None else model_at(self.path)


def offered_models(settings: Settings) -> dict[str, OfferedModel]:
    """Return all models by id: the bundled one, then the trained ones, newest first."""
    rows = [row for row in training_runs(settings) if row.has_model]
    titles = distinct({row.id: _title(row) for row in rows})
    trained = {row.id: OfferedModel(titles[row.id], f"Trained {row.when}", row.run.model_path) for row in rows}
    return {BUNDLED: OfferedModel("Bundled model", "Bundled"), **trained}


def choose_model(choice: str) -> None:
    """Select a model in the list: `BUNDLED` or the id of a run."""
    st.session_state[MODEL_WIDGET] = choice


def bundled_model() -> "Model":
    """Return the bundled model; raises ModelFileError where it is missing or damaged."""
    # Imported here, as below: onnxruntime loads slowly, and not every page needs it.
    from aec.prediction.predictor import BUNDLED_MODEL

    try:
        return model_at(BUNDLED_MODEL)
    except ModelFileError as error:
        remedy = "Install the program again; its own model came with it"
        raise ModelFileError(error.got, error.expected, remedy, kind=error.kind) from error


def model_at(path: Path) -> "Model":
    """Return the model in a file, loaded once for all sessions; raises ModelFileError."""
    return _loaded(str(path), file_stamp(path))


@st.cache_resource(max_entries=_LOADED_AT_ONCE, show_spinner=False)
def _loaded(path: str, stamp: tuple[int, int] | None) -> "Model":  # noqa: ARG001 - the cache's key
    from aec.models.model_file import load_model

    return load_model(Path(path))


def _title(row: TrainingRow) -> str:
    # As short as possible, with the protocol of the score; the line of the card gives the rest.
    score = "" if row.uar is None else f" · UAR {row.uar:.2f}, {row.protocol.split(',')[0]}"
    return f"{row.when}{score}" + ("" if row.state == "finished" else f", {row.state}")
