"""The described system, as it was described: everything in memory, a loop or joblib's processes, scikit-learn's fit.

It is here to be measured. The features come from the reference engine; nothing is remembered or written to disk.
"""

import importlib
from collections.abc import Sequence

import numpy as np

from aec.features import FeatureSpec
from aec.features.engines import ENGINES
from aec.models.mlp import MlpSettings


def extract_described(paths: Sequence[str], spec: FeatureSpec, jobs: int | None) -> np.ndarray:
    """Extract the features of clips.

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

        # The bar is a part of the described loop; it stays silent where nobody watches.
        return np.array([flat_features(path, spec) for path in tqdm(paths, disable=None)])
    from joblib import Parallel, delayed

    return np.array(Parallel(n_jobs=jobs, backend="loky")(delayed(flat_features)(path, spec) for path in paths))


def flat_features(path: str, spec: FeatureSpec) -> np.ndarray:
    """Return one clip's matrix [shape=(max_frames, coefficients), dtype=float32], cut or padded with zeros."""
    matrix = importlib.import_module(ENGINES["librosa"]).extract_file(path, spec)[: spec.max_frames]
    padded = np.zeros((spec.max_frames or len(matrix), spec.coefficients), dtype=np.float32)
    padded[: len(matrix)] = matrix
    return padded


def train_described(
    features: np.ndarray, targets: np.ndarray, train: np.ndarray, test: np.ndarray, settings: MlpSettings
) -> np.ndarray:
    """Scale, fit and predict as the described system does.

    Parameters
    ----------
    features : np.ndarray [shape=(clips, frames, coefficients), dtype=float32]
    targets : np.ndarray [shape=(clips,), dtype=int64]
    train, test : np.ndarray [dtype=int64]
        Rows.
    settings : MlpSettings

    Returns
    -------
    np.ndarray [shape=(len(test),), dtype=int64]
        The predicted labels' numbers.
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
        # So few clips may need more epochs than the recipe has; the score tells.
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit(scaled, targets[train])
    return np.asarray(network.predict(unseen), dtype=np.int64)
