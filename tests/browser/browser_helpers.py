"""Server of a dashboard, and visits to its pages with their console errors."""

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from urllib.error import URLError

import psutil
from playwright.sync_api import ConsoleMessage, Page, Response

TIMEOUT_MS = 30_000
# Opened by a deep link, Streamlit's own script first looks for its server below the page's path.
_PROBE = re.compile(r"/[a-z]+/_stcore/(health|host-config)$")

ROOT = Path(__file__).parents[2]
_START_S = 60
_LAYOUT_S = 3


class Server:
    """Server of a dashboard in a `with` block, which ends it and all that it started.

    Parameters
    ----------
    home : Path
        AEC_HOME.
    environment : str
        Further environment variables.
    """

    def __init__(self, home: Path, **environment: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.home = home
        self.address = f"http://127.0.0.1:{self.port}"
        self._environment = {**os.environ, **environment, "AEC_HOME": str(home)}
        self._log = home.with_name(f"{home.name}-{self.port}.log")

    def __enter__(self) -> "Server":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self.processes():
            # An idle worker may exit at this moment.
            with suppress(psutil.NoSuchProcess):
                process.kill()
                process.wait(10)
        self.process.wait()

    def start(self) -> None:
        """Start the server, or start it again."""
        command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", f"--server.port={self.port}"]
        command += ["--server.headless=true", "--server.address=127.0.0.1", "--server.fileWatcherType=none"]
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as output:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self._environment, stdout=output, stderr=output, start_new_session=True
            )
        end = time.monotonic() + _START_S
        while time.monotonic() < end and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.address}/_stcore/health", timeout=2):  # noqa: S310 - our own
                    return
            except (URLError, OSError):
                time.sleep(0.1)
        raise AssertionError(f"the server did not start:\n{self._log.read_text(errors='replace')[-2000:]}")

    def processes(self) -> list[psutil.Process]:
        """Return the living processes of the server, its worker and its jobs."""
        found = []
        for process in psutil.process_iter(["environ"]):
            own = (process.info["environ"] or {}).get("AEC_HOME") == str(self.home)
            if own and process.pid != os.getpid():
                found.append(process)
        return found


class Visit:
    """Page in a browser, with its errors.

    Parameters
    ----------
    page : Page
    server : str
        Address of the dashboard.
    path : str
        Path of the page, without a leading slash.
    """

    def __init__(self, page: Page, server: str, path: str) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.foreign: list[str] = []
        page.set_default_timeout(TIMEOUT_MS)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._on_console)
        page.on("response", self._on_response)
        page.on("request", lambda request: self._on_request(request.url, server))
        page.goto(f"{server}/{path}")
        page.wait_for_selector("h1")
        self.settle()

    def settle(self) -> None:
        """Wait until the script has run."""
        self.page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')

    def upload(self, *paths: Path) -> None:
        """Upload files."""
        self.page.set_input_files('[data-testid="stFileUploader"] input[type="file"]', list(paths))

    @property
    def answer(self) -> str:
        """Headline of the prediction, once it is there."""
        headline = self.page.locator("h2").filter(has_text=re.compile("Likely|Unsure"))
        headline.wait_for()
        self.settle()
        return headline.inner_text()

    @property
    def errors(self) -> list[str]:
        """Texts of the error boxes on the page."""
        boxes = self.page.locator('[data-testid="stException"], [data-testid="stAlertContentError"]')
        return boxes.all_inner_texts()

    @property
    def overflow_px(self) -> int:
        """Pixels by which the page can be scrolled sideways."""
        script = """() => Math.max(...[document.documentElement, document.querySelector('[data-testid="stMain"]')]
            .map(element => element.scrollWidth - element.clientWidth))"""
        end = time.monotonic() + _LAYOUT_S
        # Charts follow a change of the width a moment later.
        while (overflow := int(self.page.evaluate(script))) > 0 and time.monotonic() < end:
            self.page.wait_for_timeout(50)
        return overflow

    def _on_console(self, message: ConsoleMessage) -> None:
        # Missing resources are reported by `_on_response`, with their address.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)

    def _on_response(self, response: Response) -> None:
        if response.status >= 400 and not _PROBE.search(response.url):
            self.complaints.append(f"{response.status} {response.url}")

    def _on_request(self, url: str, server: str) -> None:
        own = (server, server.replace("http://", "ws://"), "data:", "blob:", "about:")
        if not url.startswith(own):
            self.foreign.append(url)


def start_training(page: Page, epochs: int) -> None:
    """Start a training on the training page."""
    page.get_by_text("Advanced", exact=True).click()
    field = page.get_by_label("Epochs at most")
    field.fill(str(epochs))
    field.press("Enter")
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    page.get_by_role("button", name="Start training").click()
    page.get_by_text("Started. It goes on if you leave the page.").wait_for()


def states(home: Path) -> list[str]:
    """Return the states of all runs, oldest first."""
    files = sorted((home / "runs").glob("*/state.json"))
    return [json.loads(path.read_text())["state"] for path in files]


def job_process(home: Path) -> psutil.Process:
    """Return the process of the latest started job, to suspend it at a known point."""
    path = max((home / "runs").glob("*/process.json"))
    return psutil.Process(json.loads(path.read_text())["pid"])


def wait_for_states(home: Path, expected: list[str], seconds: float = 240) -> None:
    """Wait until all runs have the expected states."""
    end = time.monotonic() + seconds
    while states(home) != expected:
        assert time.monotonic() < end, f"{states(home)} instead of {expected}"
        time.sleep(0.2)
