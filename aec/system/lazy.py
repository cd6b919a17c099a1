"""Names of a package that are imported at first use, so that it loads fast."""

import importlib
from collections.abc import Callable, Mapping


def lazy_names(package: str, modules: Mapping[str, str]) -> Callable[[str], object]:
    """Return a module-level `__getattr__` (PEP 562) that imports names at first use.

    Parameters
    ----------
    package : str
        The package's `__name__`.
    modules : Mapping of str to str
        Each name with the module that defines it.
    """

    def load(name: str) -> object:
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(importlib.import_module(modules[name]), name)

    return load
