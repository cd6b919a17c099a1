"""Atomic writes, and scratch files that are removed once their process is gone."""

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import psutil


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path in the same folder, and rename it to `path` at the end.

    A reader meets the old file or the whole new one, never a part; after an error the old file is unchanged and the
    temporary one is removed.

    Parameters
    ----------
    path : Path
        File to write.

    Yields
    ------
    Path
        Where to write the content.

    Raises
    ------
    OSError
        The disk is full, or the folder cannot be written.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        yield aside
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def write_atomically(path: Path, content: bytes | str) -> None:
    """Write bytes, or text as UTF-8, through `replacing`, flushed before the renaming."""
    with replacing(path) as aside, aside.open("wb") as file:
        file.write(content.encode() if isinstance(content, str) else content)
        file.flush()
        os.fsync(file.fileno())


def file_stamp(path: Path) -> tuple[int, int] | None:
    """Return size (bytes) and time (ns) as a cache key; None without a file."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return (facts.st_size, facts.st_mtime_ns)


def remove_orphans(folder: Path, prefix: str) -> None:
    """Remove files and folders `PREFIX-PID-...` of processes that no longer exist."""
    for path in folder.glob(f"{prefix}-*-*"):
        owner = path.name.removeprefix(f"{prefix}-").split("-")[0]
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            # Another process may remove it at the same time.
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
