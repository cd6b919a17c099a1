"""`python -m aec`: the command line."""

import sys

from aec.cli import main

sys.exit(main())
