"""One worker per `AEC_HOME`: a lock that ends with its process, however that ends."""

import os
import sys
from pathlib import Path
from typing import BinaryIO


def take(path: Path) -> BinaryIO | None:
    """Take a lock file, or return None where another process holds it.

    Parameters
    ----------
    path : Path

    Returns
    -------
    binary file or None
        The lock is held until this is closed; the system closes it for a process that dies.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("a+b")
    try:
        _lock(file)
    except OSError:
        file.close()
        return None
    file.seek(0)
    file.truncate()
    file.write(str(os.getpid()).encode())
    file.flush()
    return file


def is_taken(path: Path) -> bool:
    """Return whether a living process holds the lock."""
    if not path.exists():
        return False
    with path.open("a+b") as file:
        try:
            _lock(file)
        except OSError:
            return True
    return False


if sys.platform == "win32":
    import msvcrt

    def _lock(file: BinaryIO) -> None:
        # A byte far behind the content, so that the number in it stays readable.
        file.seek(1 << 20)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(file: BinaryIO) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
