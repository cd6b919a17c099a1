"""Settings in a real `secrets.toml`: TOML booleans count, and a page without the file says nothing of it."""

import json
import os
import subprocess
import sys

import pytest
from dashboard_helpers import ROOT

SCRIPT = f"""
import json
import os
from streamlit.testing.v1 import AppTest
app = AppTest.from_file({str(ROOT / "streamlit_app.py")!r}, default_timeout=60).run()
app.switch_page("pages/prediction.py").run()
found = {{name: value for name, value in os.environ.items() if name.startswith("AEC_")}}
shown = [[element.value for element in kind] for kind in (app.error, app.warning, app.exception)]
print(json.dumps([found, *shown]))
"""


def settings_of_a_page(folder, secrets):
    """Return the AEC_ variables, errors, warnings and exceptions after a page ran in a folder with these secrets."""
    if secrets is not None:
        (folder / ".streamlit").mkdir()
        (folder / ".streamlit" / "secrets.toml").write_text(secrets)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AEC_")}
    environment |= {"PYTHONPATH": str(ROOT), "AEC_HOME": str(folder / "home"), "HOME": str(folder)}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize(("secrets", "public"), [("AEC_PUBLIC = true", "True"), ("AEC_PUBLIC = false", "False")])
def test_a_boolean_secret_reaches_the_settings(tmp_path, secrets, public):
    found, errors, warnings, exceptions = settings_of_a_page(
        tmp_path, secrets + "\nAEC_MAX_MB = 3\n[other]\nAEC_JOBS = 9\n"
    )
    assert (found["AEC_PUBLIC"], found["AEC_MAX_MB"]) == (public, "3")
    assert "AEC_JOBS" not in found
    assert (errors, warnings, exceptions) == ([], [], [])


def test_without_secrets_nothing_is_said(tmp_path):
    found, errors, warnings, exceptions = settings_of_a_page(tmp_path, None)
    assert "AEC_PUBLIC" not in found
    assert (errors, warnings, exceptions) == ([], [], [])


def test_an_odd_secret_is_refused_on_the_page(tmp_path):
    _, errors, _, exceptions = settings_of_a_page(tmp_path, 'AEC_PUBLIC = "maybe"\n')
    assert any("AEC_PUBLIC" in text and "maybe" in text for text in errors)
    assert exceptions == []
