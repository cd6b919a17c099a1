"""Corpora: folders and manifests of clips -> a table of clips.

`list_clips` reads names only; `scan` decodes every clip once and keeps the measurements in a cache.
"""

from typing import TYPE_CHECKING

from aec.system.lazy import lazy_names

if TYPE_CHECKING:
    from aec.corpora.layouts.folders import emotion_of_folder
    from aec.corpora.layouts.layout import AudioFile
    from aec.corpora.layouts.registry import LAYOUTS, corpus_title
    from aec.corpora.problems import Problem
    from aec.corpora.published_sizes import completeness
    from aec.corpora.scanning import ClipListing, Scan, ScanSummary, list_clips, scan
    from aec.corpora.table import COLUMNS

__all__ = [
    "COLUMNS",
    "LAYOUTS",
    "AudioFile",
    "ClipListing",
    "Problem",
    "Scan",
    "ScanSummary",
    "completeness",
    "corpus_title",
    "emotion_of_folder",
    "list_clips",
    "scan",
]
# pandas loads slowly, and the demo corpora and the layouts do not need it.
__getattr__ = lazy_names(
    __name__,
    {
        "COLUMNS": "aec.corpora.table",
        "AudioFile": "aec.corpora.layouts.layout",
        "LAYOUTS": "aec.corpora.layouts.registry",
        "corpus_title": "aec.corpora.layouts.registry",
        "emotion_of_folder": "aec.corpora.layouts.folders",
        "Problem": "aec.corpora.problems",
        "completeness": "aec.corpora.published_sizes",
        **dict.fromkeys(("ClipListing", "Scan", "ScanSummary", "list_clips", "scan"), "aec.corpora.scanning"),
    },
)
