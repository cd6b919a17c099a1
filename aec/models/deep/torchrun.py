"""Processes under `torchrun`: started together, ended together, asked why they failed. PyTorch is not loaded here.

They are of a session of their own, so that a signal meant for who started them does not end them in the middle of
something; they look after that process themselves (`end_with`) and end when it is gone.
"""

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from aec.errors import AecError, RunError, StoreError, TrainingError, UsageError, WorkerDiedError

_END_S = 10.0
_WATCH_S = 1.0
_LOG = "log.txt"
_ERRORS: dict[str, type[AecError]] = {
    kind.__name__: kind for kind in (TrainingError, UsageError, RunError, StoreError)
}


@contextlib.contextmanager
def started(module: str, folder: Path, workers: int, threads: int) -> Iterator["subprocess.Popen[bytes]"]:
    """Start processes for a `with` block; what is left of them at its end is ended.

    Parameters
    ----------
    module : str
        What each of them runs, with the folder as its argument.
    folder : Path
        Of this job alone; what they print is kept there.
    workers : int
    threads : int
        Of each process, until it sets another number by itself.

    Yields
    ------
    subprocess.Popen
        `torchrun`, which ends when they have ended.
    """
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={workers}"]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        # Without this, torchrun warns.
        "OMP_NUM_THREADS": str(threads),
    }
    with (folder / _LOG).open("wb") as log:
        process = subprocess.Popen(
            [*command, "-m", module, str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            _end(process)


def failure(folder: Path, who: str, remedy: str) -> AecError:
    """Return why the processes failed: what one of them said, or else that one was killed.

    Parameters
    ----------
    folder : Path
    who : str
        What they are called, for example `one of the 2 training processes`.
    remedy : str
        What to do where one was killed.
    """
    for path in sorted(folder.glob("error-*.json")):
        with contextlib.suppress(ValueError, KeyError):
            error = json.loads(path.read_text(encoding="utf-8"))
            return _ERRORS[error["kind"]](error["got"], error["expected"], error["remedy"])
    lines = (folder / _LOG).read_text(encoding="utf-8", errors="replace").splitlines()
    killed = next((line.strip() for line in reversed(lines) if "Signal" in line and "received" in line), "")
    last = killed or next((line.strip() for line in reversed(lines) if "Error" in line), "")
    words = f" ({last.split(': ', 1)[-1][:200]})" if last else ""
    return WorkerDiedError(f"{who} was killed or failed{words}", "", remedy)


@contextlib.contextmanager
def telling(folder: Path, rank: int) -> Iterator[None]:
    """Leave an error of ours in the folder, for `failure`; for the processes themselves."""
    try:
        yield
    except AecError as error:
        words = {"kind": type(error).__name__, "got": error.got, "expected": error.expected, "remedy": error.remedy}
        (folder / f"error-{rank}.json").write_text(json.dumps(words), encoding="utf-8")
        raise


def say(path: Path, words: object) -> None:
    """Add a line of JSON to a file that the one who started the processes reads by `said`."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(words) + "\n")


def said(path: Path) -> list[Any]:
    """Return what a file of lines of JSON says by now; one that is still being written does not count."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in lines if line.endswith("\n")]


def end_with(parent: int) -> None:
    """End this process when the one that wrote its job is gone, or torchrun is: nobody would read its answer.

    Parameters
    ----------
    parent : int
        The process that wrote the job.
    """
    begun, starter = psutil.Process(parent).create_time(), os.getppid()

    def look() -> None:
        while True:
            time.sleep(_WATCH_S)
            try:
                gone = abs(psutil.Process(parent).create_time() - begun) > 2.0
            except psutil.NoSuchProcess:
                gone = True
            if gone or os.getppid() != starter:
                os._exit(1)

    threading.Thread(target=look, daemon=True).start()


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End torchrun, which ends its processes, if it is not over; and those that did not end with it."""
    members: list[psutil.Process] = []
    with contextlib.suppress(psutil.Error):
        members = psutil.Process(process.pid).children(recursive=True)
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    for member in members:
        with contextlib.suppress(psutil.Error):
            member.kill()
