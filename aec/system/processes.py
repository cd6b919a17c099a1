"""Starting, stopping and recognising processes, on every system."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

# How long a cancelled job may be silent while it writes its best so far, and how long it may take in all.
GRACE_S = 10.0
LONGEST_GRACE_S = 60.0
_POLL_S = 0.5


def start_detached(arguments: list[str], log: Path, *, nice: bool) -> "subprocess.Popen[bytes]":
    """Start `python -m aec ...` in a process group of its own, its output appended to a file.

    Parameters
    ----------
    arguments : list of str
    log : Path
    nice : bool
        Let others go first, so that the pages stay quick.
    """
    command = [sys.executable, "-m", "aec", *arguments]
    # The package is found from the folder that the server was started in, which need not be installed.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
    if nice:
        with contextlib.suppress(psutil.Error, OSError):
            lower = getattr(psutil, "BELOW_NORMAL_PRIORITY_CLASS", 10)
            psutil.Process(process.pid).nice(lower)
    return process


def stop_group(
    pid: int, started: float | None, *, grace_s: float = GRACE_S, last_word: Callable[[], float] | None = None
) -> None:
    """Ask a job and all its children to end; kill what is left after the grace time.

    Parameters
    ----------
    pid : int
    started : float or None
        When the process began, so that a number used again is not mistaken for it.
    grace_s : float
    last_word : callable, optional
        When the job was last heard of, in seconds since the epoch: its grace begins anew then, up to a minute.
    """
    family = _family(pid, started)
    if not family:
        return
    # The job alone is asked: it writes its best so far and ends its own children.
    with contextlib.suppress(psutil.Error):
        family[0].send_signal(signal.SIGTERM)
    asked = time.time()
    while True:
        heard = max(asked, last_word()) if last_word is not None else asked
        patience = min(heard + grace_s, asked + LONGEST_GRACE_S) - time.time()
        _, left = psutil.wait_procs(family[:1], timeout=min(max(patience, 0.0), _POLL_S))
        if not left or patience <= 0:
            break
    for process in {*family, *_family(pid, started)}:
        with contextlib.suppress(psutil.Error):
            if left or process != family[0]:
                process.kill()
    psutil.wait_procs(family, timeout=5)


def is_alive(pid: object, started: object) -> bool:
    """Return whether the process with that number is the one that began then, and is still at work."""
    return isinstance(pid, int) and bool(_family(pid, started if isinstance(started, int | float) else None))


def wait_while_alive(pid: int, started: float, seconds: float) -> bool:
    """Wait for a process that is not our child; return whether it ended in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not is_alive(pid, started):
            return True
        time.sleep(0.1)
    return not is_alive(pid, started)


def _family(pid: int, started: float | None) -> list[psutil.Process]:
    try:
        process = psutil.Process(pid)
        same = started is None or abs(process.create_time() - started) < 2.0
        if not same or process.status() == psutil.STATUS_ZOMBIE:
            return []
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []
