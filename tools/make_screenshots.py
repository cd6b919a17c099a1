"""Take pictures of every page: on a desktop, light and dark, and on a phone.

Run it from the root of the repository: `python -m tools.make_screenshots FOLDER`. It needs a Chromium.
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
class Look:
    """A screen: its name, size in pixels, and colour scheme."""

    name: str
    width: int
    height: int
    dark: bool = False


LOOKS = (Look("light", 1280, 900), Look("dark", 1280, 900, dark=True), Look("phone", 390, 844))


def choose_sample(page: Page) -> None:
    """Let the third sample be predicted."""
    page.get_by_role("combobox").first.click()
    page.get_by_role("option").nth(2).click()
    page.locator('[data-testid="stPlotlyChart"]').first.wait_for()


def open_tab(name: str) -> Callable[[Page], None]:
    """Return what opens a tab."""

    def act(page: Page) -> None:
        page.get_by_role("tab", name=name).click()

    return act


def sample_card(page: Page) -> None:
    """Show the model card below a sample's answer."""
    choose_sample(page)
    settle(page)
    page.get_by_role("tab", name="Model card").click()


def nothing(page: Page) -> None:
    """Take the page as it opens."""


SCENES: dict[str, tuple[str, Callable[[Page], None]]] = {
    "overview": ("", nothing),
    "dataset": ("dataset", nothing),
    "dataset-duration": ("dataset", open_tab("Duration")),
    "dataset-speakers": ("dataset", open_tab("Speakers")),
    "dataset-listen": ("dataset", open_tab("Listen")),
    "benchmark": ("benchmark", nothing),
    "training": ("training", nothing),
    "prediction": ("prediction", nothing),
    "prediction-sample": ("prediction", choose_sample),
    "prediction-card": ("prediction", sample_card),
}


def settle(page: Page) -> None:
    """Wait until the script has run and the charts are drawn."""
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    page.wait_for_timeout(700)


def take(browser: Browser, address: str, scene: str, look: Look, folder: Path) -> Path:
    """Take one picture, as tall as the page."""
    path, act = SCENES[scene]
    context = browser.new_context(
        viewport={"width": look.width, "height": look.height}, color_scheme="dark" if look.dark else "light"
    )
    page = context.new_page()
    page.goto(f"{address}/{path}")
    page.wait_for_selector("h1")
    settle(page)
    act(page)
    settle(page)
    height = int(page.evaluate("""document.querySelector('[data-testid="stMain"]').scrollHeight"""))
    page.set_viewport_size({"width": look.width, "height": min(max(height, look.height), TALLEST_PX)})
    settle(page)
    picture = folder / f"{scene}-{look.name}.png"
    page.screenshot(path=picture)
    context.close()
    return picture


@contextmanager
def dashboard() -> Iterator[str]:
    """Run a dashboard with an AEC_HOME of its own and yield its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    options = [f"--server.port={port}", "--server.headless=true", "--server.address=127.0.0.1"]
    with tempfile.TemporaryDirectory() as home:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", *options],
            cwd=ROOT,
            env={**os.environ, "AEC_HOME": home},
            stdout=subprocess.DEVNULL,
        )
        try:
            wait_for(address)
            yield address
        finally:
            process.terminate()
            process.wait(timeout=20)


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
    parser.add_argument("--scenes", nargs="*", default=list(SCENES), choices=list(SCENES), metavar="SCENE")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    chromium = next((path for name in NAMES if (path := shutil.which(name))), None)
    if chromium is None:
        raise SystemExit(f"No browser was found; one of {', '.join(NAMES)} is needed.")
    with dashboard() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(OPTIONS))
        for scene in arguments.scenes:
            for look in LOOKS:
                print(take(browser, address, scene, look, arguments.folder))
        browser.close()


if __name__ == "__main__":
    main()
