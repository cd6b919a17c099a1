"""Training and prediction of each fold, with checkpoints of finished folds."""

import hashlib
import shutil
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import msgspec
import numpy as np
import pandas as pd

from aec.evaluation.splits import Fold
from aec.models.epoch_log import EpochLog
from aec.models.learner import FitCallbacks, FittedModel, Learner
from aec.runs.run import Run
from aec.system.blas import blas_threads
from aec.system.files import replacing
from aec.training.preparation import PreparedClips
from aec.training.progress import EpochProgress, FoldEnd, OnProgress
from aec.training.settings import TrainingSettings


@dataclass(frozen=True, eq=False)
class TrainingSession:
    """Inputs and callbacks of one training.

    Parameters
    ----------
    learner : Learner
    clips : PreparedClips
    settings : TrainingSettings
    run : Run
    on_progress : callable
    stop : threading.Event
        Once set, folds stop at their next epoch and keep their best one.
    """

    learner: Learner
    clips: PreparedClips
    settings: TrainingSettings
    run: Run
    on_progress: OnProgress
    stop: threading.Event


@dataclass(frozen=True, eq=False)
class FoldResult:
    """Predictions of one fold.

    Parameters
    ----------
    rows : np.ndarray [dtype=int64]
        Test clips, as rows of the table of prepared clips.
    logits : np.ndarray [shape=(len(rows), labels), dtype=float32]
        Outputs before the softmax: a temperature can be applied to them exactly.
    kept_epoch : int
    cancelled : bool
    fitted : FittedModel or None
        The model of a fold that was trained just now; None where the fold was read from its checkpoint.
    trained_on : np.ndarray or None
        The training clips of that model, as rows of the table.
    """

    rows: np.ndarray
    logits: np.ndarray
    kept_epoch: int
    cancelled: bool = False
    fitted: FittedModel | None = None
    trained_on: np.ndarray | None = None


def train_folds(session: TrainingSession, jobs: int) -> list[FoldResult]:
    """Train every fold that has no checkpoint yet, up to `jobs` of them side by side.

    Folds not begun when `session.stop` is set are left out; those under way keep their best epoch.
    """
    count = len(session.clips.split.folds)
    at_once = min(session.learner.at_once or jobs, count)
    with blas_threads(1), ThreadPoolExecutor(at_once) as pool:
        results = pool.map(lambda index: _fold_result(session, index, at_once), range(count))
        return [result for result in results if result is not None]


def _fold_result(session: TrainingSession, index: int, at_once: int) -> FoldResult | None:
    """Return a fold from its checkpoint or train it; None without an epoch."""
    folds = session.clips.split.folds
    fold, number = folds[index], index + 1
    path = session.run.checkpoints / f"fold-{number}.npz"
    key = _key(session, fold.train, fold.test)
    known = _read_fold(path, key)
    if known is not None or session.stop.is_set():
        return known

    def on_epoch(epoch: EpochLog) -> None:
        session.on_progress(
            EpochProgress(stage="fold", fold=number, folds=len(folds), at_once=at_once, **asdict(epoch))
        )

    callbacks = FitCallbacks(on_epoch, session.stop.is_set, path.with_suffix(""), key)
    try:
        result = _train_fold(session, fold, callbacks)
        if result.fitted is not None and result.kept_epoch:
            session.on_progress(FoldEnd(fold=number, folds=len(folds), epoch=result.fitted.epochs))
    except BaseException:
        # The training has failed: end the other folds, too.
        session.stop.set()
        raise
    if not result.cancelled:
        _write_fold(path, key, result)
        shutil.rmtree(callbacks.checkpoints, ignore_errors=True)
    return result if result.kept_epoch else None


def _train_fold(session: TrainingSession, fold: Fold, callbacks: FitCallbacks) -> FoldResult:
    train_rows, validation = hold_out(session.clips.table, fold, session.settings)
    fitted = session.learner.fit(train_rows, validation, callbacks)
    return FoldResult(fold.test, fitted.logits(fold.test), fitted.kept_epoch, fitted.cancelled, fitted, train_rows)


def hold_out(table: pd.DataFrame, fold: Fold, settings: TrainingSettings) -> tuple[np.ndarray, np.ndarray]:
    """Return training and validation rows: whole speakers, unless split randomly."""
    share = settings.recipe.validation_share
    if share == 0:
        return fold.train, np.empty(0, dtype=np.int64)
    rng = np.random.default_rng(settings.recipe.seed)
    speakers = table["speaker"].to_numpy(dtype=object)[fold.train]
    known = pd.notna(speakers)
    names = np.unique(speakers[known].astype(str))
    if settings.split == "random" or not known.all() or len(names) < 4:
        chosen = rng.permutation(len(fold.train))[: max(1, round(share * len(fold.train)))]
        held = np.zeros(len(fold.train), dtype=bool)
        held[chosen] = True
    else:
        held = np.isin(speakers, rng.permutation(names)[: max(1, round(share * len(names)))])
    return fold.train[~held], fold.train[held]


def train_final(session: TrainingSession, results: Sequence[FoldResult]) -> FittedModel:
    """Train on every clip; with early stopping, for the folds' best epochs."""
    rows = np.arange(len(session.clips.table))
    checkpoints = session.run.checkpoints / "final"

    def on_epoch(epoch: EpochLog) -> None:
        session.on_progress(EpochProgress(stage="final", **asdict(epoch)))

    callbacks = FitCallbacks(on_epoch, session.stop.is_set, checkpoints, _key(session, rows, rows[:0]))
    with blas_threads(1):
        fitted = session.learner.fit_all(rows, [result.kept_epoch for result in results], callbacks)
    if not fitted.cancelled:
        shutil.rmtree(checkpoints, ignore_errors=True)
    return fitted


def _key(session: TrainingSession, train: np.ndarray, test: np.ndarray) -> str:
    # Without the names of the folders: the digest identifies the clips.
    settings = msgspec.structs.replace(session.settings, data=()).to_config()
    text = repr((session.clips.digest, session.clips.labels, settings, train.tolist(), test.tolist()))
    return hashlib.sha256(text.encode()).hexdigest()


def _write_fold(path: Path, key: str, result: FoldResult) -> None:
    with replacing(path) as aside, aside.open("wb") as file:
        np.savez(file, key=np.array(key), rows=result.rows, logits=result.logits, epoch=result.kept_epoch)


def _read_fold(path: Path, key: str) -> FoldResult | None:
    """Read a finished fold; a damaged or foreign checkpoint counts as none."""
    try:
        with np.load(path, allow_pickle=False) as saved:
            if str(saved["key"]) != key:
                return None
            return FoldResult(saved["rows"], saved["logits"], int(saved["epoch"]))
    except (OSError, ValueError, KeyError, EOFError):
        return None
