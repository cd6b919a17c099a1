"""Submission of jobs from a page: none twice, in public mode one per visitor."""

from collections.abc import Callable, Mapping

import msgspec
import streamlit as st

from aec.errors import AecError, UsageError
from aec.runs.queue import Job, submit
from aec.runs.run import Run
from aec.settings import Settings, read_settings
from aec.ui.job_panel import current_jobs, owner_token
from aec.ui.run_words import without_folders
from aec.ui.text import plain

_ONE_AT_A_TIME = "One job at a time, please: others share this machine."


def active_jobs(settings: Settings) -> list[Job]:
    """Return the running and queued jobs; none on an error, shown in the job panel."""
    try:
        return current_jobs(settings)
    except AecError:
        return []


def must_wait(settings: Settings) -> bool:
    """Return whether this visitor has a job in public mode, where one is allowed."""
    return settings.public and bool(_own_jobs(settings))


def show_start(
    label: str,
    key: str,
    choices: object,
    make_config: Callable[[], Mapping[str, object]] | None,
    *,
    failure: str,
    button_key: str,
    open_key: str | None = None,
    started: str = "Started. It goes on if you leave the page.",
) -> bool:
    """Show a start button, and that its job started, must wait or was refused.

    Parameters
    ----------
    label : str
        Text of the button.
    key : str
        Prefix of the keys in the session state.
    choices : object
        The present choices. A refusal is shown as long as they are the same; it stays, since any rerun may be cut
        short.
    make_config : callable or None
        Returns the configuration of the run at the click; its AecError is shown as a refusal. None disables the
        button: the choices cannot be started.
    failure : str
        Title of a refusal.
    button_key : str
    open_key : str, optional
        Key of the session state with the run that the page shows: set to the new one. The button is the page's
        primary one then.
    started : str
        Text for an active job of this button.

    Returns
    -------
    bool
        Whether this visitor must wait for the end of another job.
    """
    settings = read_settings()
    must_wait = settings.public and bool(_own_jobs(settings))
    st.button(
        label,
        type="primary" if open_key else "secondary",
        icon=":material/play_arrow:",
        key=button_key,
        disabled=must_wait or make_config is None,
        on_click=_start,
        args=(key, choices, make_config, open_key),
    )
    if must_wait:
        st.caption(_ONE_AT_A_TIME)
    run_id = st.session_state.get(f"{key}-started")
    if open_key and any(job.id == run_id for job in active_jobs(settings)):
        st.caption(started)
    refused, problem = st.session_state.get(f"{key}-problem", (None, ""))
    if make_config and problem and refused == choices:
        st.error(problem, title=failure, icon=":material/error:")
    return must_wait


def _start(key: str, choices: object, make_config: Callable[[], Mapping[str, object]], open_key: str | None) -> None:
    settings = read_settings()
    try:
        run = start_job(make_config(), settings)
    except AecError as error:
        st.session_state[f"{key}-problem"] = choices, plain(without_folders(str(error), settings))
        return
    st.session_state.pop(f"{key}-problem", None)
    st.session_state[f"{key}-started"] = run.id
    if open_key:
        st.session_state[open_key] = run.id


def start_job(config: Mapping[str, object], settings: Settings) -> Run:
    """Submit a job, or return this visitor's active job with the same configuration.

    One click may arrive twice, and users click twice.

    Parameters
    ----------
    config : Mapping of str to object
        Checked configuration of the run.
    settings : Settings

    Returns
    -------
    Run

    Raises
    ------
    UsageError
        The visitor has another job, and one is allowed.
    RunError
        The run cannot be written.
    """
    own = _own_jobs(settings)
    for job in own:
        run = Run(settings.home / "runs" / job.id)
        # One that is being cancelled is about to end: another one is meant.
        if not job.cancelling and _has_config(run, config):
            return run
    if settings.public and own:
        raise UsageError(
            "a job of yours runs or waits already", "one at a time is allowed here", "Wait for it to end"
        )
    return submit(settings.home, config, owner=owner_token(), public=settings.public)


def _own_jobs(settings: Settings) -> list[Job]:
    token = owner_token()
    return [job for job in active_jobs(settings) if job.owner == token]


def _has_config(run: Run, config: Mapping[str, object]) -> bool:
    try:
        written = run.config()
    except AecError:
        return False
    # The file has more: owner and time limit.
    wanted = msgspec.json.decode(msgspec.json.encode(config), type=dict[str, object])
    return wanted == {key: written.get(key) for key in wanted}
