"""Scores of each kind of model on unseen speakers of RAVDESS, in fixed folds.

    python -m benchmarks.model_scores RAVDESS [--models mlp,cnn,rnn,crnn] [--seeds 0] [--folds 1,2,3,4,5] [--out DIR]

Each fold's predictions are kept as JSON (below AEC_HOME, or in `--out`) and are not computed again; a fold that was
stopped continues from its last epoch. Actors 1-4 are tested in fold 1, 5-8 in fold 2, and so on. Three validation
speakers of each fold come from its training side and determine the epoch. The tables show scores of the pooled
predictions of all folds, with 95 % intervals over speakers; differences are paired over the same speakers.

Folds may be computed in parallel: start the script once per core (`taskset -c 0 ...`), with different models or
folds.
"""

import argparse
import itertools
import json
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import pandas as pd

from aec.corpora import scan
from aec.emotions import EMOTIONS
from aec.evaluation.calibration import apply_temperature
from aec.evaluation.comparison import compare
from aec.evaluation.metrics import ClipPrediction, evaluate
from aec.features import FeatureSpec
from aec.features.extraction import extract_features
from aec.features.feature_store import FeatureStore
from aec.models.epoch_log import EpochLog
from aec.models.learner import FitCallbacks, LabelledFeatures, Learner, make_learner
from aec.models.mlp import MlpSettings
from aec.models.network_settings import NetworkSettings, Team
from aec.settings import read_settings, usable_cores
from aec.system.files import write_atomically
from aec.training import spec_for

_ACTORS, _VALIDATING = 4, 3


class FoldResult(msgspec.Struct, frozen=True, kw_only=True):
    """Predictions for the test clips of one fold, as they are kept in a file.

    Parameters
    ----------
    model : str
    seed, fold : int
    tested, validating : tuple of str
        Speakers.
    labels : tuple of str
    rows : tuple of int
        Rows of the test clips in the table; the next fields have one value per test clip.
    speakers : tuple of str
    truth : tuple of int
        Indices of the true labels.
    probabilities : tuple of tuple of float
    kept_epoch, epochs : int
    seconds, core_seconds : float
    cores : int
    recipe : MlpSettings or NetworkSettings as builtin types
    features : FeatureSpec
    """

    model: str
    seed: int
    fold: int
    tested: tuple[str, ...]
    validating: tuple[str, ...]
    labels: tuple[str, ...]
    rows: tuple[int, ...]
    speakers: tuple[str, ...]
    truth: tuple[int, ...]
    probabilities: tuple[tuple[float, ...], ...]
    kept_epoch: int
    epochs: int
    seconds: float
    core_seconds: float
    cores: int
    recipe: dict[str, object]
    features: FeatureSpec

    @property
    def predicted(self) -> np.ndarray:
        """Indices of the predicted labels [shape=(test clips,)]."""
        return np.asarray(np.array(self.probabilities).argmax(axis=1))


def main() -> None:
    """Train the missing folds and print the tables."""
    arguments = _arguments()
    arguments.out.mkdir(parents=True, exist_ok=True)
    found = scan([str(arguments.data)], labels="seven")
    table = found.usable_table.reset_index(drop=True)
    speakers = sorted(table["speaker"].unique())
    folds = [speakers[start : start + _ACTORS] for start in range(0, len(speakers), _ACTORS)]
    print(f"{len(table)} clips, {len(speakers)} speakers, {len(folds)} folds, {usable_cores()} cores")
    for model in arguments.models:
        samples, labels = _samples(table, spec_for(model))
        with samples.features:
            for seed in arguments.seeds:
                for number in arguments.folds or range(1, len(folds) + 1):
                    _fold(model, seed, number, folds[number - 1], table, samples, labels, arguments.out)
    _print_table(arguments.out, arguments.models, arguments.seeds, len(folds))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--models", type=lambda text: text.split(","), default=["mlp", "cnn", "rnn", "crnn"])
    parser.add_argument("--seeds", type=_numbers, default=[0])
    parser.add_argument("--folds", type=_numbers)
    parser.add_argument("--out", type=Path, default=read_settings().home / "networks")
    return parser.parse_args()


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def _samples(table: pd.DataFrame, spec: FeatureSpec) -> tuple[LabelledFeatures, tuple[str, ...]]:
    store = FeatureStore(read_settings().home / "features.sqlite")
    made = extract_features(table["path"].tolist(), spec, digests=table["digest"].tolist(), store=store)
    labels = tuple(emotion for emotion in EMOTIONS if (table["emotion"] == emotion).any())
    targets = table["emotion"].map(labels.index).to_numpy(dtype=np.int64)
    return LabelledFeatures(made.features, made.lengths, targets, len(labels), spec), labels


