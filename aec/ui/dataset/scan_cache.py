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
class _RunningScan:
    ended: threading.Event = field(default_factory=threading.Event)
    done: int = 0
    total: int = 0


class ScanCache:
    """The last few scans; visitors who want the same one share it, also while it runs.

    Streamlit's own caches cannot do this: while they fill, nothing can be drawn, and a scan takes its time.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._scans: OrderedDict[Key, Scan] = OrderedDict()
        self._running: dict[Key, _RunningScan] = {}

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
                if key in self._scans:
                    self._scans.move_to_end(key)
                    return self._scans[key]
                running = self._running.get(key)
                if running is None:
                    own = self._running[key] = _RunningScan()
                    break
            while not running.ended.wait(_POLL_S):
                progress(running.done, running.total)
            # It is in the cache now; or that visitor left, and this one scans.
        return self._scan(key, own, progress)

    def _scan(self, key: Key, running: _RunningScan, progress: Progress) -> "Scan":
        # Imported here, because pandas takes its time and not every page needs it.
        from aec.corpora import scan

        def report(done: int, total: int) -> None:
            running.done, running.total = done, total
            progress(done, total)

        try:
            found = scan(key[0], labels="all", progress=report)
            with self._lock:
                self._scans[key] = found
                while len(self._scans) > _MAX_SCANS:
                    self._scans.popitem(last=False)
            return found
        finally:
            with self._lock:
                del self._running[key]
            running.ended.set()


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
