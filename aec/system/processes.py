"""Processes on every system: start detached, identify, stop with all descendants."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil

# How long a job may write nothing after SIGTERM while it saves its best so far, and how long it may take in all.
GRACE_S = 10.0
LONGEST_GRACE_S = 60.0
_POLL_S = 0.5
# Clocks of the system and of psutil differ by less.
_SAME_START_S = 2.0


def python_environment(**more: str) -> dict[str, str]:
    """Return the environment of a Python child with this process's import path."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path), **more}


def start_detached(arguments: list[str], log: Path, *, nice: bool) -> "subprocess.Popen[bytes]":
    """Start `python -m aec ...` in its own process group, output appended to a file.

    Parameters
    ----------
    arguments : list of str
    log : Path
    nice : bool
        Lower its priority, so that pages stay quick.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "aec", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=python_environment(),
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
    if nice:
        with contextlib.suppress(psutil.Error, OSError):
            lower = getattr(psutil, "BELOW_NORMAL_PRIORITY_CLASS", 10)
            psutil.Process(process.pid).nice(lower)
    return process


def process_start(pid: int | None = None) -> float:
    """Return the start of a process (default: this one) in s since the epoch.

    Raises
    ------
    psutil.Error
        There is no such process.
    """
    return float(psutil.Process(pid).create_time())


def is_alive(pid: object, started: object = None) -> bool:
    """Return whether a process exists and is no zombie.

    Parameters
    ----------
    pid : object
        Process id; anything but an int is no process.
    started : object
        Its start time, which tells it from a later process with the same id. None accepts any.
    """
    if not isinstance(pid, int):
        return False
    try:
        return _process(pid, started) is not None
    except psutil.AccessDenied:
        return True


def wait_for_exit(pid: int, started: float, seconds: float) -> bool:
    """Wait for a process that is no child; return whether it ended in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not is_alive(pid, started):
            return True
        time.sleep(0.1)
    return not is_alive(pid, started)


def stop_tree(
    pid: int,
    started: float | None,
    *,
    grace_s: float = GRACE_S,
    last_progress: Callable[[], float] | None = None,
) -> None:
    """Send SIGTERM to a process, and kill it with all descendants after a grace time.

    Parameters
    ----------
    pid : int
    started : float or None
        When the process began.
    grace_s : float
    last_progress : callable, optional
        Returns when the process last wrote progress, in seconds since the epoch: the grace time begins anew then, up
        to `LONGEST_GRACE_S` in all.
    """
    tree = _tree(pid, started)
    if not tree:
        return
    # The process alone gets the signal: it saves its best so far and ends its own children.
    with contextlib.suppress(psutil.Error):
        tree[0].send_signal(signal.SIGTERM)
    sent = time.time()
    while True:
        latest = max(sent, last_progress()) if last_progress is not None else sent
        patience = min(latest + grace_s, sent + LONGEST_GRACE_S) - time.time()
        _, left = psutil.wait_procs(tree[:1], timeout=min(max(patience, 0.0), _POLL_S))
        if not left or patience <= 0:
            break
    for process in {*tree, *_tree(pid, started)}:
        with contextlib.suppress(psutil.Error):
            if left or process != tree[0]:
                process.kill()
    psutil.wait_procs(tree, timeout=5)


def kill_tree(process: "subprocess.Popen[str] | subprocess.Popen[bytes]", *, terminate_s: float = 0.0) -> None:
    """Kill a child process and all its descendants, and wait for it.

    Parameters
    ----------
    process : subprocess.Popen
        Where it leads a process group, descendants that it left behind are killed as well.
    terminate_s : float
        Seconds that it gets after SIGTERM; 0 kills at once.
    """
    tree = _tree(process.pid, None)
    if terminate_s and process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(terminate_s)
    if sys.platform != "win32":
        # A group outlives its leader; without one of that number nothing is killed.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    for each in tree:
        with contextlib.suppress(psutil.Error):
            each.kill()
    process.wait()


def end_with_parent(parent: int | None = None) -> None:
    """End this process, and the group that it leads, once its parent is gone.

    Parameters
    ----------
    parent : int, optional
        A further process whose end counts as well, such as the one that started the launcher of this process.
    """
    direct = os.getppid()
    started = None if parent is None else process_start(parent)

    def watch() -> None:
        while os.getppid() == direct and (parent is None or is_alive(parent, started)):
            time.sleep(1.0)
        if sys.platform != "win32" and os.getpgid(0) == os.getpid():
            os.killpg(0, signal.SIGKILL)
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="end-with-parent").start()


def _process(pid: int, started: object) -> psutil.Process | None:
    try:
        process = psutil.Process(pid)
        if isinstance(started, int | float) and abs(process.create_time() - started) > _SAME_START_S:
            return None
        return None if process.status() == psutil.STATUS_ZOMBIE else process
    except (psutil.NoSuchProcess, ValueError):
        return None


def _tree(pid: int, started: float | None) -> list[psutil.Process]:
    try:
        process = _process(pid, started)
        return [] if process is None else [process, *process.children(recursive=True)]
    except psutil.Error:
        return []
