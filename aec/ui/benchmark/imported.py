"""Results from other machines, kept for this visit alone: nothing of them is written to disk."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import streamlit as st
from streamlit.typing import UploadedFile

from aec.benchmark.reading import MAX_BYTES, printable, read_result
from aec.charts.words import counted
from aec.errors import AecError, ResultError
from aec.ui.benchmark.runs import OPEN_BENCHMARK, headline_of
from aec.ui.messages import error_text
from aec.ui.text import plain

# A visit's memory: that many results of a few megabytes each.
MOST_RESULTS = 8
COMPARED = "benchmark-compared"
_KEPT, _PROBLEMS, _ROUND = "benchmark-imported", "benchmark-import-problems", "benchmark-import-round"
_MB = 1_000_000


@dataclass(frozen=True)
class Imported:
    """A result that a visitor brought.

    Parameters
    ----------
    id : str
        Of its content.
    name : str
        Of the file, without its ending.
    report : dict
        As `aec.benchmark.reading.read_result` returns it.
    """

    id: str
    name: str
    report: Mapping[str, Any]

    @property
    def title(self) -> str:
        """What to call it in a list."""
        return f"Imported · {self.name} · {headline_of(self.report)}"


def imported_results() -> list[Imported]:
    """Return this visit's results from elsewhere, the latest first."""
    kept: dict[str, tuple[str, dict[str, Any]]] = st.session_state.get(_KEPT, {})
    return [Imported(key, name, report) for key, (name, report) in reversed(kept.items())]


def show_import() -> None:
    """Show where results are brought in, what was wrong with them, and the way to drop them again."""
    # Another number is another, empty uploader: what was read is in the lists.
    number = st.session_state.setdefault(_ROUND, 0)
    key = f"benchmark-import-{number}"
    entrance, words = st.columns([1, 2], gap="large")
    entrance.file_uploader(
        "Add results of other machines",
        type=["json"],
        accept_multiple_files=True,
        # The browser's megabytes are larger than ours; what slips through is refused when it is read.
        max_upload_size=MAX_BYTES // _MB,
        key=key,
        on_change=_read,
        args=(key,),
    )
    with words:
        _show_added()


def _show_added() -> None:
    for name, problem in st.session_state.get(_PROBLEMS, ()):
        st.error(problem, title=f"“{plain(name)}” was not added", icon=":material/error:")
    st.caption(
        f"JSON files that “Result (JSON)” above or `aec benchmark --out` gives, up to {MAX_BYTES // _MB} MB each and "
        f"{MOST_RESULTS} in all. They stay in memory for this visit and are written nowhere."
    )
    added = len(imported_results())
    if added:
        label = f"Drop {counted(added, 'added result')}"
        st.button(label, icon=":material/delete:", key="benchmark-import-drop", on_click=_drop)


def _read(key: str) -> None:
    files: Sequence[UploadedFile] = st.session_state.get(key) or ()
    kept: dict[str, tuple[str, dict[str, Any]]] = dict(st.session_state.get(_KEPT, {}))
    problems: list[tuple[str, str]] = []
    added = []
    for file in files:
        name = printable(PurePath(file.name).stem, 40) or "Result"
        content = file.getvalue()
        digest = f"imported-{hashlib.sha256(content).hexdigest()[:16]}"
        try:
            _refuse_more(digest, kept)
            kept[digest] = (name, read_result(content))
        except AecError as error:
            problems.append((name, error_text(error)))
        else:
            added.append(digest)
    st.session_state[_KEPT], st.session_state[_PROBLEMS] = kept, problems
    if files:
        st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
    _choose_for_comparison(added)


def _refuse_more(digest: str, kept: Mapping[str, object]) -> None:
    if digest not in kept and len(kept) >= MOST_RESULTS:
        raise ResultError(f"{MOST_RESULTS} results were added already", "", "Drop them first")


def _choose_for_comparison(added: Sequence[str]) -> None:
    """Put new results beside the one that the page shows."""
    if not added:
        return
    before = st.session_state.get(COMPARED) or [st.session_state.get(OPEN_BENCHMARK)]
    st.session_state[COMPARED] = list(dict.fromkeys([*(each for each in before if each), *added]))


def _drop() -> None:
    for name in (_KEPT, _PROBLEMS):
        st.session_state.pop(name, None)
