"""`aec app`: the dashboard, on the loopback address unless another one is given."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from aec.errors import UsageError

_ENTRY = "streamlit_app.py"


def run(arguments: argparse.Namespace) -> int:
    """Start Streamlit in place of this process and return its exit code.

    Raises
    ------
    UsageError
        The dashboard is not beside the package.
    """
    options = [f"--server.address={arguments.address}"]
    if arguments.port is not None:
        options.append(f"--server.port={arguments.port}")
    command = [sys.executable, "-m", "streamlit", "run", str(entry_script()), *options, *arguments.options]
    sys.stdout.flush()
    if os.name == "posix":
        # Signals then reach the server itself.
        os.execv(command[0], command)  # noqa: S606 - a program and arguments, no shell
    return subprocess.call(command)


def entry_script() -> Path:
    """Return the dashboard's entry script: in an installed package, or in a checkout.

    Streamlit reads `.streamlit/config.toml` beside it: limits and theme hold in any working folder.
    """
    package = Path(__file__).parents[1]
    for folder in (package / "ui" / "dashboard", package.parent):
        if (folder / _ENTRY).is_file():
            return folder / _ENTRY
    raise UsageError(f"{_ENTRY} is missing", "it comes with the package", "Install the package again")
