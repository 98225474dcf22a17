"""Rest for the garbage collector while values are built in bulk: looking through them costs up to four times the work."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def resting_collector() -> Iterator[None]:
    """No cyclic collection inside. What is built in bulk here forms no cycles; counting references frees the rest."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
