"""Corpora: folders and manifests of clips -> a table of clips.

`list_clips` reads names only; `scan` decodes every clip once and keeps the measurements in a cache. The names here
are imported at first use: pandas loads slowly, and the demo corpora and the layouts do not need it.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aec.corpora.layouts.registry import LAYOUTS
    from aec.corpora.problems import Problem
    from aec.corpora.published_sizes import completeness
    from aec.corpora.scanning import ClipListing, Scan, ScanSummary, list_clips, scan
    from aec.corpora.table import COLUMNS

__all__ = [
    "COLUMNS",
    "LAYOUTS",
    "ClipListing",
    "Problem",
    "Scan",
    "ScanSummary",
    "completeness",
    "list_clips",
    "scan",
]
_MODULES = {
    "COLUMNS": "table",
    "LAYOUTS": "layouts.registry",
    "Problem": "problems",
    "completeness": "published_sizes",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES.get(name, 'scanning')}"), name)
