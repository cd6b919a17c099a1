"""Two corpora of synthetic speech, so that every page and every split works on a fresh machine."""

from pathlib import Path

_DATA = Path(__file__).parents[1] / "demo"
DEMO_FOLDERS: dict[str, Path] = {
    "demo-english": _DATA / "english",
    "demo-german": _DATA / "german",
}
# Their clips are the samples that pages offer; the bundled model learns from the other voices alone.
SAMPLE_VOICES = ("demo-english/en05", "demo-english/en06", "demo-german/de03", "demo-german/de04")


def are_demo(folders: object) -> bool:
    """Return whether these are demo corpora, at least one, and nothing else."""
    return isinstance(folders, list) and bool(folders) and all(is_demo(str(folder)) for folder in folders)


def is_demo(folder: str) -> bool:
    """Return whether a folder is one of the demo corpora, by whatever way it is named."""
    return Path(folder).resolve() in {known.resolve() for known in DEMO_FOLDERS.values()}
