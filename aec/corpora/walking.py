"""Find the audio files under a folder, quickly, and without following a link in circles."""

import os
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from aec.audio import AUDIO_EXTENSIONS

MANIFEST_NAME = "manifest.csv"
_IGNORED = "__MACOSX"


@dataclass(frozen=True, slots=True)
class AudioFolder:
    """A folder with the audio files that lie directly in it.

    Parameters
    ----------
    path : str
        The source as it was given, joined with the way down; empty for the current folder.
    real : str
        The same without links, absolute.
    folders : tuple of str
        The source's own name and the names of the folders below it.
    names : tuple of str
    """

    path: str
    real: str
    folders: tuple[str, ...]
    names: tuple[str, ...]


@dataclass(slots=True)
class Walk:
    """What a walk found.

    Parameters
    ----------
    folders : list of AudioFolder
    manifests : list of Path
        Files called `manifest.csv`.
    unreadable : list of tuple of str and str
        Folders that could not be opened, with the reason.
    unnameable : int
        Files and folders whose name is no text.
    """

    folders: list[AudioFolder] = field(default_factory=list)
    manifests: list[Path] = field(default_factory=list)
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    unnameable: int = 0


class _Stop(NamedTuple):
    path: str
    real: str
    folders: tuple[str, ...]


def walk(root: Path) -> Walk:
    """Walk a folder and all below it.

    Parameters
    ----------
    root : Path
        An existing folder.

    Notes
    -----
    Hidden files and folders and `__MACOSX` are ignored. Linked folders are followed after all others, so that a file
    is listed where it really lies if that place is in the tree; no folder is walked twice.
    """
    found = Walk()
    seen: set[str] = set()
    given = "" if str(root) == "." else str(root)
    plain = deque([_Stop(given, os.path.realpath(root), (folder_name(root),))])
    links: deque[_Stop] = deque()
    while plain or links:
        stop = plain.popleft() if plain else links.popleft()
        if stop.real in seen:
            continue
        seen.add(stop.real)
        _visit(stop, found, plain, links)
    return found


def _visit(stop: _Stop, found: Walk, plain: deque[_Stop], links: deque[_Stop]) -> None:
    try:
        with os.scandir(stop.path or ".") as scanned:
            entries = sorted(scanned, key=lambda entry: entry.name)
    except OSError as error:
        found.unreadable.append((stop.path, error.strerror or type(error).__name__))
        return
    names = []
    for entry in entries:
        name = entry.name
        if name.startswith(".") or name == _IGNORED:
            continue
        is_audio = os.path.splitext(name)[1].lower() in AUDIO_EXTENSIONS  # noqa: PTH122 - 12,798 times
        is_folder = _is_folder(entry)
        if name.lower() == MANIFEST_NAME and entry.is_file():
            found.manifests.append(Path(stop.path, name))
        if not is_audio and not is_folder:
            continue
        if not is_text(name):
            found.unnameable += 1
        elif is_folder:
            _queue(stop, entry, plain, links)
        else:
            # Whatever is no folder: a dangling link or a pipe is a clip that cannot be read, and is reported so.
            names.append(name)
    if names:
        found.folders.append(AudioFolder(stop.path, stop.real, stop.folders, tuple(names)))


def _queue(stop: _Stop, entry: "os.DirEntry[str]", plain: deque[_Stop], links: deque[_Stop]) -> None:
    path = os.path.join(stop.path, entry.name)  # noqa: PTH118 - keeps the source's own spelling
    folders = (*stop.folders, entry.name)
    if entry.is_symlink():
        links.append(_Stop(path, os.path.realpath(path), folders))
    else:
        real = os.path.join(stop.real, entry.name)  # noqa: PTH118
        plain.append(_Stop(path, real, folders))


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:
        # A link to itself.
        return False


def folder_name(folder: Path) -> str:
    """Return a folder's own name, also for one that was given as `.` or `..`."""
    return folder.name if folder.name not in {"", ".."} else folder.resolve().name


def is_text(name: str) -> bool:
    """Return whether a file name is valid Unicode; old archives leave names that are not."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
