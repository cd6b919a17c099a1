"""Demo corpora: synthetic speech on which every page and every split works."""

from collections.abc import Sequence
from pathlib import Path

_DATA = Path(__file__).parents[1] / "demo"
DEMO_FOLDERS: dict[str, Path] = {"demo-english": _DATA / "english", "demo-german": _DATA / "german"}
# Pages offer their clips as samples; the bundled model is trained on the other voices only.
SAMPLE_VOICES = ("demo-english/en05", "demo-english/en06", "demo-german/de03", "demo-german/de04")


def are_demo(folders: Sequence[str]) -> bool:
    """Return whether there is at least one folder, and demo corpora only."""
    return bool(folders) and all(is_demo(folder) for folder in folders)


def is_demo(folder: str) -> bool:
    """Return whether a folder is one of the demo corpora, however its path is written."""
    return Path(folder).resolve() in {known.resolve() for known in DEMO_FOLDERS.values()}
