"""`python -m aec`: the command line."""

import sys

try:
    from aec.cli import main

    sys.exit(main())
except KeyboardInterrupt:
    # So early that the command line itself was not there yet.
    sys.stderr.write("aec: interrupted\n")
    sys.exit(130)
