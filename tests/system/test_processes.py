"""Processes: recognised by id and start time, killed with all descendants, ended with their parent."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import psutil
import pytest

from aec.system import processes
from aec.system.memory import PeakMemory, tree_memory_mb
from aec.system.processes import is_alive, kill_tree, process_start, python_environment

# A child that starts a grandchild, writes its id, and waits.
WITH_A_CHILD = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
time.sleep(600)
"""


def start(code, **options):
    return subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=python_environment(), **options
    )


def wait_until_gone(pid):
    try:
        psutil.Process(pid).wait(timeout=30)
    except psutil.NoSuchProcess:
        return


def test_a_process_is_known_by_id_and_start_time():
    pid, began = os.getpid(), process_start()
    assert is_alive(pid)
    assert is_alive(pid, began)
    assert not is_alive(pid, began - 100)
    assert not is_alive(None)
    assert not is_alive("12")
    assert not is_alive(-5)


@pytest.mark.skipif(os.name != "posix", reason="zombies")
def test_a_process_that_ended_is_not_alive_before_it_is_waited_for():
    child = start("")
    child.stdout.read()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not is_alive(child.pid)
    child.wait()
    child.stdout.close()


@pytest.mark.parametrize("own_group", [False, True])
def test_descendants_are_killed_too(own_group):
    with start(WITH_A_CHILD, start_new_session=own_group) as process:
        grandchild = int(process.stdout.readline())
        kill_tree(process)
    assert process.returncode != 0
    wait_until_gone(grandchild)


@pytest.mark.skipif(os.name != "posix", reason="process groups")
def test_a_group_is_killed_after_its_leader_ended():
    with start(WITH_A_CHILD.removesuffix("time.sleep(600)\n"), start_new_session=True) as process:
        grandchild = int(process.stdout.readline())
        process.wait(timeout=30)
        assert is_alive(grandchild)
        kill_tree(process)
    wait_until_gone(grandchild)


def test_a_process_ends_with_its_parent():
    watcher = """
import time
from aec.system.processes import end_with_parent
end_with_parent()
print(1, flush=True)
time.sleep(600)
"""
    code = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {watcher!r}], stdout=subprocess.PIPE, start_new_session=True)
child.stdout.readline()
print(child.pid, flush=True)
"""
    with start(code) as process:
        grandchild = int(process.stdout.readline())
        process.wait(timeout=60)
        wait_until_gone(grandchild)
    assert not is_alive(grandchild)


def test_memory_counts_children():
    code = "x = bytearray(60_000_000); print(1, flush=True); input()"
    with PeakMemory(interval_s=10) as peak:
        before = tree_memory_mb()
        with start(code, stdin=subprocess.PIPE) as child:
            child.stdout.readline()
            assert tree_memory_mb() > before + 50
            assert tree_memory_mb(child.pid) > 50
            child.stdin.close()
    assert peak.mb > 0
    assert tree_memory_mb(child.pid) == 0


STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"


@pytest.fixture
def stubborn() -> Iterator[subprocess.Popen]:
    if sys.platform == "win32":
        pytest.skip("no signal to ignore")
    """Process that ignores SIGTERM."""
    with subprocess.Popen([sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        yield process
        process.kill()


def test_a_process_without_progress_is_killed_after_its_grace_time(stubborn):
    sent = time.monotonic()
    processes.stop_tree(stubborn.pid, None, grace_s=1.0, last_progress=lambda: 0.0)
    assert not psutil.pid_exists(stubborn.pid)
    assert time.monotonic() - sent >= 1.0


def test_a_process_that_writes_progress_gets_longer(stubborn):
    sent = time.time()
    processes.stop_tree(stubborn.pid, None, grace_s=1.0, last_progress=lambda: min(time.time(), sent + 2.0))
    assert not psutil.pid_exists(stubborn.pid)
    assert time.time() - sent >= 3.0, "one second after its last progress"


def test_a_process_that_writes_progress_for_ever_is_killed(stubborn, monkeypatch):
    monkeypatch.setattr(processes, "LONGEST_GRACE_S", 2.0)
    processes.stop_tree(stubborn.pid, None, grace_s=1.0, last_progress=time.time)
    assert not psutil.pid_exists(stubborn.pid)
