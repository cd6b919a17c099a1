"""The extraction engines by name.

They are imported at call, so that librosa is loaded only where it is used.
"""

import importlib
from pathlib import Path
from typing import Protocol, cast

import numpy as np

from aec.features.spec import FeatureSpec

ENGINES = {"fused": "aec.features.fused", "librosa": "aec.features.librosa_reference"}


class Engine(Protocol):
    """The interface of an engine's module.

    Attributes
    ----------
    ALGORITHM_VERSION : object
        Changes with the numbers, so that stored features of another version are not used.
    """

    ALGORITHM_VERSION: object

    def extract_file(self, path: str | Path, spec: FeatureSpec) -> np.ndarray:
        """Decode a file and return its features [shape=(frames, coefficients)]."""

    def from_waveform(self, waveform: np.ndarray, spec: FeatureSpec) -> np.ndarray:
        """Return the features of a waveform [shape=(n,)] at the spec's rate."""


def load_engine(name: str) -> Engine:
    """Import an engine, a key of `ENGINES`."""
    return cast("Engine", importlib.import_module(ENGINES[name]))
