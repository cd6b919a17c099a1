"""A real server and a real browser, one of each per worker."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import soundfile
from browser_helpers import Server, Visit
from playwright.sync_api import Browser, sync_playwright

from aec.audio import decode

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
# No sandbox and no GPU in containers; and the browser itself shall ask nothing of the network.
OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)


@pytest.fixture(scope="session")
def chromium() -> str:
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        reason = f"no browser was found; one of {', '.join(NAMES)} is needed"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@pytest.fixture(scope="session")
def server(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a dashboard with its own AEC_HOME."""
    with Server(tmp_path_factory.mktemp("server") / "home") as running:
        yield running.address


@pytest.fixture(scope="session")
def spoken(demo_clips: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo clip as a WAV file, for the fake microphone."""
    sound = decode(demo_clips[0])
    path = tmp_path_factory.mktemp("microphone") / "spoken.wav"
    soundfile.write(path, sound.waveform, sound.sampling_rate, subtype="PCM_16")
    return path


@pytest.fixture(scope="session")
def browser(chromium: str, spoken: Path) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        options = [*OPTIONS, f"--use-file-for-fake-audio-capture={spoken}"]
        opened = playwright.chromium.launch(executable_path=chromium, args=options)
        yield opened
        opened.close()


@pytest.fixture
def visit(server: str, browser: Browser) -> Iterator[Callable[..., Visit]]:
    """Return what opens a page in a fresh browser profile and watches what goes wrong."""
    contexts = []

    def open_page(
        path: str = "", *, width: int = 1280, height: int = 900, scheme: str = "light", address: str = server
    ) -> Visit:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if scheme == "dark" else "light",
            permissions=["microphone"],
            accept_downloads=True,
        )
        contexts.append(context)
        return Visit(context.new_page(), address, path)

    yield open_page
    for context in contexts:
        context.close()
