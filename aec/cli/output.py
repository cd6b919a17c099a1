"""Output of the commands: results on stdout, remarks and progress on stderr."""

import json
import sys
from collections.abc import Callable, Iterable
from typing import NoReturn

from tqdm import tqdm

from aec.system.structs import to_json


def print_json(value: object) -> None:
    """Print a struct or JSON types as strict JSON; NaN becomes null."""
    # ASCII only: a name may hold characters that the terminal or pipe cannot encode.
    print(json.dumps(json.loads(to_json(value))))


def remark(*lines: str) -> None:
    """Print lines to standard error."""
    for line in lines:
        print(line, file=sys.stderr)


def progress_bar(title: str, unit: str = "clip") -> Callable[[int, int], None]:
    """Return a callback (done, total) that draws a bar on standard error."""
    bar: tqdm[NoReturn] = tqdm(desc=title, unit=unit, file=sys.stderr, leave=False, disable=None)

    def update(done: int, total: int) -> None:
        bar.total = total
        bar.update(done - bar.n)
        if done >= total:
            bar.close()

    return update


def table(rows: Iterable[tuple[str, object]]) -> None:
    """Print names and values in two columns."""
    rows = list(rows)
    width = max((len(name) for name, _ in rows), default=0)
    for name, value in rows:
        print(f"{name:<{width}}  {value}")
