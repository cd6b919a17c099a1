"""The list from which the run to look at is chosen."""

from collections.abc import Mapping

import streamlit as st

from aec.ui.text import distinct


def choose_run(label: str, titles: Mapping[str, str], open_key: str) -> str:
    """Show the list and return the chosen run's id.

    Parameters
    ----------
    label : str
    titles : mapping of str to str
        By id, in the order of the list; at least one.
    open_key : str
        Under which the session keeps the id of the run that is looked at; whoever sets it opens that one.
    """
    titles = distinct(titles)
    if st.session_state.get(open_key) not in titles:
        st.session_state[open_key] = next(iter(titles))
    # Titles tell the state: a browser keeps the words that it showed until the field is another one.
    key = f"{open_key}-of-{hash(tuple(titles.items()))}"
    st.session_state[key] = st.session_state[open_key]
    chosen: str = st.selectbox(
        label,
        list(titles),
        format_func=lambda run_id: titles.get(run_id, run_id),
        key=key,
        on_change=_open,
        args=(key, open_key),
    )
    return chosen


def _open(key: str, open_key: str) -> None:
    st.session_state[open_key] = st.session_state[key]
