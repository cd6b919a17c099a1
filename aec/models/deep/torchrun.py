"""Processes under `torchrun`: started together, ended together, asked why they failed. PyTorch is not loaded here.

They are of a session of their own, so that a signal meant for who started them does not end them in the middle of
something; each of them ends when that process is gone (`aec.system.processes.end_with_parent`).
"""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aec.errors import AecError, RunError, StoreError, TrainingError, UsageError, WorkerDiedError
from aec.system.processes import kill_tree, python_environment

_END_S = 10.0
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
    # Without this, torchrun warns.
    environment = python_environment(OMP_NUM_THREADS=str(threads))
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
            kill_tree(process, terminate_s=_END_S)


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
