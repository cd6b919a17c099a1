"""The product from a shell: app, scan, extract, benchmark, train, evaluate, predict.

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
        Default: the process's own.
    """
    level = logging.DEBUG if os.environ.get("AEC_DEBUG") == "1" else logging.WARNING
    logging.basicConfig(level=level, format="%(message)s", stream=sys.stderr)
    for stream in (sys.stdout, sys.stderr):
        # A name may hold what the terminal or pipe cannot encode; it is shown escaped rather than not at all.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        return _run(argv)
    except UsageError as error:
        return _say(str(error), 2)
    except CancelledError as error:
        return _say(str(error), 130)
    except AecError as error:
        return _say(str(error), 1)
    except KeyboardInterrupt:
        return _say("interrupted", 130)
    except MemoryError:
        return _say("memory ran out. Use fewer --jobs, or fewer clips.", 1)
    except BrokenPipeError:
        # Whoever read our output has gone (a pipe to head, say); nothing is left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        return _say(f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}.", 1)
    except Exception as error:
        # The outermost border: whatever comes, the shell gets one line.
        logging.getLogger("aec").debug("unexpected", exc_info=True)
        return _say(f"unexpected {type(error).__name__}: {error}. Please report it; AEC_DEBUG=1 says where.", 1)


def _run(argv: Sequence[str] | None) -> int:
    arguments = parse(argv)
    if threading.current_thread() is threading.main_thread():
        # Asked to end by the system, a command cleans up as if by Ctrl-C; training has its own answer.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    # Named as a module and imported at call: each command loads only what it needs.
    code: int = importlib.import_module(f"aec.cli.{arguments.command}_command").run(arguments)
    sys.stdout.flush()
    return code


def _say(message: str, code: int) -> int:
    print("aec: " + " ".join(message.split()), file=sys.stderr)
    return code
