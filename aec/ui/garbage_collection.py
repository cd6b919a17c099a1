"""Shorter garbage collections between reruns of a page.

Streamlit collects after each run, while every other visitor waits; the libraries alone make 160,000 objects, which
take a tenth of a second.
"""

import gc
import sys
import threading

_lock = threading.Lock()
_modules = 0


def freeze_long_lived() -> bool:
    """Exclude all present objects from later collections with `gc.freeze`.

    Objects of a visit that are among them are still freed by their reference counts. Libraries are loaded a few times
    in the life of a server.

    Returns
    -------
    bool
        False, and nothing is done, if no module was loaded since the last call.
    """
    global _modules
    with _lock:
        if len(sys.modules) <= _modules:
            return False
        _modules = len(sys.modules)
        gc.collect()
        gc.freeze()
    return True
