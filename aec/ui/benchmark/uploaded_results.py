"""Uploaded results of other machines, kept in memory for one visit."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.typing import UploadedFile

from aec.benchmark.result_file import MAX_BYTES, printable, read_result
from aec.charts.words import counted
from aec.errors import AecError, ResultError
from aec.ui.benchmark_runs import OPEN_BENCHMARK, headline_of
from aec.ui.messages import error_text
from aec.ui.text import plain

if TYPE_CHECKING:
    from aec.benchmark.results import BenchmarkResult

# A limit of the visit's memory: that many results of a few megabytes each.
MOST_RESULTS = 8
COMPARED = "benchmark-compared"
_KEPT, _PROBLEMS, _ROUND = "benchmark-imported", "benchmark-import-problems", "benchmark-import-round"
_MB = 1_000_000


@dataclass(frozen=True)
class UploadedResult:
    """A result uploaded by the visitor.

    Parameters
    ----------
    id : str
        From a checksum of the content.
    name : str
        Of the file, without its extension.
    result : BenchmarkResult
    """

    id: str
    name: str
    result: "BenchmarkResult"

    @property
    def title(self) -> str:
        """Name and headline, for lists."""
        return f"Imported · {self.name} · {headline_of(self.result)}"

    @property
    def short_title(self) -> str:
        """Name, for charts."""
        return self.name

    def load(self) -> "BenchmarkResult":
        """Return the result."""
        return self.result


def uploaded_results() -> list[UploadedResult]:
    """Return the results uploaded in this visit, the latest first."""
    kept: dict[str, tuple[str, BenchmarkResult]] = st.session_state.get(_KEPT, {})
    return [UploadedResult(key, name, result) for key, (name, result) in reversed(kept.items())]


def show_upload() -> None:
    """Show the uploader, the refused files, and the button that drops the results."""
    # A new number makes a new, empty uploader: the results are in the lists.
    number = st.session_state.setdefault(_ROUND, 0)
    key = f"benchmark-import-{number}"
    uploader, words = st.columns([1, 2], gap="large")
    uploader.file_uploader(
        "Add results of other machines",
        type=["json"],
        accept_multiple_files=True,
        # Streamlit's megabytes are larger than ours; a file between the two limits is refused by `read_result`.
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
        f"{MOST_RESULTS} in all. They are kept in memory for this visit only."
    )
    added = len(uploaded_results())
    if added:
        label = f"Drop {counted(added, 'added result')}"
        st.button(label, icon=":material/delete:", key="benchmark-import-drop", on_click=_drop)


def _read(key: str) -> None:
    files: Sequence[UploadedFile] = st.session_state.get(key) or ()
    kept: dict[str, tuple[str, BenchmarkResult]] = dict(st.session_state.get(_KEPT, {}))
    problems: list[tuple[str, str]] = []
    added = []
    for file in files:
        name = printable(PurePath(file.name).stem, 40) or "Result"
        content = file.getvalue()
        digest = f"imported-{hashlib.sha256(content).hexdigest()[:16]}"
        try:
            if digest not in kept and len(kept) >= MOST_RESULTS:
                raise ResultError(f"{MOST_RESULTS} results were added already", "", "Drop them first")
            kept[digest] = (name, read_result(content))
        except AecError as error:
            problems.append((name, error_text(error)))
        else:
            added.append(digest)
    st.session_state[_KEPT], st.session_state[_PROBLEMS] = kept, problems
    if files:
        st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
    if added:
        # New results are compared with what the page shows.
        before = st.session_state.get(COMPARED) or [st.session_state.get(OPEN_BENCHMARK)]
        st.session_state[COMPARED] = list(dict.fromkeys([*(each for each in before if each), *added]))


def _drop() -> None:
    for name in (_KEPT, _PROBLEMS):
        st.session_state.pop(name, None)
