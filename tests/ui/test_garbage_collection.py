"""Garbage collection: long-lived objects are frozen, new garbage is freed."""

import gc
import sys
import types

import pytest

from aec.ui import garbage_collection


@pytest.fixture(autouse=True)
def _unfrozen(monkeypatch):
    monkeypatch.setattr(garbage_collection, "_modules", 0)
    yield
    gc.unfreeze()


def test_objects_are_frozen_once_and_again_after_new_libraries(monkeypatch):
    assert garbage_collection.freeze_long_lived()
    assert gc.get_freeze_count() > 10_000
    assert not garbage_collection.freeze_long_lived()
    monkeypatch.setitem(sys.modules, "a_library_loaded_later", types.ModuleType("a_library_loaded_later"))
    assert garbage_collection.freeze_long_lived()


def test_later_garbage_is_freed():
    garbage_collection.freeze_long_lived()

    class Thing:
        pass

    freed = []
    thing = Thing()
    thing.itself = thing
    Thing.__del__ = lambda _: freed.append(True)
    del thing
    gc.collect()
    assert freed


def test_a_page_freezes(open_page):
    open_page()
    assert gc.get_freeze_count() > 10_000
