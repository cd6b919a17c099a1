"""Cache of scans for all visitors; a changed file makes a new scan."""

import hashlib
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from aec.corpora import Scan

Key = tuple[tuple[str, ...], str]
Progress = Callable[[int, int], None]

# Each holds the table of one choice of corpora: about 10 MB for 12,798 clips.
_MAX_SCANS = 4
_POLL_S = 0.3


@dataclass
class _Entry:
    """A scan with its progress; missing while it runs or after an interruption."""

    ended: threading.Event = field(default_factory=threading.Event)
    done: int = 0
    total: int = 0
    scan: "Scan | None" = None


class ScanCache:
    """The last few scans; visitors who want the same one share it, also while it runs.

    Streamlit's own caches cannot do this: while they fill, nothing can be drawn, and a scan takes its time.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: OrderedDict[Key, _Entry] = OrderedDict()

    def scan(self, key: Key, progress: Progress) -> "Scan":
        """Return a scan of folders with the label set `all`.

        Parameters
        ----------
        key : tuple of (folders, digest)
        progress : callable
            Called with (clips done, clips in all) in the calling thread, also while another visitor's scan goes on;
            an exception of it ends the wait, or the scan.

        Raises
        ------
        CorpusError
            As `aec.corpora.scan`.
        """
        while True:
            with self._lock:
                is_new = key not in self._entries
                entry = self._entries.setdefault(key, _Entry())
                self._entries.move_to_end(key)
                while len(self._entries) > _MAX_SCANS:
                    self._entries.popitem(last=False)
            if is_new:
                return self._scan(key, entry, progress)
            while not entry.ended.wait(_POLL_S):
                progress(entry.done, entry.total)
            if entry.scan is not None:
                return entry.scan
            # The visitor who ran it left; this one scans.

    def _scan(self, key: Key, entry: _Entry, progress: Progress) -> "Scan":
        # Imported here, because pandas takes its time and not every page needs it.
        from aec.corpora import scan

        def report(done: int, total: int) -> None:
            entry.done, entry.total = done, total
            progress(done, total)

        try:
            entry.scan = scan(key[0], labels="all", progress=report)
        finally:
            if entry.scan is None:
                with self._lock:
                    self._entries.pop(key, None)
            entry.ended.set()
        return entry.scan


@st.cache_resource(show_spinner=False)
def scan_cache() -> ScanCache:
    """Return the one cache of this server."""
    return ScanCache()


def folders_digest(folders: Sequence[str]) -> str:
    """Return a digest of the names, sizes and times of all files in some folders.

    Parameters
    ----------
    folders : sequence of str
        Links in them are followed, as a scan does; a folder that cannot be opened counts as gone. Clips elsewhere
        that a manifest lists are not looked at.
    """
    digest = hashlib.blake2b(digest_size=16)
    for folder in folders:
        todo, seen = [folder], set()
        while todo:
            path = todo.pop()
            real = os.path.realpath(path)
            if real not in seen:
                seen.add(real)
                lines, below = _list_folder(path)
                digest.update("\n".join([path, *lines]).encode(errors="surrogateescape"))
                todo += below
    return digest.hexdigest()


def _list_folder(folder: str) -> tuple[list[str], list[str]]:
    """Return a line for each file in a folder, and the folders below."""
    lines, below = [], []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                try:
                    if entry.is_dir():
                        below.append(entry.path)
                        continue
                    facts = entry.stat()
                    lines.append(f"{entry.name}\0{facts.st_size}\0{facts.st_mtime_ns}")
                except OSError:
                    # A link to nothing, or gone since it was listed; the scan reports what that means.
                    lines.append(f"{entry.name}\0gone")
    except OSError:
        lines.append("gone")
    return sorted(lines), sorted(below)
