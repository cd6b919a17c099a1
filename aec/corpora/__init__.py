"""A folder on disk -> a table of clips; one module per corpus layout behind one registry.

`list_clips` asks the names alone, `scan` decodes every clip once and remembers what it found.
"""

from aec.corpora.completeness import completeness
from aec.corpora.problems import Problem
from aec.corpora.registry import LAYOUTS
from aec.corpora.scanning import ClipListing, Scan, list_clips, scan
from aec.corpora.table import COLUMNS

__all__ = ["COLUMNS", "LAYOUTS", "ClipListing", "Problem", "Scan", "completeness", "list_clips", "scan"]
