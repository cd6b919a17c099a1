"""The search for garbage after each run of a page leaves out what stays."""

import gc
import sys
import types

import pytest

from aec.ui import lasting


@pytest.fixture(autouse=True)
def _as_it_was(monkeypatch):
    monkeypatch.setattr(lasting, "_modules", 0)
    yield
    gc.unfreeze()


def test_what_stays_is_set_apart_once_and_again_after_new_libraries(monkeypatch):
    assert lasting.set_apart()
    assert gc.get_freeze_count() > 10_000
    assert not lasting.set_apart()
    monkeypatch.setitem(sys.modules, "a_library_loaded_later", types.ModuleType("a_library_loaded_later"))
    assert lasting.set_apart()


def test_garbage_of_later_runs_is_still_found():
    lasting.set_apart()

    class Thing:
        pass

    freed = []
    thing = Thing()
    thing.itself = thing
    Thing.__del__ = lambda _: freed.append(True)
    del thing
    gc.collect()
    assert freed


def test_a_page_sets_apart(open_page):
    open_page()
    assert gc.get_freeze_count() > 10_000
