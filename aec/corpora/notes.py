"""Notes on files that were left out, and on labels that are missing or unknown."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from aec.corpora.file_search import FoundFiles
from aec.corpora.layouts.folders import FOLDERS
from aec.corpora.layouts.layout import AudioFile
from aec.corpora.recognition import MANIFEST_TITLE, Clip
from aec.emotions import EMOTIONS


def counted(number: int, noun: str) -> str:
    """Return for example `1 file` or `3 files`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def search_notes(root: Path, found: FoundFiles) -> list[str]:
    """Return notes on folders that cannot be opened and names that are not Unicode."""
    notes = [
        f"The folder {path or root} cannot be opened ({reason}); its files are left out."
        for path, reason in found.unreadable
    ]
    if found.undecodable_names:
        notes.append(
            f"Left out, because the name is not valid Unicode: {counted(found.undecodable_names, 'file')} in {root}; "
            "rename them, or unpack their archive again."
        )
    return notes


def unrecognised_notes(root: Path, files: Sequence[AudioFile], clips: Sequence[Clip]) -> list[str]:
    """Return a note on the audio files that no layout recognised, if any."""
    recognised = {clip.file.path for clip in clips}
    others = sorted(file.path for file in files if file.path not in recognised)
    if not others:
        return []
    return [
        f"Left out, because no layout knows the name: {counted(len(others), 'audio file')} in {root}, "
        f"for example {others[0]}."
    ]


def label_notes(source: Path, clips: Sequence[Clip]) -> list[str]:
    """Return notes on labels that are unknown words, and on clips without a label."""
    notes = []
    free_labels = {FOLDERS.title, MANIFEST_TITLE}
    unknown = Counter(
        clip.facts.label
        for clip in clips
        if clip.layout in free_labels and clip.facts.label and not clip.facts.emotion
    )
    if unknown:
        words = ", ".join(f"{word} ({counted(number, 'clip')})" for word, number in sorted(unknown.items()))
        notes.append(f"Unknown emotions in {source}: {words}. Known are {', '.join(EMOTIONS)}.")
    unlabelled = Counter(clip.layout for clip in clips if clip.facts.label is None)
    notes += [
        f"{counted(number, 'clip')} in {source} ({layout}) came without a label."
        for layout, number in sorted(unlabelled.items())
    ]
    return notes


def repeated_notes(source: Path, number: int) -> list[str]:
    """Return a note on the files that an earlier source or row lists, if any."""
    return [f"Listed already, and counted once: {counted(number, 'file')} of {source}."] if number else []
