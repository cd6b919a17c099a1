"""Start and stop torchrun workers, exchange JSON records and errors with them.

PyTorch is not loaded here. Workers run in a session of their own, so that a signal to the launching process does not
end them between two steps; each ends when that process is gone (`aec.system.processes.end_with_parent`).
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
def workers_running(module: str, folder: Path, workers: int, threads: int) -> Iterator["subprocess.Popen[bytes]"]:
    """Start workers for a `with` block; those still running at its end are killed.

    Parameters
    ----------
    module : str
        Module that each worker runs, with the folder as its argument.
    folder : Path
        Folder of this job; the workers' output is logged there.
    workers : int
    threads : int
        Threads of each worker.

    Yields
    ------
    subprocess.Popen
        The `torchrun` process, which ends after its workers.
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


def worker_failure(folder: Path, who: str, remedy: str) -> AecError:
    """Return the error that a worker reported, or else that one was killed.

    Parameters
    ----------
    folder : Path
    who : str
        Subject of the message, for example `one of the 2 training processes`.
    remedy : str
        What to do if one was killed.
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
def errors_reported(folder: Path, rank: int) -> Iterator[None]:
    """Write an AecError of this worker into the folder, for `worker_failure`."""
    try:
        yield
    except AecError as error:
        words = {"kind": type(error).__name__, "got": error.got, "expected": error.expected, "remedy": error.remedy}
        (folder / f"error-{rank}.json").write_text(json.dumps(words), encoding="utf-8")
        raise


def append_record(path: Path, record: object) -> None:
    """Append a line of JSON to a file, for `read_records`."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(record) + "\n")


def read_records(path: Path) -> list[Any]:
    """Read the complete lines of a file of JSON lines; a missing file has none."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in lines if line.endswith("\n")]
