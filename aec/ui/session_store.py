"""Bounded memory of one visitor's session."""

import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

import streamlit as st

Value = TypeVar("Value")


def _no_size(_value: object) -> int:
    return 0


@dataclass
class SessionStore(Generic[Value]):
    """Values by key in the visitor's session; the oldest are dropped first.

    Not a cache of Streamlit: caches are shared between visitors and outlive them, and voices are private.

    Parameters
    ----------
    name : str
        Name in `st.session_state`.
    max_entries : int
    max_bytes : float
        Of the sizes of all values.
    size : callable
        From a value to its size in bytes.
    """

    name: str
    max_entries: int
    max_bytes: float = math.inf
    size: Callable[[Value], int] = _no_size

    def get(self, key: Hashable) -> Value | None:
        """Return the value of a key, or None."""
        return self._entries().get(key)

    def put(self, key: Hashable, value: Value) -> None:
        """Add or replace a value as the newest, and drop what exceeds the bounds."""
        entries = {other: kept for other, kept in self._entries().items() if other != key}
        entries[key] = value
        total = sum(map(self.size, entries.values()))
        for oldest in list(entries):
            if len(entries) <= self.max_entries and total <= self.max_bytes:
                break
            total -= self.size(entries.pop(oldest))
        st.session_state[self.name] = entries

    def values(self) -> list[Value]:
        """Return all values, the oldest first."""
        return list(self._entries().values())

    def clear(self) -> None:
        """Drop all values."""
        st.session_state.pop(self.name, None)

    def _entries(self) -> dict[Hashable, Value]:
        entries: dict[Hashable, Value] = st.session_state.get(self.name, {})
        return entries
