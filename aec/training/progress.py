"""Progress records of a training, as `progress.jsonl` holds them."""

from collections.abc import Callable, Iterable

import msgspec


class ExtractionProgress(msgspec.Struct, frozen=True, kw_only=True):
    """Clips whose features are extracted."""

    done: int
    total: int
    stage: str = "extract"


class EpochProgress(msgspec.Struct, frozen=True, kw_only=True):
    """An epoch of a fold or of the final model.

    Parameters
    ----------
    stage : {"fold", "final"}
    fold, folds : int or None
        Number of the fold, from 1, and how many there are; None for the final model.
    at_once : int or None
        How many folds train side by side.
    epoch, epochs : int
        Number of the epoch, from 1, and how many there are at most.
    loss : float
        Mean over the training clips.
    validation_uar : float or None
    """

    stage: str
    epoch: int
    epochs: int = 0
    loss: float | None = None
    validation_uar: float | None = None
    fold: int | None = None
    folds: int | None = None
    at_once: int | None = None


class FoldEnd(msgspec.Struct, frozen=True, kw_only=True):
    """The end of a fold after so many epochs."""

    fold: int
    folds: int
    epoch: int
    stage: str = "fold-end"


class StageStart(msgspec.Struct, frozen=True, kw_only=True):
    """The begin of a stage without steps: `report` or `saving`."""

    stage: str


ProgressRecord = ExtractionProgress | EpochProgress | FoldEnd | StageStart
OnProgress = Callable[[ProgressRecord], None]


def epoch_records(records: Iterable[object]) -> list[EpochProgress]:
    """Return the epochs among the records of a run; what has another form is left out."""
    epochs = []
    for record in records:
        try:
            found = msgspec.convert(record, EpochProgress)
        except msgspec.ValidationError:
            continue
        if found.stage in {"fold", "final"} and (found.stage == "final" or found.fold is not None):
            epochs.append(found)
    return epochs
