"""Pages after the server died, and with damaged runs and models."""

import re
import time

import pytest
from browser_helpers import Server, job_process, start_training, states

pytestmark = pytest.mark.browser
DONE_MS = 240_000
MANY = 1000


def test_a_training_goes_on_while_the_server_is_killed_and_started_again(visit, tmp_path):
    with Server(tmp_path / "home") as server:
        page = visit("training", address=server.address).page
        # As many folds as possible, so that it is long on a fast machine, too.
        page.get_by_role("combobox", name="Folds").click()
        page.get_by_role("option", name="10", exact=True).click()
        start_training(page, MANY)
        page.locator('[data-testid="stPlotlyChart"]').first.wait_for(timeout=DONE_MS)
        page.close()
        server.process.kill()
        server.process.wait()
        (progress,) = server.home.glob("runs/*/progress.jsonl")
        before = progress.stat().st_size
        end = time.monotonic() + 60
        while progress.stat().st_size == before:
            assert time.monotonic() < end, "the training stopped with the server"
            time.sleep(0.1)
        # Suspended, or a fast machine would finish it before the page is up again.
        training = job_process(server.home)
        training.suspend()
        server.start()
        # A new visit, as after a restart of the browser.
        again = visit("training", address=server.address)
        again.page.get_by_role("heading", name="Training", level=3).wait_for()
        panel = again.page.get_by_test_id("stSidebarUserContent")
        panel.get_by_role("button", name="Cancel").click()
        panel.get_by_text("Stopping").wait_for()
        training.resume()
        again.page.get_by_text("This training was cancelled; the best so far was kept.").wait_for(timeout=DONE_MS)
        again.page.get_by_role("button", name="Download model").wait_for()
        assert again.errors == []
        assert states(server.home) == ["cancelled"]


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
