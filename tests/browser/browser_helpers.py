"""A visit to a page of the dashboard, and what went wrong during it."""

import re
from pathlib import Path

from playwright.sync_api import ConsoleMessage, Page, Response

TIMEOUT_MS = 30_000
# Opened by a deep link, Streamlit's own script first looks for its server below the page's path.
_PROBE = re.compile(r"/[a-z]+/_stcore/(health|host-config)$")


class Visit:
    """An open page.

    Parameters
    ----------
    page : Page
    server : str
        Address of the dashboard.
    path : str
        Of the page, without a slash before it.
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
        """Give files to the uploader."""
        self.page.set_input_files('[data-testid="stFileUploader"] input[type="file"]', list(paths))

    @property
    def answer(self) -> str:
        """The headline of the answer; waits for it."""
        headline = self.page.locator("h2").filter(has_text=re.compile("Likely|Unsure"))
        headline.wait_for()
        self.settle()
        return headline.inner_text()

    @property
    def errors(self) -> list[str]:
        """The error boxes of the page."""
        boxes = self.page.locator('[data-testid="stException"], [data-testid="stAlertContentError"]')
        return boxes.all_inner_texts()

    @property
    def overflow_px(self) -> int:
        """How far the page can be scrolled sideways."""
        script = """() => Math.max(...[document.documentElement, document.querySelector('[data-testid="stMain"]')]
            .map(element => element.scrollWidth - element.clientWidth))"""
        return int(self.page.evaluate(script))

    def _on_console(self, message: ConsoleMessage) -> None:
        # Missing resources are told by their response, with the address.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)

    def _on_response(self, response: Response) -> None:
        if response.status >= 400 and not _PROBE.search(response.url):
            self.complaints.append(f"{response.status} {response.url}")

    def _on_request(self, url: str, server: str) -> None:
        own = (server, server.replace("http://", "ws://"), "data:", "blob:", "about:")
        if not url.startswith(own):
            self.foreign.append(url)
