"""Process of one stage: `python -m benchmarks.scale_stage TASK.json`.

`benchmarks.scale` samples its memory from outside. It prints the seconds of the stage, with libraries loaded and
warm. The stages of a version pass the features on in a file.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from aec.features import FeatureSpec

LABELS = 7
SPEC = FeatureSpec()


def extract_engine(task: dict[str, Any]) -> float:
    """Extract with the engine on all cores, into the file for training."""
    from aec.features.extraction import extract_features

    target = Path(task["features"])
    done = extract_features(task["paths"], SPEC, scratch=target.parent)
    if done.failures:
        raise done.failures[0].error
    done.features.path.rename(target)
    return done.seconds


def extract_first(task: dict[str, Any]) -> float:
    """Extract with the first version's loop in memory; the file is written untimed."""
    from aec.benchmark.baseline import extract_baseline, padded_features

    padded_features(task["paths"][0], SPEC)
    start = time.perf_counter()
    features = extract_baseline(task["paths"], SPEC, None)
    seconds = time.perf_counter() - start
    np.save(Path(task["features"]), features)
    return seconds


def train_engine(task: dict[str, Any]) -> float:
    """Train from the file for the given number of epochs, and predict the test clips."""
    from aec.features.feature_file import FeatureFile
    from aec.models.mlp import MlpSettings, fit_mlp

    clips, epochs = task["clips"], task["epochs"]
    features = FeatureFile(Path(task["features"]), clips, SPEC.max_frames or 0, SPEC.coefficients)
    targets, train, test = _labels_and_split(clips)
    # Without early stopping: every size takes equally many epochs.
    settings = MlpSettings(max_epochs=epochs, patience=epochs)
    start = time.perf_counter()
    fit_mlp(features, train, targets, LABELS, settings).logits(features, test)
    return time.perf_counter() - start


def train_first(task: dict[str, Any]) -> float:
    """Train as the first version does, in memory, for at most as many epochs."""
    import sklearn.neural_network
    import sklearn.preprocessing  # noqa: F401 - loaded before the clock starts

    from aec.benchmark.baseline import train_baseline
    from aec.models.mlp import MlpSettings

    features = np.load(task["features"])
    start = time.perf_counter()
    train_baseline(features, *_labels_and_split(task["clips"]), MlpSettings(max_epochs=task["epochs"]))
    return time.perf_counter() - start


STAGES = {
    ("engine", "extraction"): extract_engine,
    ("engine", "training"): train_engine,
    ("first", "extraction"): extract_first,
    ("first", "training"): train_first,
}


def _labels_and_split(clips: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return random labels, and the rows of training and test.

    Random labels are not learnt so fast that training would end early.
    """
    rows = np.arange(clips)
    targets = np.random.default_rng(0).integers(0, LABELS, clips)
    targets[:LABELS] = np.arange(LABELS)[: len(targets[:LABELS])]
    held_out = rows % 4 == 3
    return targets, rows[~held_out], rows[held_out]


def main() -> None:
    """Carry out a stage and print its seconds."""
    task = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    print(json.dumps({"seconds": STAGES[task["version"], task["stage"]](task)}))


if __name__ == "__main__":
    main()
