"""The wheel in its own environment, used from an empty folder: commands, the dashboard, its limits and theme."""

import json
import os
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.request
from pathlib import Path

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

ROOT = Path(__file__).parents[2]
COMMANDS = ("app", "scan", "extract", "benchmark", "train", "evaluate", "predict", "worker")

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Build the wheel, install it without its dependencies, which come from this environment, and return `aec`."""
    folder = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", str(ROOT), "--no-deps", "--no-build-isolation", "-w", folder], check=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    programs = Path(sysconfig.get_path("scripts", vars={"base": str(folder / "venv")}))
    python = programs / Path(sys.executable).name
    site = Path(sysconfig.get_path("purelib", vars={"base": str(folder / "venv")}))
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    wheel = next(folder.glob("*.whl"))
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--python", python]
    subprocess.run([*pip, "install", "--no-deps", wheel], check=True)
    return python.with_name("aec")


@pytest.fixture
def anywhere(tmp_path):
    """Return an empty folder and the environment of a newcomer in it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AEC_", "PYTHON"))}
    return {"cwd": tmp_path, "env": {**environment, "HOME": str(tmp_path / "home")}}


def test_every_command_is_there(installed, anywhere):
    listed = subprocess.run([installed, "--help"], capture_output=True, text=True, check=True, **anywhere).stdout
    assert listed.startswith("usage: aec ")
    for command in COMMANDS:
        assert command in listed
        subprocess.run([installed, command, "--help"], capture_output=True, check=True, **anywhere)


def test_a_demo_clip_is_predicted(installed, anywhere):
    code = "import aec.corpora.demo as demo; print(demo.__file__, *demo.DEMO_FOLDERS.values(), sep='|')"
    python = installed.with_name(Path(sys.executable).name)
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True, **anywhere)
    where = done.stdout.strip().split("|")
    assert not Path(where[0]).is_relative_to(ROOT)
    clip = next(Path(where[1]).rglob("*.ogg"))
    done = subprocess.run(
        [installed, "predict", clip, "--json"], capture_output=True, text=True, check=True, **anywhere
    )
    assert 0 < json.loads(done.stdout)["clips"][0]["confidence"] <= 1


def test_the_app_opens_with_its_limits_and_theme(installed, anywhere):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [installed, "app", "--port", str(port), "--server.headless=true"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        **anywhere,
    )
    try:
        wait_until_it_answers(f"http://localhost:{port}/_stcore/health", server)
        session, uploader, title = first_visit(f"ws://localhost:{port}/_stcore/stream", "prediction")
    finally:
        server.send_signal(signal.SIGTERM)
        output = server.communicate(timeout=30)[0].decode()
    assert title == "Prediction"
    assert uploader.max_upload_size_mb == 25
    assert session.custom_theme.light.primary_color == "#0072B2"
    assert f"localhost:{port}" in output
    assert "Network URL" not in output


def wait_until_it_answers(address, server):
    end = time.monotonic() + 60
    while server.poll() is None and time.monotonic() < end:
        try:
            urllib.request.urlopen(address, timeout=5).close()  # noqa: S310 - our own server
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the dashboard did not answer within 60 s")


def first_visit(address, page):
    """Open a page as a browser does, and return the session's message, the file uploader and the title."""
    session = uploader = title = None
    with connect(address, subprotocols=["streamlit"], max_size=None) as stream:
        request = BackMsg()
        request.rerun_script.page_name = page
        stream.send(request.SerializeToString())
        while uploader is None or title is None:
            message = ForwardMsg()
            message.ParseFromString(stream.recv(timeout=60, decode=False))
            kind = message.WhichOneof("type")
            if kind == "new_session":
                session = message.new_session
            elif kind == "delta":
                element = message.delta.new_element
                if element.WhichOneof("type") == "file_uploader":
                    uploader = element.file_uploader
                elif element.WhichOneof("type") == "heading":
                    title = title or element.heading.body
    return session, uploader, title
