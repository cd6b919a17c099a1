"""A server of the dashboard for measurements."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parent.parent
_START_S = 60


def start_server(
    home: str,
    python: str = sys.executable,
    prepare: Callable[[int], None] = lambda _pid: None,
    **environment: str,
) -> tuple["subprocess.Popen[bytes]", str, float]:
    """Start a server and return it, its address, and the seconds until it answered.

    Parameters
    ----------
    home : str
        Its AEC_HOME.
    python : str
        Interpreter.
    prepare : callable
        Called with the process's id right after its start.
    environment : str
        More of the environment.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = [f"--server.port={port}", "--server.address=127.0.0.1", "--server.headless=true"]
    start = time.perf_counter()
    process = subprocess.Popen(
        [python, "-m", "streamlit", "run", "streamlit_app.py", *options],
        cwd=ROOT,
        env={**os.environ, "AEC_HOME": home, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    prepare(process.pid)
    address = f"http://127.0.0.1:{port}"
    while not _answers(address):
        if process.poll() is not None or time.perf_counter() - start > _START_S:
            process.kill()
            raise SystemExit("the server did not start")
        time.sleep(0.05)
    return process, address, time.perf_counter() - start


def _answers(address: str) -> bool:
    try:
        urllib.request.urlopen(f"{address}/_stcore/health", timeout=1).close()  # noqa: S310 - our own server
    except OSError:
        return False
    return True
