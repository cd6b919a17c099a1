"""Command line: app, scan, extract, benchmark, train, evaluate, predict, worker.

Results go to standard output, with `--json` as one strict JSON value; progress and remarks go to standard error. An
error is one plain line. Exit codes: 0 done; 1 done but some clip was unreadable or empty, or nothing could be done;
2 wrong usage; 130 interrupted.
"""

import importlib
import io
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence

from aec.cli.parser import parse
from aec.errors import AecError, CancelledError, UsageError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Parameters
    ----------
    argv : sequence of str, optional
        Default: `sys.argv[1:]`.
    """
    level = logging.DEBUG if os.environ.get("AEC_DEBUG") == "1" else logging.WARNING
    logging.basicConfig(level=level, format="%(message)s", stream=sys.stderr)
    for stream in (sys.stdout, sys.stderr):
        # Characters of a name that the terminal or pipe cannot encode are escaped.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        return _run(argv)
    except UsageError as error:
        return _print_error(str(error), 2)
    except CancelledError as error:
        return _print_error(str(error), 130)
    except AecError as error:
        return _print_error(str(error), 1)
    except KeyboardInterrupt:
        return _print_error("interrupted", 130)
    except MemoryError:
        return _print_error("memory ran out. Use fewer --jobs, or fewer clips.", 1)
    except BrokenPipeError:
        # The reader of the output has gone, such as a pipe to head.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        return _print_error(f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}.", 1)
    except Exception as error:
        # Unexpected errors are one line in the shell, too.
        logging.getLogger("aec").debug("unexpected", exc_info=True)
        return _print_error(
            f"unexpected {type(error).__name__}: {error}. Please report it; AEC_DEBUG=1 shows where.", 1
        )


def _run(argv: Sequence[str] | None) -> int:
    arguments = parse(argv)
    if threading.current_thread() is threading.main_thread():
        # SIGTERM cleans up as Ctrl-C does; training and benchmark have their own handler.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    # A module per command, imported at call: each loads only the libraries that it needs.
    code: int = importlib.import_module(f"aec.cli.{arguments.command}_command").run(arguments)
    sys.stdout.flush()
    return code


def _print_error(message: str, code: int) -> int:
    print("aec: " + " ".join(message.split()), file=sys.stderr)
    return code
