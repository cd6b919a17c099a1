"""Train on one side of each fold and answer for the other; finished folds survive a kill."""

import hashlib
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from aec.models.epoch import Epoch
from aec.models.mlp import FittedMlp, fit_mlp
from aec.runs import Run
from aec.settings import usable_cores
from aec.splits import Fold
from aec.training.material import Material, Progress
from aec.training.settings import TrainingSettings


@dataclass(frozen=True, eq=False)
class FoldResult:
    """The answers of one fold.

    Parameters
    ----------
    rows : np.ndarray [dtype=int64]
        Test clips, as rows of the material's table.
    probabilities : np.ndarray [shape=(len(rows), labels)]
        Not calibrated.
    kept_epoch : int
    cancelled : bool
    fitted : FittedMlp or None
        The model of a fold that was trained just now; a resumed fold has its answers alone.
    trained_on : np.ndarray or None
        Clips that taught that model, as rows of the material's table.
    """

    rows: np.ndarray
    probabilities: np.ndarray
    kept_epoch: int
    cancelled: bool = False
    fitted: FittedMlp | None = None
    trained_on: np.ndarray | None = None


def train_folds(
    material: Material, settings: TrainingSettings, run: Run, jobs: int, tell: Progress, stop: threading.Event
) -> list[FoldResult]:
    """Train every fold that has no checkpoint yet, `jobs` of them side by side.

    Folds not begun when `stop` is set are left out; those under way keep their best epoch.
    """

    def one(number: int) -> FoldResult | None:
        fold = material.split.folds[number]
        path = run.checkpoints / f"fold-{number + 1}.npz"
        key = _fold_key(material, settings, fold)
        known = _read_fold(path, key)
        if known is not None or stop.is_set():
            return known
        try:
            result = _train_fold(material, settings, fold, number, tell, stop)
            if result.fitted is not None:
                epochs = len(result.fitted.curve)
                count = len(material.split.folds)
                tell({"stage": "fold-end", "fold": number + 1, "folds": count, "epoch": epochs})
        except BaseException:
            # The other folds need not go on for an answer that nobody will get.
            stop.set()
            raise
        if not result.cancelled:
            _write_fold(path, key, result)
        return result

    count = len(material.split.folds)
    with _one_blas_thread(), ThreadPoolExecutor(min(jobs, count)) as pool:
        return [result for result in pool.map(one, range(count)) if result is not None]


def _train_fold(
    material: Material, settings: TrainingSettings, fold: Fold, number: int, tell: Progress, stop: threading.Event
) -> FoldResult:
    train_rows, validation = _hold_out(material, fold, settings)
    fitted = fit_mlp(
        material.features,
        train_rows,
        material.targets,
        len(material.labels),
        settings.mlp,
        validation=validation,
        on_epoch=_epoch_teller(tell, stop, "fold", number + 1, len(material.split.folds)),
    )
    probabilities = fitted.predict(material.features, fold.test)
    return FoldResult(fold.test, probabilities, fitted.kept_epoch, fitted.cancelled, fitted, train_rows)


def _hold_out(material: Material, fold: Fold, settings: TrainingSettings) -> tuple[np.ndarray, np.ndarray]:
    """Set validation clips aside from the training side: whole speakers where the split goes by speakers."""
    share = settings.mlp.validation_share
    if share == 0:
        return fold.train, np.empty(0, dtype=np.int64)
    rng = np.random.default_rng(settings.mlp.seed)
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
    material: Material,
    settings: TrainingSettings,
    results: Sequence[FoldResult],
    tell: Progress,
    stop: threading.Event,
) -> FittedMlp:
    """Train on every clip; with early stopping, for as many epochs as the folds found best."""
    mlp = replace(settings.mlp, validation_share=0.0, early_stopping=False)
    if settings.mlp.early_stopping:
        epochs = max(1, int(np.median([result.kept_epoch for result in results])))
        mlp = replace(mlp, max_epochs=epochs, patience=epochs)
    with _one_blas_thread():
        return fit_mlp(
            material.features,
            np.arange(len(material.table)),
            material.targets,
            len(material.labels),
            mlp,
            on_epoch=_epoch_teller(tell, stop, "final", None, None),
            threads=usable_cores(),
        )


def _epoch_teller(
    tell: Progress, stop: threading.Event, stage: str, fold: int | None, folds: int | None
) -> Callable[[Epoch], bool]:
    def on_epoch(epoch: Epoch) -> bool:
        tell(
            {
                "stage": stage,
                "fold": fold,
                "folds": folds,
                "epoch": epoch.epoch,
                "epochs": epoch.epochs,
                "loss": epoch.loss,
                "validation_uar": epoch.validation_uar,
            }
        )
        return not stop.is_set()

    return on_epoch


def _fold_key(material: Material, settings: TrainingSettings, fold: Fold) -> str:
    text = repr((material.digest, material.labels, settings.to_dict(), fold.train.tolist(), fold.test.tolist()))
    return hashlib.sha256(text.encode()).hexdigest()


def _write_fold(path: Path, key: str, result: FoldResult) -> None:
    aside = path.with_name(f".{path.name}")
    with aside.open("wb") as file:
        np.savez(
            file, key=np.array(key), rows=result.rows, probabilities=result.probabilities, epoch=result.kept_epoch
        )
    aside.replace(path)


def _read_fold(path: Path, key: str) -> FoldResult | None:
    """Return a fold that was finished before; a damaged or foreign checkpoint counts as none."""
    try:
        with np.load(path, allow_pickle=False) as saved:
            if str(saved["key"]) != key:
                return None
            return FoldResult(saved["rows"], saved["probabilities"], int(saved["epoch"]))
    except (OSError, ValueError, KeyError, EOFError):
        return None


def _one_blas_thread() -> Any:
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1, user_api="blas")
