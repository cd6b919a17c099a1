"""Corpora: folders and manifests of clips -> a table of clips.

`list_clips` reads names only; `scan` decodes every clip once and keeps the measurements in a cache.
"""

from typing import TYPE_CHECKING

from aec.system.lazy import lazy_names

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
# pandas loads slowly, and the demo corpora and the layouts do not need it.
__getattr__ = lazy_names(
    __name__,
    {
        "COLUMNS": "aec.corpora.table",
        "LAYOUTS": "aec.corpora.layouts.registry",
        "Problem": "aec.corpora.problems",
        "completeness": "aec.corpora.published_sizes",
        **dict.fromkeys(("ClipListing", "Scan", "ScanSummary", "list_clips", "scan"), "aec.corpora.scanning"),
    },
)