def _fold(
    model: str,
    seed: int,
    number: int,
    tested: list[str],
    table: pd.DataFrame,
    samples: LabelledFeatures,
    labels: tuple[str, ...],
    out: Path,
) -> None:
    path = out / f"{model}-seed{seed}-fold{number}.json"
    if path.exists():
        return
    speaker = table["speaker"].to_numpy(dtype=object)
    others = np.array(sorted(set(speaker) - set(tested)))
    validating = np.random.default_rng([seed, number]).permutation(others)[:_VALIDATING]
    test, held = np.isin(speaker, tested), np.isin(speaker, validating)
    # The described MLP has no epoch to choose: it trains on all the others.
    if model == "mlp":
        held[:] = False
    learner: Learner = make_learner(model, samples, _recipe(model, seed), Team())
    started, busy = time.perf_counter(), time.process_time()
    key = json.dumps([model, seed, number, *msgspec.to_builtins((samples.spec, _recipe(model, seed)))])
    callbacks = FitCallbacks(_print_epoch, lambda: False, path.with_suffix(""), key)
    fitted = learner.fit(np.flatnonzero(~test & ~held), np.flatnonzero(held), callbacks)
    seconds, core_seconds = time.perf_counter() - started, time.process_time() - busy
    rows = np.flatnonzero(test)
    probabilities = apply_temperature(fitted.logits(rows), 1.0)
    result = FoldResult(
        model=model,
        seed=seed,
        fold=number,
        tested=tuple(tested),
        validating=tuple(validating) if held.any() else (),
        labels=labels,
        rows=tuple(rows.tolist()),
        speakers=tuple(speaker[rows]),
        truth=tuple(samples.targets[rows].tolist()),
        probabilities=tuple(tuple(round(float(p), 6) for p in row) for row in probabilities),
        kept_epoch=fitted.kept_epoch,
        epochs=fitted.epochs,
        seconds=round(seconds, 1),
        core_seconds=round(core_seconds, 1),
        cores=usable_cores(),
        recipe=msgspec.to_builtins(_recipe(model, seed)),
        features=samples.spec,
    )
    write_atomically(path, msgspec.json.encode(result))
    right = result.predicted == samples.targets[rows]
    print(f"\n{model} seed {seed} fold {number}: accuracy {right.mean():.3f}, {seconds / 60:.1f} minutes", flush=True)


def _recipe(model: str, seed: int) -> MlpSettings | NetworkSettings:
    return MlpSettings(seed=seed) if model == "mlp" else NetworkSettings(seed=seed)


def _print_epoch(epoch: EpochLog) -> None:
    uar = "" if epoch.validation_uar is None else f", validation UAR {epoch.validation_uar:.3f}"
    print(f"\r  epoch {epoch.epoch}: loss {epoch.loss:.3f}{uar}   ", end="", flush=True)


def _print_table(out: Path, models: list[str], seeds: list[int], folds: int) -> None:
    done: dict[tuple[str, int], list[FoldResult]] = {}
    for model, seed in itertools.product(models, seeds):
        paths = [out / f"{model}-seed{seed}-fold{number}.json" for number in range(1, folds + 1)]
        if all(path.exists() for path in paths):
            done[model, seed] = [msgspec.json.decode(path.read_bytes(), type=FoldResult) for path in paths]
    print("\n| model | seed | UAR | accuracy | core-minutes a fold | cores, minutes a fold | epochs kept |")
    print("|---|---|---|---|---|---|---|")
    for (model, seed), results in done.items():
        _print_row(model, seed, results)
    print("\n| model | against | difference in UAR |")
    print("|---|---|---|")
    for one, other in itertools.combinations(done, 2):
        if one[1] == other[1]:
            difference = compare(_predictions(done[one]), _predictions(done[other])).differences["uar"]
            low, high = difference.interval or (float("nan"), float("nan"))
            print(f"| {other[0]} | {one[0]} | {difference.value:+.3f} [{low:+.3f}, {high:+.3f}] |")


def _print_row(model: str, seed: int, folds: list[FoldResult]) -> None:
    truth = np.concatenate([fold.truth for fold in folds])
    predicted = np.concatenate([fold.predicted for fold in folds])
    speakers = np.concatenate([np.array(fold.speakers, dtype=object) for fold in folds])
    found = evaluate(truth, predicted, folds[0].labels, speakers, 0)
    low, high = found.intervals["uar"] or (float("nan"), float("nan"))
    cores = sorted({fold.cores for fold in folds})
    print(
        f"| {model} | {seed} | {found.uar:.3f} [{low:.3f}, {high:.3f}] | {found.accuracy:.3f} "
        f"| {_span([fold.core_seconds / 60 for fold in folds])} "
        f"| {', '.join(map(str, cores))}: {_span([fold.seconds / 60 for fold in folds])} "
        f"| {_span([fold.kept_epoch for fold in folds], 0)} |"
    )


def _span(values: Sequence[float], digits: int = 1) -> str:
    return f"{min(values):.{digits}f}-{max(values):.{digits}f}"


def _predictions(folds: list[FoldResult]) -> list[ClipPrediction]:
    """Return a model's predictions for `compare`, with the clip's row as its path."""
    return [
        ClipPrediction(path=str(row), emotion=fold.labels[truth], predicted=fold.labels[guess], speaker=speaker)
        for fold in folds
        for row, truth, guess, speaker in zip(
            fold.rows, fold.truth, fold.predicted.tolist(), fold.speakers, strict=True
        )
    ]


if __name__ == "__main__":
    main()
