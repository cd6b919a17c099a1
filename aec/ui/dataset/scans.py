"""Scans shared by all visitors: folders are scanned once, and again only when a file in them changes."""

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
_KEPT = 4
_WAIT_S = 0.3


@dataclass
class _Work:
    """A scan under way, and how far it is."""

    over: threading.Event = field(default_factory=threading.Event)
    done: int = 0
    total: int = 0


class ScanShelf:
    """The last few scans; visitors who want the same one wait for whoever came first.

    Streamlit's own caches will not do: while they fill, nothing can be drawn, and a scan takes its time.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[Key, Scan] = OrderedDict()
        self._under_way: dict[Key, _Work] = {}

    def scan(self, key: Key, progress: Progress) -> "Scan":
        """Return a scan of folders, whatever the label set.

        Parameters
        ----------
        key : tuple of (folders, stamp)
        progress : callable
            Called with (clips done, clips in all) in the calling thread, also while another visitor's scan goes on;
            what it raises ends the wait, or the scan.

        Raises
        ------
        CorpusError
            As `aec.corpora.scan`.
        """
        while True:
            with self._lock:
                if key in self._kept:
                    self._kept.move_to_end(key)
                    return self._kept[key]
                work = self._under_way.get(key)
                if work is None:
                    mine = self._under_way[key] = _Work()
                    break
            while not work.over.wait(_WAIT_S):
                progress(work.done, work.total)
            # Here it is now; or that visitor left, and it is our turn.
        return self._scan(key, mine, progress)

    def _scan(self, key: Key, work: _Work, progress: Progress) -> "Scan":
        # Imported here, because pandas takes its time and not every page needs it.
        from aec.corpora import scan

        def report(done: int, total: int) -> None:
            work.done, work.total = done, total
            progress(done, total)

        try:
            found = scan(key[0], labels="all", progress=report)
            with self._lock:
                self._kept[key] = found
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
            return found
        finally:
            with self._lock:
                del self._under_way[key]
            work.over.set()


@st.cache_resource(show_spinner=False)
def scan_shelf() -> ScanShelf:
    """Return the one shelf of this server."""
    return ScanShelf()


def listing_stamp(folders: Sequence[str]) -> str:
    """Return a digest of the names, sizes and times of all files in some folders: any change makes it another one.

    Parameters
    ----------
    folders : sequence of str
        Links in them are followed, as a scan does; what cannot be opened counts as gone. Clips elsewhere that a
        manifest lists are not looked at.
    """
    digest = hashlib.blake2b(digest_size=16)
    for folder in folders:
        todo, seen = [folder], set()
        while todo:
            place = todo.pop()
            real = os.path.realpath(place)
            if real not in seen:
                seen.add(real)
                lines, below = _listed(place)
                digest.update("\n".join([place, *lines]).encode(errors="surrogateescape"))
                todo += below
    return digest.hexdigest()


def _listed(folder: str) -> tuple[list[str], list[str]]:
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
