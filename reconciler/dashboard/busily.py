"""What somebody is at: what takes seconds is not begun a second time meanwhile."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from reconciler.model.errors import Busy
from reconciler.model.ref import Ref

MOST: Final = 2
"""Campaigns that are tried at once: each keeps a thread waiting for its mail server, and pages need the others."""


@dataclass(slots=True)
class Busily:
    """The campaigns that are being tried. Threads may share it."""

    _guard: threading.Lock = field(default_factory=threading.Lock)
    _refs: set[Ref] = field(default_factory=set)

    @contextmanager
    def alone(self, ref: Ref) -> Iterator[None]:
        """Busy where it is tried already, or as many others are as may be."""
        with self._guard:
            if ref in self._refs:
                raise Busy(f"{ref} is being tested at this moment; wait for that")
            if len(self._refs) >= MOST:
                raise Busy(f"{MOST} campaigns are being tested at this moment; wait for one of them")
            self._refs.add(ref)
        try:
            yield
        finally:
            with self._guard:
                self._refs.discard(ref)
