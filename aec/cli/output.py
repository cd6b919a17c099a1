"""How the commands speak: results to standard output, progress and remarks to standard error."""

import json
import math
import sys
from collections.abc import Callable, Iterable
from typing import Any

from tqdm import tqdm


def print_json(value: object) -> None:
    """Print one strict JSON value; what is not a finite number becomes null."""
    # ASCII alone: a name may hold what the terminal or pipe cannot encode.
    print(json.dumps(_strict(value), allow_nan=False))


def remark(*lines: str) -> None:
    """Say something beside the result."""
    for line in lines:
        print(line, file=sys.stderr)


def progress_bar(title: str, unit: str = "clip") -> Callable[[int, int], None]:
    """Return a callback (done, total) that draws a bar on standard error."""
    bar: tqdm[Any] = tqdm(desc=title, unit=unit, file=sys.stderr, leave=False, disable=None)

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


def _strict(value: object) -> object:
    if isinstance(value, dict):
        return {str(key): _strict(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_strict(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
