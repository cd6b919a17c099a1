"""Features of clips with the indices of their labels, as every model family takes them."""

from dataclasses import dataclass

import numpy as np

from aec.features import FeatureSpec
from aec.features.feature_file import FeatureFile


@dataclass(frozen=True, eq=False)
class Samples:
    """Row i of each is clip i.

    Parameters
    ----------
    features : FeatureFile
    lengths : np.ndarray [shape=(clips,), dtype=int64]
        Frames of each clip, without padding.
    targets : np.ndarray [shape=(clips,), dtype=int64]
        Number of each clip's label.
    n_labels : int
    spec : FeatureSpec
        How the features were made.
    """

    features: FeatureFile
    lengths: np.ndarray
    targets: np.ndarray
    n_labels: int
    spec: FeatureSpec
