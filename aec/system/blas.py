"""Number of threads of the linear algebra library."""

import contextlib
from contextlib import AbstractContextManager


def blas_threads(threads: int | None) -> AbstractContextManager[object]:
    """Limit the BLAS threads of this process for a `with` block.

    Parameters
    ----------
    threads : int or None
        None changes nothing.
    """
    if threads is None:
        return contextlib.nullcontext()
    # Imported here: it looks through all loaded libraries, which most commands do without.
    from threadpoolctl import threadpool_limits

    limit: AbstractContextManager[object] = threadpool_limits(threads, user_api="blas")
    return limit
