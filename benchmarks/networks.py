"""Scores of each kind of model on unseen speakers of RAVDESS, in fixed folds.

    python -m benchmarks.networks RAVDESS [--models mlp,cnn,rnn,crnn] [--seeds 0] [--folds 1,2,3,4,5] [--out FOLDER]

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
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd

from aec.corpora import scan
from aec.emotions import EMOTIONS
from aec.evaluation.calibration import apply_temperature
from aec.evaluation.comparison import compare
from aec.evaluation.metrics import evaluate
from aec.features import FeatureSpec
from aec.features.extraction import extract_features
from aec.features.feature_store import FeatureStore
from aec.models.deep.settings import NetworkSettings, Team
from aec.models.epoch_log import EpochLog
from aec.models.learner import FitCallbacks, LabelledFeatures, Learner, make_learner
from aec.models.mlp import MlpSettings
from aec.settings import read_settings, usable_cores
from aec.training import spec_for

_ACTORS, _VALIDATING = 4, 3


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
    callbacks = FitCallbacks(_tell, lambda: False, path.with_suffix(""), key)
    fitted = learner.fit(np.flatnonzero(~test & ~held), np.flatnonzero(held), callbacks)
    seconds, core_seconds = time.perf_counter() - started, time.process_time() - busy
    rows = np.flatnonzero(test)
    answers = apply_temperature(fitted.logits(rows), 1.0)
    result = {
        "model": model,
        "seed": seed,
        "fold": number,
        "tested": tested,
        "validating": validating.tolist() if held.any() else [],
        "labels": labels,
        "rows": rows.tolist(),
        "speakers": speaker[rows].tolist(),
        "truth": samples.targets[rows].tolist(),
        "probabilities": [[round(float(p), 6) for p in row] for row in answers],
        "kept_epoch": fitted.kept_epoch,
        "epochs": fitted.epochs,
        "seconds": round(seconds, 1),
        "core_seconds": round(core_seconds, 1),
        "cores": usable_cores(),
        "recipe": msgspec.to_builtins(_recipe(model, seed)),
        "features": msgspec.to_builtins(samples.spec),
    }
    aside = path.with_suffix(".part")
    aside.write_text(json.dumps(result), encoding="utf-8")
    aside.replace(path)
    right = answers.argmax(axis=1) == samples.targets[rows]
    print(f"\n{model} seed {seed} fold {number}: accuracy {right.mean():.3f}, {seconds / 60:.1f} minutes", flush=True)


def _recipe(model: str, seed: int) -> MlpSettings | NetworkSettings:
    return MlpSettings(seed=seed) if model == "mlp" else NetworkSettings(seed=seed)


def _tell(epoch: EpochLog) -> None:
    uar = "" if epoch.validation_uar is None else f", validation UAR {epoch.validation_uar:.3f}"
    print(f"\r  epoch {epoch.epoch}: loss {epoch.loss:.3f}{uar}   ", end="", flush=True)


def _print_table(out: Path, models: list[str], seeds: list[int], folds: int) -> None:
    done: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for model, seed in itertools.product(models, seeds):
        paths = [out / f"{model}-seed{seed}-fold{number}.json" for number in range(1, folds + 1)]
        if all(path.exists() for path in paths):
            done[model, seed] = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    print("\n| model | seed | UAR | accuracy | core-minutes a fold | cores, minutes a fold | epochs kept |")
    print("|---|---|---|---|---|---|---|")
    for (model, seed), parts in done.items():
        _print_row(model, seed, parts)
    print("\n| model | against | difference in UAR |")
    print("|---|---|---|")
    for one, other in itertools.combinations(done, 2):
        if one[1] == other[1]:
            difference = compare(_predictions(done[one]), _predictions(done[other])).differences["uar"]
            low, high = difference.interval or (float("nan"), float("nan"))
            print(f"| {other[0]} | {one[0]} | {difference.value:+.3f} [{low:+.3f}, {high:+.3f}] |")


def _print_row(model: str, seed: int, parts: list[dict[str, Any]]) -> None:
    truth = np.concatenate([part["truth"] for part in parts])
    guesses = np.concatenate([np.array(part["probabilities"]).argmax(axis=1) for part in parts])
    speakers = np.concatenate([np.array(part["speakers"], dtype=object) for part in parts])
    found = evaluate(truth, guesses, tuple(parts[0]["labels"]), speakers, 0)
    low, high = found.intervals["uar"] or (float("nan"), float("nan"))
    cores = sorted({part["cores"] for part in parts})
    print(
        f"| {model} | {seed} | {found.uar:.3f} [{low:.3f}, {high:.3f}] | {found.accuracy:.3f} "
        f"| {_span([part['core_seconds'] / 60 for part in parts])} "
        f"| {', '.join(map(str, cores))}: {_span([part['seconds'] / 60 for part in parts])} "
        f"| {_span([part['kept_epoch'] for part in parts], 0)} |"
    )


def _span(values: list[float], digits: int = 1) -> str:
    return f"{min(values):.{digits}f}-{max(values):.{digits}f}"


def _predictions(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a model's predictions for `compare`, with the clip's row as its path."""
    return [
        {"path": str(row), "emotion": part["labels"][truth], "predicted": part["labels"][int(guess)], "speaker": who}
        for part in parts
        for row, truth, guess, who in zip(
            part["rows"],
            part["truth"],
            np.array(part["probabilities"]).argmax(axis=1),
            part["speakers"],
            strict=True,
        )
    ]


if __name__ == "__main__":
    main()
