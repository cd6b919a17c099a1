"""Hands-free recorder: started by a click, stopped by a pause in speech."""

import streamlit as st

from aec.ui.text import limit_text

# A recording arrives in one message of at most 25 MB: at this rate about 118 s of stereo; half of that is promised.
LIMIT_S = 60.0
_RATE = 16_000
_PAUSE_S = 1.5
# Readable on white and on near-black alike.
_IDLE, _RECORDING = "#888888", "#D55E00"
_RECORDED = "hands-free-recording"
_ROUND = "hands-free-round"
_PROBLEM = "hands-free-problem"


def hands_free_recording() -> bytes | None:
    """Show the switch and the recorder; return the latest recording as a WAV file."""
    on = st.toggle(
        "Hands-free recorder",
        key="hands-free",
        persist_state="session",
        help="One click starts it; it stops by itself when you pause.",
    )
    if not on:
        st.session_state.pop(_RECORDED, None)
        return None
    _record()
    st.caption(
        f"Click the microphone and speak; it stops after a pause of {_PAUSE_S:g} s. Up to {limit_text(LIMIT_S)}: a "
        "recording of two minutes is lost, and the page has to be reloaded. It needs a pointer, and does not work in "
        "Firefox; the recorder above does."
    )
    if problem := st.session_state.pop(_PROBLEM, None):
        st.error(problem, icon=":material/error:")
    recording: bytes | None = st.session_state.get(_RECORDED)
    if recording is not None:
        st.button(
            "Remove the recording",
            icon=":material/close:",
            key="hands-free-remove",
            on_click=st.session_state.pop,
            args=(_RECORDED, None),
        )
    return recording


def _record() -> None:
    # Imported here: the recorder loads a script of its own, which most visits do not need.
    from audio_recorder_streamlit import audio_recorder

    number = st.session_state.get(_ROUND, 0)
    key = f"hands-free-{number}"
    try:
        _check_list(st.session_state.get(key))
        recording = audio_recorder(
            text="",
            energy_threshold=0.01,
            pause_threshold=_PAUSE_S,
            neutral_color=_IDLE,
            recording_color=_RECORDING,
            icon_size="2x",
            sample_rate=_RATE,
            key=key,
        )
    except (ValueError, TypeError):
        # The component passes on any message of the browser.
        st.session_state[_PROBLEM] = "The recorder sent no sound. Record again."
    else:
        if recording is None:
            return
        st.session_state[_RECORDED] = recording
    # A new recorder for the next recording: the old one would send its sound again at every rerun.
    st.session_state[_ROUND] = number + 1
    st.rerun()


def _check_list(message: object) -> None:
    """Refuse a message that is no list: the component reads a number as a length."""
    if message is not None and not (isinstance(message, str) and message.startswith("[")):
        raise ValueError("not a list")
