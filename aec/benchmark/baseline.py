"""Baseline: first and final version of the described system.

The first version is a plain loop, the final version uses joblib's processes; both train scikit-learn's MLP. As
described, everything is in memory; nothing is cached or written to disk. Features come from the librosa reference.
"""

import importlib
from collections.abc import Sequence

import numpy as np

from aec.features import FeatureSpec
from aec.features.engines import ENGINES
from aec.models.mlp import MlpSettings


def extract_baseline(paths: Sequence[str], spec: FeatureSpec, jobs: int | None) -> np.ndarray:
    """Extract features as the first or the final version does.

    Parameters
    ----------
    paths : sequence of str
    spec : FeatureSpec
    jobs : int or None
        Worker processes of the final version; None is the first version's loop.

    Returns
    -------
    np.ndarray [shape=(clips, max_frames, coefficients), dtype=float32]
    """
    if jobs is None:
        from tqdm import tqdm

        # The progress bar is part of the described loop; it prints nothing unless a terminal is attached.
        return np.array([padded_features(path, spec) for path in tqdm(paths, disable=None)])
    from joblib import Parallel, delayed

    return np.array(Parallel(n_jobs=jobs, backend="loky")(delayed(padded_features)(path, spec) for path in paths))


def padded_features(path: str, spec: FeatureSpec) -> np.ndarray:
    """Return a clip's features, cut or padded with zeros.

    Returns
    -------
    np.ndarray [shape=(max_frames, coefficients), dtype=float32]
    """
    matrix = importlib.import_module(ENGINES["librosa"]).extract_file(path, spec)[: spec.max_frames]
    padded = np.zeros((spec.max_frames or len(matrix), spec.coefficients), dtype=np.float32)
    padded[: len(matrix)] = matrix
    return padded


def train_baseline(
    features: np.ndarray, targets: np.ndarray, train: np.ndarray, test: np.ndarray, settings: MlpSettings
) -> np.ndarray:
    """Scale, train and predict as the described system does.

    Parameters
    ----------
    features : np.ndarray [shape=(clips, frames, coefficients), dtype=float32]
    targets : np.ndarray [shape=(clips,), dtype=int64]
    train, test : np.ndarray [dtype=int64]
        Rows of the training and the test clips.
    settings : MlpSettings

    Returns
    -------
    np.ndarray [shape=(len(test),), dtype=int64]
        Indices of the predicted labels.
    """
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier
    from sklearn.preprocessing import StandardScaler

    flat = features.reshape(len(features), -1)
    scaler = StandardScaler()
    scaled, unseen = scaler.fit_transform(flat[train]), scaler.transform(flat[test])
    network = MLPClassifier(settings.hidden, max_iter=settings.max_epochs, random_state=settings.seed)
    with warnings.catch_warnings():
        # Few clips may need more epochs than the described recipe has; that shows in the scores.
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit(scaled, targets[train])
    return np.asarray(network.predict(unseen), dtype=np.int64)
