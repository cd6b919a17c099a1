"""Take screenshots of every page: light, dark, and on a phone.

The pages are taken empty, full, while a job runs, and after one failed. Run it from the root of the repository:
`python -m tools.make_screenshots FOLDER`. It needs a Chromium. For the full pages it trains a model and runs a
benchmark first, which takes a minute or two.
"""

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from aec.corpora.demo import DEMO_FOLDERS
from aec.models.mlp import MlpSettings
from aec.runs.queue import cancel, list_jobs, submit
from aec.runs.run import Run
from aec.training import TrainingSettings

ROOT = Path(__file__).parent.parent
OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
TALLEST_PX = 4_000


@dataclass(frozen=True)
class Screen:
    """A screen: name, size in pixels, colour scheme."""

    name: str
    width: int
    height: int
    dark: bool = False


SCREENS = (Screen("light", 1280, 900), Screen("dark", 1280, 900, dark=True), Screen("phone", 390, 844))


def choose_sample(page: Page) -> None:
    """Choose the fourth sample, a sad one."""
    box = page.get_by_role("combobox", name="Choose a sample")
    # A list closes when the page is scrolled.
    box.scroll_into_view_if_needed()
    settle(page)
    box.click()
    page.get_by_role("option").nth(3).click()
    page.locator('[data-testid="stPlotlyChart"]').first.wait_for()


def open_tab(name: str) -> Callable[[Page], None]:
    """Return a function that opens a tab."""

    def act(page: Page) -> None:
        page.get_by_role("tab", name=name).click()

    return act


def sample_card(page: Page) -> None:
    """Show the model card below a sample's answer."""
    choose_sample(page)
    settle(page)
    page.get_by_role("tab", name="Model card").click()


def leave_as_is(page: Page) -> None:
    """Leave the page as it opens."""


Act = Callable[[Page], None]
SCENES: dict[str, tuple[str, Act]] = {
    "overview": ("", leave_as_is),
    "dataset": ("dataset", leave_as_is),
    "dataset-sound": ("dataset", open_tab("Sound")),
    "dataset-speakers": ("dataset", open_tab("Speakers")),
    "dataset-problems": ("dataset", open_tab("Problems")),
    "dataset-listen": ("dataset", open_tab("Listen")),
    "benchmark": ("benchmark", leave_as_is),
    "training": ("training", leave_as_is),
    "prediction": ("prediction", leave_as_is),
    "prediction-sample": ("prediction", choose_sample),
    "prediction-card": ("prediction", sample_card),
}
# Scenes after a training and a benchmark.
FULL: dict[str, tuple[str, Act]] = {
    "overview-full": ("", leave_as_is),
    "benchmark-result": ("benchmark", leave_as_is),
    "benchmark-versions": ("benchmark", open_tab("Versions")),
    "benchmark-scaling": ("benchmark", open_tab("Scaling")),
    "benchmark-memory": ("benchmark", open_tab("CPU and memory")),
    "benchmark-stages": ("benchmark", open_tab("Where the time goes")),
    "training-report": ("training", leave_as_is),
    "training-scores": ("training", open_tab("Scores")),
    "training-curves": ("training", open_tab("Curves")),
}
# Scenes while a training runs and another one is queued.
RUNNING: dict[str, tuple[str, Act]] = {
    "overview-running": ("", leave_as_is),
    "training-running": ("training", leave_as_is),
    "dataset-running": ("dataset", leave_as_is),
}
FAILED: dict[str, tuple[str, Act]] = {
    "training-failed": ("training", leave_as_is),
    "overview-failed": ("", leave_as_is),
}
ALL = {**SCENES, **FULL, **RUNNING, **FAILED}


def settle(page: Page) -> None:
    """Wait until the page is drawn."""
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    page.wait_for_timeout(700)


