"""Waiting times of a first-time user: scan, prediction, start, first page.

    python -m benchmarks.first_steps FOLDER... [--clip CLIP]

The scan is measured cold and cached, the prediction as a whole process and warm. FOLDER is a corpus to scan; CLIP
defaults to a bundled demo clip. Times are medians over several runs.
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from aec.corpora.demo import DEMO_FOLDERS
from aec.prediction.predictor import load_bundled_model, predict_source

ROOT = Path(__file__).parent.parent


def timed(action: Callable[[], object], runs: int) -> float:
    """Return the median seconds of some runs."""
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def aec(home: str, *arguments: str) -> None:
    """Run a command in a process of its own."""
    command = [sys.executable, "-m", "aec", *arguments, "--json"]
    subprocess.run(command, cwd=ROOT, env={**os.environ, "AEC_HOME": home}, stdout=subprocess.DEVNULL, check=True)


def first_page(home: str) -> float:
    """Return the seconds that the first page takes in a new session, imports included."""
    from streamlit.testing.v1 import AppTest

    os.environ["AEC_HOME"] = home
    start = time.perf_counter()
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60).run()
    if app.exception:
        raise SystemExit(f"the first page failed: {app.exception[0].value}")
    return time.perf_counter() - start


def server_start(home: str) -> float:
    """Return the seconds until a new server answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.headless=true"]
    command += [f"--server.port={port}", "--server.address=127.0.0.1"]
    start = time.perf_counter()
    with subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, "AEC_HOME": home}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            while time.perf_counter() - start < 60:
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1).close()
                    break
                except OSError:
                    time.sleep(0.02)
            return time.perf_counter() - start
        finally:
            server.terminate()


def main() -> None:
    """Measure and print a table and its JSON."""
    parser = argparse.ArgumentParser(description="Measure the waiting times of a first-time user.")
    parser.add_argument("folders", nargs="*", help="corpora to scan; default: the demo corpora")
    parser.add_argument("--clip", default=str(next(DEMO_FOLDERS["demo-english"].rglob("*.ogg"))))
    arguments = parser.parse_args()
    folders = arguments.folders or [str(folder) for folder in DEMO_FOLDERS.values()]
    with tempfile.TemporaryDirectory() as home:
        start = time.perf_counter()
        aec(home, "scan", *folders)
        cold = time.perf_counter() - start
        again = timed(lambda: aec(home, "scan", *folders), 3)
        process = timed(lambda: aec(home, "predict", arguments.clip), 5)
        model = load_bundled_model()
        predict_source(model, Path(arguments.clip))
        warm = timed(lambda: predict_source(model, Path(arguments.clip)), 30)
        server = server_start(home)
        page = first_page(home)
    figures = {
        "scan, cold (s)": cold,
        "scan, cached (s)": again,
        "predict, whole process (s)": process,
        "predict, warm (ms)": warm * 1000,
        "server up (s)": server,
        "first page (s)": page,
    }
    for name, value in figures.items():
        print(f"{name:<28} {value:8.2f}")
    print(json.dumps({name: round(value, 3) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
