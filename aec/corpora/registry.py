"""The corpus layouts, in the order in which they are asked; the first that recognises a file has it.

To add a layout, write a module beside the others and add its line here.
"""

from aec.corpora.crema_d import CREMA_D
from aec.corpora.emodb import EMODB
from aec.corpora.folders import FOLDERS
from aec.corpora.iemocap import IEMOCAP
from aec.corpora.layout import Layout
from aec.corpora.ravdess import RAVDESS
from aec.corpora.savee import SAVEE
from aec.corpora.tess import TESS

# FOLDERS comes last: what a file's own name says goes before what its folder says.
LAYOUTS: tuple[Layout, ...] = (RAVDESS, CREMA_D, TESS, SAVEE, EMODB, IEMOCAP, FOLDERS)
_TITLES = {layout.name: layout.title for layout in LAYOUTS if layout is not FOLDERS}


def corpus_title(name: str) -> str:
    """Return a corpus of the table as people write it: `RAVDESS` for `ravdess`; others keep their own name."""
    return _TITLES.get(name, name)
