"""Form of a benchmark: settings, estimated duration and start button."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from aec.charts.words import counted
from aec.corpora.demo import DEMO_FOLDERS, is_demo
from aec.errors import AecError, UsageError
from aec.models.torch_presence import torch_is_there
from aec.settings import Settings, read_settings, usable_cores
from aec.ui.benchmark_runs import OPEN_BENCHMARK, BenchmarkRow, clip_count, known_rates
from aec.ui.messages import error_text
from aec.ui.offered_corpora import folders_of, offered_corpora
from aec.ui.run_words import without_folders
from aec.ui.submission import active_jobs, show_start
from aec.ui.text import duration_text, plain

if TYPE_CHECKING:
    from aec.benchmark import BenchmarkSettings

MAX_REPEATS = 10
# In public, a benchmark should end within two minutes on a small machine.
MAX_CLIPS_IN_PUBLIC = 100
MAX_REPEATS_IN_PUBLIC = 2
_BACKENDS = {"threading": "Threads", "loky": "Processes"}
_FEWEST = 20
_DEFAULT_CLIPS = 120


def show_benchmark_form(rows: Sequence[BenchmarkRow], settings: Settings) -> None:
    """Show the form.

    Parameters
    ----------
    rows : sequence of BenchmarkRow
        Earlier benchmarks, newest first; the latest one gives the rates for the estimate.
    settings : Settings
    """
    offered = offered_corpora(settings)
    chosen = st.multiselect(
        "Corpora",
        list(offered),
        default=[name for name in DEMO_FOLDERS if name in offered],
        key="benchmark-corpora",
        wrap=True,
        persist_state="session",
        help=None if settings.public else "The demo corpora, and the folders of sound under AEC_DATA.",
    )
    if not chosen:
        st.info("Choose one corpus or more.")
        return
    try:
        folders = folders_of(chosen, offered)
        count = clip_count(folders, "seven")
    except AecError as error:
        _show_problem(error, settings, "These corpora cannot be used")
        return
    if count < 2:
        st.info("These corpora hold no clips of the seven emotions. Choose others.")
        return
    try:
        chosen_settings = _choose_settings(count, settings)
    except UsageError as error:
        _show_problem(error, settings, "This cannot be measured")
        return
    if chosen_settings is not None:
        _show_start(folders, chosen_settings, rows, settings)


def _choose_settings(count: int, settings: Settings) -> "BenchmarkSettings | None":
    from aec.benchmark import BenchmarkSettings

    cores = usable_cores()
    clips = _choose_clips(count, settings)
    offered = sorted({1, *(2**power for power in range(7) if 2**power < cores), cores})
    jobs = st.pills(
        "Worker counts",
        offered,
        selection_mode="multi",
        default=sorted({1, cores}),
        key="benchmark-jobs",
        persist_state="session",
        help=f"For the final version and the engine. {counted(cores, 'core')} can be used here.",
    )
    backends = st.pills(
        "Workers of the engine",
        list(_BACKENDS),
        selection_mode="multi",
        default=["threading"],
        format_func=_BACKENDS.__getitem__,
        key="benchmark-backends",
        persist_state="session",
        help="The final version always uses processes, as described.",
    )
    most = MAX_REPEATS_IN_PUBLIC if settings.public else MAX_REPEATS
    repeats = st.slider(
        "Repeats",
        1,
        most,
        1 if settings.public else 3,
        key="benchmark-repeats",
        persist_state="session",
        help=_REPEATS_HELP,
    )
    training = st.toggle(
        "Train the network, too",
        value=True,
        key="benchmark-training",
        persist_state="session",
        help="On each version’s features: are they equally accurate, and what does the whole run take?",
    )
    networks = _choose_networks(settings)
    if not jobs or not backends:
        st.info("Choose at least one worker count and one kind of workers.")
        return None
    return BenchmarkSettings(
        jobs=tuple(sorted(jobs)),
        backends=tuple(backend for backend in _BACKENDS if backend in backends),
        repeats=int(repeats),
        training=bool(training),
        clips=clips,
        networks=networks,
    )


def _choose_networks(settings: Settings) -> bool:
    if settings.public or not torch_is_there():
        return False
    return bool(
        st.toggle(
            "Train a network in parallel, too",
            value=False,
            key="benchmark-networks",
            persist_state="session",
            help="A CRNN in PyTorch: one process, several with a copy of it each (data parallelism), and two with a "
            "part of it each (model parallelism). Takes a minute or two more.",
        )
    )


_REPEATS_HELP = "The versions are measured in turn, so that a short load of the machine does not affect one only."


def _choose_clips(count: int, settings: Settings) -> int:
    most = min(count, MAX_CLIPS_IN_PUBLIC) if settings.public else count
    if most <= _FEWEST:
        return most
    key = "benchmark-clips"
    # Other corpora have other limits; a value beyond them would be an error.
    start = _DEFAULT_CLIPS // 3 if settings.public else _DEFAULT_CLIPS
    st.session_state[key] = min(max(int(st.session_state.get(key, start)), _FEWEST), most)
    return int(
        st.slider(
            "Clips",
            _FEWEST,
            most,
            step=1,
            key=key,
            persist_state="session",
            help=f"Drawn at random from the {count:,} clips with one of the seven emotions.",
        )
    )


def _show_start(
    folders: tuple[str, ...], chosen: "BenchmarkSettings", rows: Sequence[BenchmarkRow], settings: Settings
) -> None:
    from aec.benchmark.estimate import estimate_s

    clips = chosen.clips or 0
    try:
        check_settings(folders, chosen, cores=usable_cores(), public=settings.public)
        seconds = estimate_s(chosen, clips, usable_cores(), known_rates(rows))
    except AecError as error:
        _show_problem(error, settings, "This cannot be measured")
        return
    st.markdown(f"**{counted(clips, 'clip')}, about {duration_text(max(1.0, seconds))}.**")
    if settings.public:
        st.caption("Ends after 2 minutes at most; complete repeats are kept.")
    must_wait = show_start(
        "Start benchmark",
        "benchmark",
        (folders, chosen),
        partial(_checked_config, folders, chosen),
        failure="The benchmark could not be started",
        button_key="benchmark-start",
        open_key=OPEN_BENCHMARK,
        started="Started. It continues if you leave the page. Do not use the machine for other work meanwhile.",
    )
    if not must_wait and active_jobs(settings):
        st.caption("It starts after the running job, so that nothing disturbs the measurement.")


def _checked_config(folders: tuple[str, ...], chosen: "BenchmarkSettings") -> dict[str, object]:
    check_settings(folders, chosen, cores=usable_cores(), public=read_settings().public)
    return {**chosen.to_config(), "data": list(folders)}


def check_settings(
    folders: tuple[str, ...], chosen: "BenchmarkSettings", *, cores: int, public: bool = False
) -> None:
    """Check settings against the limits of the form, which a page may bypass.

    Parameters
    ----------
    folders : tuple of str
        Of the chosen corpora.
    chosen : BenchmarkSettings
    cores : int
        Usable cores.
    public : bool

    Raises
    ------
    UsageError
        Settings that the form does not offer.
    TrainingError
        Networks are to be trained, and PyTorch is missing.
    """
    from aec.benchmark.network_speed import need_torch

    if max(chosen.jobs) > cores:
        raise UsageError(f"{max(chosen.jobs)} workers were requested", f"this machine has {cores} to use")
    if chosen.repeats > (MAX_REPEATS_IN_PUBLIC if public else MAX_REPEATS):
        raise UsageError(f"{chosen.repeats} repeats were requested", "fewer are expected")
    if public and (chosen.clips is None or chosen.clips > MAX_CLIPS_IN_PUBLIC):
        raise UsageError(f"{chosen.clips} clips were requested", f"{MAX_CLIPS_IN_PUBLIC} at most are expected")
    if public and not all(is_demo(folder) for folder in folders):
        raise UsageError("only the demo corpora can be measured here", "", "Choose among them")
    if chosen.networks:
        if public:
            raise UsageError("networks cannot be trained here", "", "Measure without them")
        need_torch()


def _show_problem(error: AecError, settings: Settings, title: str) -> None:
    st.error(plain(without_folders(error_text(error), settings)), title=title, icon=":material/error:")
