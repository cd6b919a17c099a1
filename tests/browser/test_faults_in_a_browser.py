"""What pages show when servers die, share a home, or have several visitors: nothing is lost, nothing done twice."""

import json
import re
import time
from pathlib import Path

import pytest
from browser_helpers import Server

pytestmark = pytest.mark.browser
DONE_MS = 240_000
MANY = 1000


def start_training(page, epochs: int) -> None:
    page.get_by_text("Advanced", exact=True).click()
    field = page.get_by_label("Epochs at most")
    field.fill(str(epochs))
    field.press("Enter")
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    page.get_by_role("button", name="Start training").click()
    page.get_by_text("Started. It goes on if you leave the page.").wait_for()


def states(home: Path) -> list[str]:
    files = sorted((home / "runs").glob("*/state.json"))
    return [json.loads(path.read_text())["state"] for path in files]


def wait_for_states(home: Path, expected: list[str]) -> None:
    end = time.monotonic() + DONE_MS / 1000
    while states(home) != expected:
        assert time.monotonic() < end, f"{states(home)} instead of {expected}"
        time.sleep(0.2)


def test_a_training_goes_on_while_the_server_is_killed_and_started_again(visit, tmp_path):
    with Server(tmp_path / "home") as server:
        page = visit("training", address=server.address).page
        # The larger features, so that it lasts on a quick machine and a slow one alike.
        page.get_by_role("radio", name="Log-mel spectrogram").click()
        start_training(page, MANY)
        page.locator('[data-testid="stPlotlyChart"]').first.wait_for(timeout=DONE_MS)
        server.process.kill()
        server.process.wait()
        (progress,) = server.home.glob("runs/*/progress.jsonl")
        before = progress.stat().st_size
        end = time.monotonic() + 60
        while progress.stat().st_size == before:
            assert time.monotonic() < end, "the training stopped with the server"
            time.sleep(0.1)
        server.start()
        # Another visit, as after a new start of the machine's browser.
        again = visit("training", address=server.address)
        again.page.get_by_role("heading", name="Training", level=3).wait_for()
        panel = again.page.get_by_test_id("stSidebarUserContent")
        panel.get_by_role("button", name="Cancel").click()
        again.page.get_by_text("This training was cancelled; the best so far was kept.").wait_for(timeout=DONE_MS)
        again.page.get_by_role("button", name="Download model").wait_for()
        assert again.errors == []
        assert states(server.home) == ["cancelled"]


def test_two_servers_on_one_home_share_the_work(visit, tmp_path):
    home = tmp_path / "home"
    with Server(home) as one, Server(home) as two:
        visits = [visit("training", address=server.address) for server in (one, two)]
        for visited in visits:
            start_training(visited.page, 2)
        for visited in visits:
            visited.page.get_by_role("heading", name=re.compile("^UAR 0")).wait_for(timeout=DONE_MS)
        wait_for_states(home, ["finished", "finished"])
        for log in home.glob("runs/*/log.txt"):
            assert log.read_text().count("Kept in") == 1
        # Each server knows the other's run.
        for visited in visits:
            visited.page.reload()
            visited.page.get_by_role("combobox", name="Run").click()
            visited.page.get_by_role("option").nth(1).wait_for()
            assert visited.errors == []


def test_two_visitors_start_at_once_and_one_job_waits_for_the_other(visit, tmp_path):
    with Server(tmp_path / "home", AEC_PUBLIC="1") as server:
        first, second = (visit("training", address=server.address).page for _ in range(2))
        start_training(first, 60)
        first.locator('[data-testid="stPlotlyChart"]').first.wait_for(timeout=DONE_MS)
        start_training(second, 2)
        panel = second.get_by_test_id("stSidebarUserContent")
        panel.get_by_text("1 job waiting").wait_for()
        # Among strangers each may cancel the own job alone.
        assert panel.get_by_role("button", name="Cancel").count() == 1
        assert states(server.home) == ["running", "queued"]
        first.get_by_test_id("stSidebarUserContent").get_by_role("button", name="Cancel").click()
        wait_for_states(server.home, ["cancelled", "finished"])
        second.get_by_role("heading", name=re.compile("^UAR 0")).wait_for(timeout=DONE_MS)


def test_runs_and_models_damaged_by_hand_leave_the_pages_up(visit, tmp_path):
    with Server(tmp_path / "home") as server:
        visited = visit("training", address=server.address)
        start_training(visited.page, 1)
        visited.page.get_by_role("heading", name=re.compile("^UAR 0")).wait_for(timeout=DONE_MS)
        (run,) = (server.home / "runs").iterdir()
        (run / "model.onnx").write_bytes(b"junk" * 100)
        (server.home / "index.sqlite").write_bytes(b"junk" * 1000)
        visited.page.get_by_role("button", name="Use for prediction").click()
        visited.page.get_by_role("heading", name="Prediction", level=1).wait_for()
        visited.page.get_by_text(re.compile("cannot be used|no model|not an ONNX|damaged")).first.wait_for()
        (run / "report.json").unlink()
        for name in ("", "dataset", "benchmark", "training", "prediction"):
            page = visit(name, address=server.address)
            assert page.page.locator('[data-testid="stException"]').count() == 0