def take(browser: Browser, address: str, scene: str, screen: Screen, folder: Path) -> Path:
    """Take one picture, as tall as the page."""
    path, act = ALL[scene]
    context = browser.new_context(
        viewport={"width": screen.width, "height": screen.height}, color_scheme="dark" if screen.dark else "light"
    )
    page = context.new_page()
    page.goto(f"{address}/{path}")
    page.wait_for_selector("h1")
    settle(page)
    act(page)
    settle(page)
    height = int(page.evaluate("""document.querySelector('[data-testid="stMain"]').scrollHeight"""))
    page.set_viewport_size({"width": screen.width, "height": min(max(height, screen.height), TALLEST_PX)})
    settle(page)
    picture = folder / f"{scene}-{screen.name}.png"
    page.screenshot(path=picture)
    context.close()
    return picture


@contextmanager
def dashboard(home: Path) -> Iterator[str]:
    """Run a dashboard on an AEC_HOME and yield its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    options = [f"--server.port={port}", "--server.headless=true", "--server.address=127.0.0.1"]
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", *options],
        cwd=ROOT,
        env={**os.environ, "AEC_HOME": str(home)},
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_for(address)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)


def fill(home: Path) -> None:
    """Train a model and run a benchmark on the demo corpora."""
    demo = [str(folder) for folder in DEMO_FOLDERS.values()]
    commands = (["train", *demo], ["benchmark", *demo, "--clips", "200", "--repeats", "2"])
    for command in commands:
        subprocess.run(
            [sys.executable, "-m", "aec", *command],
            cwd=ROOT,
            env={**os.environ, "AEC_HOME": str(home)},
            stdout=subprocess.DEVNULL,
            check=True,
        )


def long_training() -> dict[str, object]:
    """Return the configuration of a long training."""
    mlp = MlpSettings(max_epochs=1000, patience=1000, validation_share=0.1)
    return TrainingSettings(mlp=mlp, data=tuple(map(str, DEMO_FOLDERS.values()))).to_config()


@contextmanager
def running(home: Path) -> Iterator[None]:
    """Keep one training running and another one queued."""
    # The worker and its jobs read it.
    os.environ["AEC_HOME"] = str(home)
    runs = [submit(home, long_training()) for _ in range(2)]
    for _ in range(600):
        if len([record for record in runs[0].progress() if record["stage"] == "fold"]) > 60:
            break
        time.sleep(0.2)
    try:
        yield
    finally:
        for run in reversed(runs):
            cancel(home, run.id)
        finish(runs[0])


def failed(home: Path) -> None:
    """Run a training that fails, because its folder does not exist."""
    os.environ["AEC_HOME"] = str(home)
    finish(submit(home, {**long_training(), "data": [str(home / "gone")]}))


def finish(run: Run) -> None:
    """Wait for the end of a run."""
    for _ in range(600):
        if run.written_state() not in {"queued", "running"}:
            break
        time.sleep(0.2)
    list_jobs(run.folder.parent.parent)


def wait_for(address: str) -> None:
    """Wait until a dashboard answers, for a minute at most."""
    for _ in range(300):
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2):  # noqa: S310 - our own server
                return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("The dashboard did not start.")


def main() -> None:
    """Read the arguments and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--scenes", nargs="*", default=list(ALL), choices=list(ALL), metavar="SCENE")
    parser.add_argument("--screens", nargs="*", default=[screen.name for screen in SCREENS], metavar="SCREEN")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    chromium = next((path for name in NAMES if (path := shutil.which(name))), None)
    if chromium is None:
        raise SystemExit(f"No browser was found; one of {', '.join(NAMES)} is needed.")
    screens = [screen for screen in SCREENS if screen.name in arguments.screens]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(OPTIONS))
        home = Path(folder) / "home"

        def take_all(scenes: dict[str, tuple[str, Act]]) -> None:
            for scene in scenes:
                for screen in screens:
                    if scene in arguments.scenes:
                        print(take(browser, address, scene, screen, arguments.folder))

        with dashboard(home) as address:
            take_all(SCENES)
            if set(FULL) & set(arguments.scenes):
                fill(home)
                take_all(FULL)
            if set(RUNNING) & set(arguments.scenes):
                with running(home):
                    take_all(RUNNING)
            if set(FAILED) & set(arguments.scenes):
                failed(home)
                take_all(FAILED)
        browser.close()


if __name__ == "__main__":
    main()
