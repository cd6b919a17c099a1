"""Two servers on one home and two visitors of one server: no work is done twice."""

import re

import pytest
from browser_helpers import Server, job_process, start_training, states, wait_for_states
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
DONE_MS = 240_000


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
        # Suspended, or a fast machine would finish it before the second one is submitted.
        training = job_process(server.home)
        training.suspend()
        start_training(second, 2)
        panel = second.get_by_test_id("stSidebarUserContent")
        panel.get_by_text("1 job waiting").wait_for()
        # In public mode each visitor may cancel the own job only.
        expect(panel.get_by_role("button", name="Cancel")).to_have_count(1)
        assert states(server.home) == ["running", "queued"]
        first.get_by_test_id("stSidebarUserContent").get_by_role("button", name="Cancel").click()
        first.get_by_test_id("stSidebarUserContent").get_by_text("Stopping").wait_for()
        training.resume()
        wait_for_states(server.home, ["cancelled", "finished"])
        second.get_by_role("heading", name=re.compile("^UAR 0")).wait_for(timeout=DONE_MS)


def test_a_secret_makes_the_first_deep_link_public(visit, tmp_path):
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "secrets.toml").write_text("AEC_PUBLIC = true\n")
    with Server(tmp_path / "home", HOME=str(tmp_path)) as server:
        visited = visit("benchmark", address=server.address)
        visited.page.get_by_text("Ends after 2 minutes at most").wait_for()
        assert visited.errors == []
