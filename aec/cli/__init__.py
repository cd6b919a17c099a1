"""The product from a shell: scan, extract, train, evaluate, predict.

Results go to standard output, with `--json` as one strict JSON value; progress and remarks go to standard error. An
error is one plain line. Exit codes: 0 done; 1 done but some clip was unreadable or empty, or nothing could be done;
2 wrong usage; 130 interrupted.
"""

import importlib
import logging
import os
import sys
from collections.abc import Sequence

from aec.cli.parser import make_parser
from aec.errors import AecError, UsageError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Parameters
    ----------
    argv : sequence of str, optional
        Default: the process's own.
    """
    level = logging.DEBUG if os.environ.get("AEC_DEBUG") == "1" else logging.WARNING
    logging.basicConfig(level=level, format="%(message)s", stream=sys.stderr)
    arguments = make_parser().parse_args(argv)
    # Named as a module and imported at call: each command loads only what it needs.
    command = importlib.import_module(f"aec.cli.{arguments.command}_command")
    try:
        code: int = command.run(arguments)
    except UsageError as error:
        return _say(error, 2)
    except AecError as error:
        return _say(error, 1)
    except KeyboardInterrupt:
        print("aec: interrupted", file=sys.stderr)
        return 130
    except MemoryError:
        print("aec: memory ran out. Use fewer --jobs, or fewer clips.", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Whoever read our output has gone (a pipe to head, say); nothing is left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        # The outermost border: whatever comes, the shell gets one line.
        logging.getLogger("aec").debug("unexpected", exc_info=True)
        print(f"aec: unexpected {type(error).__name__}: {' '.join(str(error).split())}", file=sys.stderr)
        print("Please report this; with AEC_DEBUG=1 it says where it happened.", file=sys.stderr)
        return 1
    return code


def _say(error: AecError, code: int) -> int:
    print("aec: " + " ".join(str(error).split()), file=sys.stderr)
    return code
