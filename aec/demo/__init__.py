"""Two corpora of synthetic speech, so that every page and every split works on a fresh machine."""

from pathlib import Path

DEMO_FOLDERS: dict[str, Path] = {
    "demo-english": Path(__file__).parent / "english",
    "demo-german": Path(__file__).parent / "german",
}
