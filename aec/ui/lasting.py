"""What stays for good is set apart, so that the search for garbage after each run of a page has little to go through.

Streamlit searches all objects after each run, while everybody else has to wait; the libraries alone make 160,000 of
them, which takes a tenth of a second.
"""

import gc
import sys
import threading

_lock = threading.Lock()
_modules = 0


def set_apart() -> bool:
    """Set apart what there is, if libraries were loaded since the last time; return whether it was done.

    Garbage is taken away before. What of a visit is among the objects is set apart, too, and is freed by its count of
    references alone from then on; libraries are loaded a few times in the life of a server.
    """
    global _modules
    with _lock:
        if len(sys.modules) <= _modules:
            return False
        _modules = len(sys.modules)
        gc.collect()
        gc.freeze()
    return True
