"""Registry of the corpus layouts.

The first layout that recognises a file by its name counts. To add a corpus, write a module beside the others and add
its layout to `LAYOUTS`.
"""

from aec.corpora.layouts.crema_d import CREMA_D
from aec.corpora.layouts.emodb import EMODB
from aec.corpora.layouts.folders import FOLDERS
from aec.corpora.layouts.iemocap import IEMOCAP
from aec.corpora.layouts.layout import Layout
from aec.corpora.layouts.ravdess import RAVDESS
from aec.corpora.layouts.savee import SAVEE
from aec.corpora.layouts.tess import TESS

# FOLDERS comes last: a file's own name goes before its folder.
LAYOUTS: tuple[Layout, ...] = (RAVDESS, CREMA_D, TESS, SAVEE, EMODB, IEMOCAP, FOLDERS)
_TITLES = {layout.name: layout.title for layout in LAYOUTS if layout is not FOLDERS}


def corpus_title(name: str) -> str:
    """Return the title of a corpus of the table, such as `RAVDESS` for `ravdess`."""
    return _TITLES.get(name, name)
