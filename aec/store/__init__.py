"""Features on disk: the matrix of one run (`FeatureFile`) and what is remembered between runs (`FeatureStore`)."""

from aec.store.feature_file import FeatureFile, cannot_write
from aec.store.feature_store import FeatureStore, feature_key

__all__ = ["FeatureFile", "FeatureStore", "cannot_write", "feature_key"]
