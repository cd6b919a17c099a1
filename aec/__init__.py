"""Emotion in speech: from a folder of clips to a score and a prediction.

The packages follow the way of the data: files, table of clips, features, model, report, prediction. The functions
here are imported at first use, so that `import aec` is light.
"""

from typing import TYPE_CHECKING

from aec import settings as settings
from aec.system.lazy import lazy_names

if TYPE_CHECKING:
    from aec.cli.functions import extract_features, load_model, predict, scan, train

__version__ = "0.1.0"
__all__ = ["extract_features", "load_model", "predict", "scan", "settings", "train"]

__getattr__ = lazy_names(
    __name__,
    dict.fromkeys(("extract_features", "load_model", "predict", "scan", "train"), "aec.cli.functions"),
)
