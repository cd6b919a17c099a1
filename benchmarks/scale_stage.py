"""One stage of one version at one size, in a process of its own: `python -m benchmarks.scale_stage TASK.json`.

`benchmarks.scale` starts it and looks at its memory from outside. It prints how long the stage took, libraries loaded
and warm. The features go from the one process to the other in a file.
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
    """Extract with the engine on all cores, into the file that training reads."""
    from aec.features.extraction import extract_features

    target = Path(task["features"])
    done = extract_features(task["paths"], SPEC, scratch=target.parent)
    if done.failures:
        raise done.failures[0].error
    done.features.path.rename(target)
    return done.seconds


def extract_first(task: dict[str, Any]) -> float:
    """Extract with the first version's loop, in memory; the matrix is written down after the clock has stopped."""
    from aec.benchmark.baseline import extract_baseline, padded_features

    padded_features(task["paths"][0], SPEC)
    start = time.perf_counter()
    features = extract_baseline(task["paths"], SPEC, None)
    seconds = time.perf_counter() - start
    np.save(Path(task["features"]), features)
    return seconds


def train_engine(task: dict[str, Any]) -> float:
    """Train from the file, for the number of epochs that was asked for, and predict the test clips."""
    from aec.features.feature_file import FeatureFile
    from aec.models.mlp import MlpSettings, fit_mlp

    clips, epochs = task["clips"], task["epochs"]
    features = FeatureFile(Path(task["features"]), clips, SPEC.max_frames or 0, SPEC.coefficients)
    targets, train, test = _material(clips)
    # Patient for ever: every size shall take as many epochs.
    settings = MlpSettings(max_epochs=epochs, patience=epochs)
    start = time.perf_counter()
    fit_mlp(features, train, targets, LABELS, settings).logits(features, test)
    return time.perf_counter() - start


def train_first(task: dict[str, Any]) -> float:
    """Train as the first version does, the matrix in memory, for at most as many epochs."""
    import sklearn.neural_network
    import sklearn.preprocessing  # noqa: F401 - loaded before the clock starts

    from aec.benchmark.baseline import train_baseline
    from aec.models.mlp import MlpSettings

    features = np.load(task["features"])
    start = time.perf_counter()
    train_baseline(features, *_material(task["clips"]), MlpSettings(max_epochs=task["epochs"]))
    return time.perf_counter() - start


STAGES = {
    ("engine", "extraction"): extract_engine,
    ("engine", "training"): train_engine,
    ("first", "extraction"): extract_first,
    ("first", "training"): train_first,
}


def _material(clips: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return labels by chance, not learnt so fast that training would end early, and the training and test rows."""
    rows = np.arange(clips)
    targets = np.random.default_rng(0).integers(0, LABELS, clips)
    targets[:LABELS] = np.arange(LABELS)[: len(targets[:LABELS])]
    held_out = rows % 4 == 3
    return targets, rows[~held_out], rows[held_out]


def main() -> None:
    """Do a stage and print its seconds."""
    task = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    print(json.dumps({"seconds": STAGES[task["version"], task["stage"]](task)}))


if __name__ == "__main__":
    main()
