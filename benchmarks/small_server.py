"""Times and memory of the dashboard on a machine as small as a free hosted one.

One core, little memory, public mode.

Run it from the root of the repository: `python -m benchmarks.small_server`. It needs a Chromium. The server and all
that it starts are bound to one core; `--cgroup` puts them into a control group as well, whose memory limit then holds
(`mkdir /sys/fs/cgroup/memory/small; echo 1G > /sys/fs/cgroup/memory/small/memory.limit_in_bytes`). `--python` names
the interpreter of another environment, such as one that uv made from requirements.txt.
"""

import argparse
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import psutil
from playwright.sync_api import Page, sync_playwright

from aec.benchmark.load_sampler import LoadSampler
from aec.system.memory import tree_memory_mb
from benchmarks.dashboard_server import ROOT, start_server

PAGES = ("overview", "dataset", "benchmark", "training", "prediction")
JOB_MS = 300_000


def binder(cgroup: str | None) -> Callable[[int], None]:
    """Return a function that binds a process to one core and to a control group."""

    def bind(pid: int) -> None:
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(pid, {0})
        if cgroup:
            (Path(cgroup) / "cgroup.procs").write_text(str(pid))

    return bind


def settle(page: Page) -> None:
    """Wait until the script has run."""
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]', timeout=JOB_MS)


def visit(page: Page, address: str, name: str) -> float:
    """Open a page and return the seconds until it is complete."""
    start = time.perf_counter()
    page.goto(address if name == "overview" else f"{address}/{name}")
    page.wait_for_selector("h1", timeout=60_000)
    settle(page)
    if page.locator('[data-testid="stException"], [data-testid="stAlertContentError"]').count():
        raise SystemExit(f"{name} shows an error: {page.locator('[data-testid=stMain]').inner_text()[:500]}")
    return time.perf_counter() - start


def predict(page: Page, address: str, clip: Path) -> float:
    """Upload a clip and return the seconds until its prediction is shown."""
    visit(page, address, "prediction")
    start = time.perf_counter()
    page.set_input_files('[data-testid="stFileUploader"] input[type="file"]', [clip])
    page.get_by_role("heading", name=re.compile("Likely|Unsure")).first.wait_for(timeout=60_000)
    return time.perf_counter() - start


def job(page: Page, address: str, name: str, button: str, done: str) -> float:
    """Start a job on a page and return the seconds until its result is shown."""
    visit(page, address, name)
    start = time.perf_counter()
    page.get_by_role("button", name=button).click()
    page.get_by_role("heading", name=re.compile(done)).first.wait_for(timeout=JOB_MS)
    return time.perf_counter() - start


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description="Measure the dashboard on a small machine.")
    parser.add_argument("--python", default=sys.executable, help="interpreter that runs the server")
    parser.add_argument("--cgroup", help="folder of a control group for the server")
    parser.add_argument("--clip", type=Path, default=next((ROOT / "aec" / "demo" / "english").rglob("*.ogg")))
    arguments = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chrome")
    if chromium is None:
        raise SystemExit("No browser was found.")
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        server, address, up = start_server(home, arguments.python, binder(arguments.cgroup), AEC_PUBLIC="1")
        rows: list[tuple[str, float, float]] = [("server answers", up, 0.0)]
        try:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
            page = browser.new_context().new_page()
            for when in ("first visit", "again"):
                rows += [
                    (f"{name}, {when}", *measured(server.pid, partial(visit, page, address, name))) for name in PAGES
                ]
            rows.append(("a clip, first", *measured(server.pid, partial(predict, page, address, arguments.clip))))
            rows.append(("a clip, again", *measured(server.pid, partial(predict, page, address, arguments.clip))))
            steps = (
                ("training", "Start training", "^UAR 0"),
                ("benchmark", "Start benchmark", "^The engine extracts|nothing to compare"),
            )
            for name, button, done in steps:
                action = partial(job, page, address, name, button, done)
                rows.append((f"{name}, start to result", *measured(server.pid, action)))
            alone = psutil.Process(server.pid).memory_full_info().pss / 1e6
            browser.close()
        finally:
            for process in server_processes(home):
                process.kill()
    print(f"{'':<28} {'seconds':>8} {'peak MB':>8}")
    for name, seconds, peak in rows:
        print(f"{name:<28} {seconds:>8.1f} {peak:>8.0f}")
    print(f"The server alone holds {alone:.0f} MB afterwards.")


def measured(pid: int, action: Callable[[], float]) -> tuple[float, float]:
    """Return the seconds of an action, and the peak memory of the server in MB."""
    with LoadSampler(pid) as sampler:
        seconds = action()
    return seconds, max((sample.memory_mb for sample in sampler.samples), default=tree_memory_mb(pid))


def server_processes(home: str) -> list[psutil.Process]:
    """Return the server, its worker and its jobs."""
    return [
        process
        for process in psutil.process_iter(["environ"])
        if (process.info["environ"] or {}).get("AEC_HOME") == home and process.pid != os.getpid()
    ]


if __name__ == "__main__":
    main()
