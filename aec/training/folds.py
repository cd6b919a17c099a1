"""Train on one side of each fold and answer for the other; finished folds survive a kill."""

import hashlib
import shutil
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from aec.evaluation.splits import Fold
from aec.models.epoch import Epoch
from aec.models.learner import Fitted, Learner, Watch
from aec.runs.run import Run
from aec.training.material import Material, Progress
from aec.training.settings import TrainingSettings


@dataclass(frozen=True, eq=False)
class FoldResult:
    """The answers of one fold.

    Parameters
    ----------
    rows : np.ndarray [dtype=int64]
        Test clips, as rows of the material's table.
    logits : np.ndarray [shape=(len(rows), labels), dtype=float32]
        Outputs before the softmax: a temperature can be applied to them exactly.
    kept_epoch : int
    cancelled : bool
    fitted : Fitted or None
        The model of a fold that was trained just now; a resumed fold has its answers alone.
    trained_on : np.ndarray or None
        Clips that taught that model, as rows of the material's table.
    """

    rows: np.ndarray
    logits: np.ndarray
    kept_epoch: int
    cancelled: bool = False
    fitted: Fitted | None = None
    trained_on: np.ndarray | None = None


def train_folds(
    learner: Learner,
    material: Material,
    settings: TrainingSettings,
    run: Run,
    jobs: int,
    tell: Progress,
    stop: threading.Event,
) -> list[FoldResult]:
    """Train every fold that has no checkpoint yet, up to `jobs` of them side by side.

    Folds not begun when `stop` is set are left out; those under way keep their best epoch.
    """
    count = len(material.split.folds)
    at_once = min(learner.at_once or jobs, count)

    def one(number: int) -> FoldResult | None:
        fold = material.split.folds[number]
        path = run.checkpoints / f"fold-{number + 1}.npz"
        key = _key(material, settings, fold.train, fold.test)
        known = _read_fold(path, key)
        if known is not None or stop.is_set():
            return known
        facts = {"stage": "fold", "fold": number + 1, "folds": count, "at_once": at_once}
        watch = Watch(_teller(tell, facts), stop.is_set, path.with_suffix(""), key)
        try:
            result = _train_fold(learner, material, settings, fold, watch)
            if result.fitted is not None and result.kept_epoch:
                tell({"stage": "fold-end", "fold": number + 1, "folds": count, "epoch": result.fitted.epochs})
        except BaseException:
            # The other folds need not go on for an answer that nobody will get.
            stop.set()
            raise
        if not result.cancelled:
            _write_fold(path, key, result)
            shutil.rmtree(watch.checkpoints, ignore_errors=True)
        return result if result.kept_epoch else None

    with _one_blas_thread(), ThreadPoolExecutor(at_once) as pool:
        return [result for result in pool.map(one, range(count)) if result is not None]


def _train_fold(
    learner: Learner, material: Material, settings: TrainingSettings, fold: Fold, watch: Watch
) -> FoldResult:
    train_rows, validation = _hold_out(material, fold, settings)
    fitted = learner.fit(train_rows, validation, watch)
    return FoldResult(fold.test, fitted.logits(fold.test), fitted.kept_epoch, fitted.cancelled, fitted, train_rows)


def _hold_out(material: Material, fold: Fold, settings: TrainingSettings) -> tuple[np.ndarray, np.ndarray]:
    """Set validation clips aside from the training side: whole speakers where the split goes by speakers."""
    share = settings.recipe.validation_share
    if share == 0:
        return fold.train, np.empty(0, dtype=np.int64)
    rng = np.random.default_rng(settings.recipe.seed)
    speakers = material.table["speaker"].to_numpy(dtype=object)[fold.train]
    known = pd.notna(speakers)
    names = np.unique(speakers[known].astype(str))
    if settings.split == "random" or not known.all() or len(names) < 4:
        chosen = rng.permutation(len(fold.train))[: max(1, round(share * len(fold.train)))]
        held = np.zeros(len(fold.train), dtype=bool)
        held[chosen] = True
    else:
        held = np.isin(speakers, rng.permutation(names)[: max(1, round(share * len(names)))])
    return fold.train[~held], fold.train[held]


def train_final(
    learner: Learner,
    material: Material,
    settings: TrainingSettings,
    results: Sequence[FoldResult],
    run: Run,
    tell: Progress,
    stop: threading.Event,
) -> Fitted:
    """Train on every clip; with early stopping, for as many epochs as the folds found best."""
    rows = np.arange(len(material.table))
    place = run.checkpoints / "final"
    facts = {"stage": "final", "fold": None, "folds": None}
    watch = Watch(_teller(tell, facts), stop.is_set, place, _key(material, settings, rows, rows[:0]))
    with _one_blas_thread():
        fitted = learner.fit_all(rows, [result.kept_epoch for result in results], watch)
    if not fitted.cancelled:
        shutil.rmtree(place, ignore_errors=True)
    return fitted


def _teller(tell: Progress, facts: dict[str, Any]) -> Callable[[Epoch], None]:
    def on_epoch(epoch: Epoch) -> None:
        tell({**facts, **asdict(epoch)})

    return on_epoch


def _key(material: Material, settings: TrainingSettings, train: np.ndarray, test: np.ndarray) -> str:
    text = repr((material.digest, material.labels, settings.to_dict(), train.tolist(), test.tolist()))
    return hashlib.sha256(text.encode()).hexdigest()


def _write_fold(path: Path, key: str, result: FoldResult) -> None:
    aside = path.with_name(f".{path.name}")
    with aside.open("wb") as file:
        np.savez(file, key=np.array(key), rows=result.rows, logits=result.logits, epoch=result.kept_epoch)
    aside.replace(path)


def _read_fold(path: Path, key: str) -> FoldResult | None:
    """Return a fold that was finished before; a damaged or foreign checkpoint counts as none."""
    try:
        with np.load(path, allow_pickle=False) as saved:
            if str(saved["key"]) != key:
                return None
            return FoldResult(saved["rows"], saved["logits"], int(saved["epoch"]))
    except (OSError, ValueError, KeyError, EOFError):
        return None


def _one_blas_thread() -> Any:
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1, user_api="blas")
