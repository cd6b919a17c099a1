"""The sentences that a listing says: notes on what was left out, and why a source gives nothing."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from aec.corpora.clips import MANIFEST_TITLE, Clip
from aec.corpora.folders import FOLDERS
from aec.corpora.layout import AudioFile
from aec.corpora.registry import LAYOUTS
from aec.corpora.walking import Walk
from aec.emotions import EMOTIONS
from aec.errors import CorpusError

REMEDY = "Give the folder that holds the clips, or a CSV manifest with the columns path and emotion"


def counted(number: int, noun: str) -> str:
    """Return for example `1 file` or `3 files`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def no_audio(root: Path, found: Walk) -> CorpusError:
    """Return the error for a folder without a single audio file."""
    if found.unreadable:
        path, reason = found.unreadable[0]
        return CorpusError(
            f"no audio could be found in {root}: {path or root} cannot be opened ({reason})",
            "a folder of clips is expected",
            "Check the folder's permissions",
        )
    return CorpusError(
        f"there is no audio in {root}", "files such as .wav, .flac, .mp3, .ogg or .m4a are expected", REMEDY
    )


def none_recognised(root: Path, candidates: Sequence[AudioFile]) -> CorpusError:
    """Return the error for a folder whose audio files no layout recognises."""
    wanted = ", ".join(f"{layout.example} ({layout.title})" for layout in LAYOUTS)
    return CorpusError(
        f"none of the {counted(len(candidates), 'audio file')} in {root} tells its emotion, for example "
        f"{min(candidate.path for candidate in candidates)}",
        f"names or folders like {wanted} are expected",
        "Sort the clips into folders named after emotions, or write a CSV manifest with the columns path and emotion",
    )


def none_exists(file: Path, paths: Sequence[str]) -> CorpusError:
    """Return the error for a manifest whose files are all missing."""
    return CorpusError(
        f"{file} lists {counted(len(paths), 'file')} and none exists, for example {paths[0]}",
        "paths relative to the manifest's folder are expected",
        "Correct the paths, or move the manifest to where they start",
    )


def walk_notes(root: Path, found: Walk) -> list[str]:
    """Return notes on what the walk could not enter or name."""
    notes = [
        f"The folder {path or root} cannot be opened ({reason}); what is in it is left out."
        for path, reason in found.unreadable
    ]
    if found.unnameable:
        notes.append(
            f"Left out, because the name is no text: {counted(found.unnameable, 'file')} in {root}; rename them, "
            "or unpack their archive again."
        )
    return notes


def unrecognised_notes(root: Path, candidates: Sequence[AudioFile], clips: Sequence[Clip]) -> list[str]:
    """Return a note on the audio files that no layout recognised, if there are any."""
    recognised = {clip.path for clip in clips}
    foreign = sorted(candidate.path for candidate in candidates if candidate.path not in recognised)
    if not foreign:
        return []
    return [
        f"Left out, because no layout knows the name: {counted(len(foreign), 'audio file')} in {root}, "
        f"for example {foreign[0]}."
    ]


def label_notes(source: Path, clips: Sequence[Clip]) -> list[str]:
    """Return notes on labels that are unknown words, and on clips that should have a label and have none."""
    notes = []
    loose = {FOLDERS.title, MANIFEST_TITLE}
    unknown = Counter(clip.label for clip in clips if clip.layout in loose and clip.label and not clip.emotion)
    if unknown:
        words = ", ".join(f"{word} ({counted(number, 'clip')})" for word, number in sorted(unknown.items()))
        notes.append(f"Unknown emotions in {source}: {words}. Known are {', '.join(EMOTIONS)}.")
    bare = Counter(clip.layout for clip in clips if clip.label is None)
    notes += [
        f"{counted(number, 'clip')} in {source} ({layout}) came without a label."
        for layout, number in sorted(bare.items())
    ]
    return notes


def repeated_notes(source: Path, number: int) -> list[str]:
    """Return a note on the files that were listed before, if there are any."""
    return [f"Listed already, and counted once: {counted(number, 'file')} of {source}."] if number else []
