"""Progress of a run and its remaining time, computed from its progress records."""

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from aec.settings import usable_cores

# Shares of a training's progress bar: features, folds, and the rest is the final model.
_EXTRACT, _FOLDS, _SAVING = 0.1, 0.75, 0.98
_TOO_EARLY = 0.02


class JobProgress(msgspec.Struct, frozen=True):
    """Progress of a run.

    Parameters
    ----------
    share : float or None
        Share of the work that is done, 0 to 1; None if unknown.
    step : str
        Current step, for the user.
    remaining_s : float or None
        Estimated remaining seconds at the pace so far.
    at_most : bool
        The seconds are an upper bound: training usually stops before its last epoch.
    """

    share: float | None
    step: str
    remaining_s: float | None = None
    at_most: bool = False


class _Record(msgspec.Struct, frozen=True, kw_only=True):
    """Fields of the progress records of all stages that progress depends on."""

    stage: Literal["extract", "fold", "fold-end", "final", "report", "saving", "benchmark"]
    time: float
    done: int = 0
    total: int = 1
    fold: int | None = None
    folds: int | None = None
    at_once: int | None = None
    epoch: int = 0
    epochs: int = 1
    repeat: int = 1
    repeats: int = 1
    title: str = ""


def progress_of(records: Iterable[object], now: float) -> JobProgress:
    """Compute the progress of a run.

    Parameters
    ----------
    records : iterable of object
        As `Run.progress` returns them, oldest first; those of another form, such as another version's, are skipped.
    now : float
        Seconds since the epoch.

    Returns
    -------
    JobProgress
    """
    known: list[_Record] = []
    is_empty = True
    for record in records:
        is_empty = False
        try:
            known.append(msgspec.convert(record, _Record))
        except msgspec.ValidationError:
            continue
    if not known:
        return JobProgress(None, "Starting" if is_empty else "Running")
    last = known[-1]
    match last.stage:
        case "benchmark":
            return _of_benchmark(known, now)
        case "extract":
            share = _EXTRACT * last.done / max(last.total, 1)
            return JobProgress(share, f"Features: {last.done} of {last.total} clips")
        case "saving":
            return JobProgress(_SAVING, "Saving the model")
        case "final":
            return _of_final_model(known, now)
    return _of_folds([record for record in known if record.folds], now)


def _of_benchmark(records: Sequence[_Record], now: float) -> JobProgress:
    last = records[-1]
    share = last.done / max(last.total, 1)
    step = f"Repeat {min(last.repeat, last.repeats)} of {last.repeats}"
    step = f"{step}: {last.title}" if last.title else step
    if share <= _TOO_EARLY:
        return JobProgress(share, step)
    # The versions take very different times: the pace is that of whole repeats.
    started = next((record.time for record in records if record.title != "Warming up"), last.time)
    return JobProgress(share, step, max(0.0, (last.time - started) / share * (1 - share) - (now - last.time)))


def _of_folds(records: Sequence[_Record], now: float) -> JobProgress:
    folds = [record for record in records if record.stage == "fold"]
    if not records:
        return JobProgress(None, "Running")
    ended = {record.fold for record in records if record.stage == "fold-end"}
    last = (folds or records)[-1]
    total = last.folds or 1
    reached = {record.fold: record.epoch for record in folds}
    expected = _expected_epochs(records)
    done = sum(1.0 if n in ended else min(reached.get(n, 0) / expected, 0.95) for n in range(1, total + 1)) / total
    step = f"Fold {last.fold} of {total}: epoch {last.epoch}"
    share = _EXTRACT + _FOLDS * done
    if done <= _TOO_EARLY or not folds:
        return JobProgress(share, step)
    whole = (last.time - folds[0].time) / done
    # The final model has more clips than a fold, and all cores that the folds shared.
    final = whole * (last.at_once or min(usable_cores(), total)) / max(total - 1, 1)
    left = whole * (1 - done) + final - (now - last.time)
    return JobProgress(share, step, max(0.0, left), at_most=not ended)


def _of_final_model(records: Sequence[_Record], now: float) -> JobProgress:
    final = [record for record in records if record.stage == "final"]
    first, last = final[0], final[-1]
    done = min(last.epoch / _expected_epochs(records), 0.95)
    share, step = _EXTRACT + _FOLDS + (1 - _EXTRACT - _FOLDS) * done, f"Final model: epoch {last.epoch}"
    if len(final) < 2 or not done:
        return JobProgress(share, step)
    pace = (last.time - first.time) / max(last.epoch - first.epoch, 1)
    left = pace * last.epoch / done * (1 - done) - (now - last.time)
    return JobProgress(share, step, max(0.0, left), at_most=all(record.stage != "fold-end" for record in records))


def _expected_epochs(records: Sequence[_Record]) -> float:
    """Return the mean epochs of the ended folds, or the maximum if none has ended."""
    ended = [record.epoch for record in records if record.stage == "fold-end"]
    if ended:
        return max(sum(ended) / len(ended), 1.0)
    return float(max((record.epochs for record in records), default=1)) or 1.0
