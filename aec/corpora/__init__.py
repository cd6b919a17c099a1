"""Folders and manifests -> a table of clips; one module per corpus layout behind one registry.

`list_clips` reads names only; `scan` decodes every clip once and keeps the measurements in a cache.
"""

from aec.corpora.problems import Problem
from aec.corpora.published_sizes import completeness
from aec.corpora.registry import LAYOUTS
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
