"""How far a run is and how long it may still take, from its progress records."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aec.settings import usable_cores

# Shares of a training's bar: features, folds, and what is left is the final model.
_EXTRACT, _FOLDS, _SAVING = 0.1, 0.75, 0.98
_TOO_EARLY = 0.02

Records = Sequence[dict[str, Any]]


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    Parameters
    ----------
    share : float or None
        Of the work that is done, 0 to 1; None where it is not known.
    step : str
        What is being done, in words.
    remaining_s : float or None
        Seconds that are left, at the pace so far.
    at_most : bool
        The seconds are a bound rather than a guess: training mostly stops before its last epoch.
    """

    share: float | None
    step: str
    remaining_s: float | None = None
    at_most: bool = False


def progress_of(records: Records, now: float) -> Progress:
    """Return how far a run is.

    Parameters
    ----------
    records : sequence of dict
        As `Run.progress` gives them, oldest first.
    now : float
        Seconds since the epoch.
    """
    if not records:
        return Progress(None, "Starting")
    try:
        return _of_stage(records, now)
    except (KeyError, TypeError, ValueError):
        # Records of another version of this program, or damaged ones: the run goes on all the same.
        return Progress(None, "Under way")


def _of_stage(records: Records, now: float) -> Progress:
    last = records[-1]
    if last["stage"] == "benchmark":
        return _of_benchmark(records, now)
    if last["stage"] == "extract":
        done = last["done"] / max(last["total"], 1)
        return Progress(_EXTRACT * done, f"Features: {last['done']} of {last['total']} clips")
    if last["stage"] == "saving":
        return Progress(_SAVING, "Saving the model")
    if last["stage"] == "final":
        return _of_final_model(records, now)
    return _of_folds([record for record in records if record["stage"] != "report"], now)


def _of_benchmark(records: Records, now: float) -> Progress:
    last = records[-1]
    share = last["done"] / max(last["total"], 1)
    step = f"Repeat {min(last['repeat'], last['repeats'])} of {last['repeats']}"
    step = f"{step}: {last['title']}" if last["title"] else step
    if share <= _TOO_EARLY:
        return Progress(share, step)
    # The versions take very different times; a whole repeat is what the next one will be like.
    started = next((record["time"] for record in records if record["title"] != "Warming up"), last["time"])
    return Progress(share, step, max(0.0, (last["time"] - started) / share * (1 - share) - (now - last["time"])))


def _of_folds(records: Records, now: float) -> Progress:
    folds = [record for record in records if record["stage"] == "fold"]
    ended = {record["fold"]: record["epoch"] for record in records if record["stage"] == "fold-end"}
    last = (folds or list(records))[-1]
    total = int(last["folds"])
    reached = {record["fold"]: record["epoch"] for record in folds}
    expected = _expected_epochs(records)
    parts = [1.0 if fold in ended else min(reached.get(fold, 0) / expected, 0.95) for fold in range(1, total + 1)]
    done = sum(parts) / total
    step = f"Fold {last['fold']} of {total}: epoch {last['epoch']}"
    share = _EXTRACT + _FOLDS * done
    if done <= _TOO_EARLY or not folds:
        return Progress(share, step)
    whole = (last["time"] - folds[0]["time"]) / done
    # The final model has more clips than a fold, and what the folds shared for itself.
    final = whole * int(last.get("at_once", min(usable_cores(), total))) / max(total - 1, 1)
    left = whole * (1 - done) + final - (now - last["time"])
    return Progress(share, step, max(0.0, left), at_most=not ended)


def _of_final_model(records: Records, now: float) -> Progress:
    final = [record for record in records if record["stage"] == "final"]
    last = final[-1]
    ended = any(record["stage"] == "fold-end" for record in records)
    done = min(last["epoch"] / _expected_epochs(records), 0.95)
    share, step = _EXTRACT + _FOLDS + (1 - _EXTRACT - _FOLDS) * done, f"Final model: epoch {last['epoch']}"
    if len(final) < 2:
        return Progress(share, step)
    pace = (last["time"] - final[0]["time"]) / max(last["epoch"] - final[0]["epoch"], 1)
    left = pace * last["epoch"] / done * (1 - done) - (now - last["time"])
    return Progress(share, step, max(0.0, left), at_most=not ended)


def _expected_epochs(records: Records) -> float:
    """Return after how many epochs a training ends: as the folds that ended did, or the most it may take."""
    ended = [record["epoch"] for record in records if record["stage"] == "fold-end"]
    if ended:
        return float(max(sum(ended) / len(ended), 1.0))
    epochs = [record["epochs"] for record in records if "epochs" in record]
    return float(max(epochs, default=1))
