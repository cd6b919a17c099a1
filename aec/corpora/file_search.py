"""Search for audio files and manifests below a folder, and the order of paths."""

import os
import re
import unicodedata
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from aec.audio import AUDIO_EXTENSIONS
from aec.corpora.layouts.layout import AudioFile

MANIFEST_NAME = "manifest.csv"
_IGNORED = "__MACOSX"
_DIGITS = re.compile(r"[0-9]+")
_WIDTH = 20


@dataclass(slots=True)
class FoundFiles:
    """Files below a folder.

    Parameters
    ----------
    audio : list of AudioFile
        Also dangling links and pipes with the name of an audio file: clips that cannot be read.
    manifests : list of Path
        Files called `manifest.csv`.
    unreadable : list of tuple of str and str
        Folders that could not be opened, with the reason.
    undecodable_names : int
        Audio files and folders whose name is not valid Unicode.
    """

    audio: list[AudioFile] = field(default_factory=list)
    manifests: list[Path] = field(default_factory=list)
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    undecodable_names: int = 0


class _Folder(NamedTuple):
    path: str
    real_path: str
    folders: tuple[str, ...]


def find_files(root: Path) -> FoundFiles:
    """Find the audio files and manifests in a folder and all folders below it.

    Parameters
    ----------
    root : Path
        An existing folder.

    Notes
    -----
    Hidden files and folders and `__MACOSX` are ignored. Linked folders are followed after all others, so that a file
    is listed at its own place if that is in the tree; no folder is listed twice.
    """
    found = FoundFiles()
    seen: set[str] = set()
    path = "" if str(root) == "." else str(root)
    folders = deque([_Folder(path, os.path.realpath(root), (folder_name(root),))])
    links: deque[_Folder] = deque()
    while folders or links:
        folder = folders.popleft() if folders else links.popleft()
        if folder.real_path not in seen:
            seen.add(folder.real_path)
            _list_folder(folder, found, folders, links)
    return found


def natural_key(path: str) -> tuple[list[str], str]:
    """Return a sort key: folder by folder, `Actor_2/` before `Actor_10/`.

    Parameters
    ----------
    path : str

    Examples
    --------
    >>> sorted(["Actor_10/a.wav", "Actor_2/b.wav"], key=natural_key)
    ['Actor_2/b.wav', 'Actor_10/a.wav']
    """
    padded = _DIGITS.sub(lambda digits: digits[0].lstrip("0").zfill(_WIDTH), path)
    # Decomposed letters (macOS) and the system's locale must not change the order.
    return unicodedata.normalize("NFC", padded).casefold().split(os.sep), path  # noqa: PTH206 - a key, no path


def folder_name(folder: Path) -> str:
    """Return a folder's own name, also for one that was given as `.` or `..`."""
    return folder.name if folder.name not in {"", ".."} else folder.resolve().name


def is_unicode(name: str) -> bool:
    """Return whether a file name is valid Unicode; names in old archives may not be."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _list_folder(folder: _Folder, found: FoundFiles, folders: deque[_Folder], links: deque[_Folder]) -> None:
    """Add the files of one folder, and queue the folders in it."""
    try:
        with os.scandir(folder.path or ".") as scanned:
            entries = sorted(scanned, key=lambda entry: entry.name)
    except OSError as error:
        found.unreadable.append((folder.path, error.strerror or type(error).__name__))
        return
    for entry in entries:
        name = entry.name
        if name.startswith(".") or name == _IGNORED:
            continue
        if name.lower() == MANIFEST_NAME and entry.is_file():
            found.manifests.append(Path(folder.path, name))
        stem, suffix = os.path.splitext(name)  # noqa: PTH122 - 12,798 times
        is_folder = _is_folder(entry)
        if not is_folder and suffix.lower() not in AUDIO_EXTENSIONS:
            continue
        path, real_path = (os.path.join(parent, name) for parent in folder[:2])  # noqa: PTH118 - the source's spelling
        if not is_unicode(name):
            found.undecodable_names += 1
        elif not is_folder:
            found.audio.append(AudioFile(path, real_path, stem, folder.folders))
        elif entry.is_symlink():
            links.append(_Folder(path, os.path.realpath(path), (*folder.folders, name)))
        else:
            folders.append(_Folder(path, real_path, (*folder.folders, name)))


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:
        # A link to itself.
        return False
