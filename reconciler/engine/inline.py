"""The inline engine: what is on offer goes straight to the hands of this process."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from reconciler.engine.hands import Hands
from reconciler.model.work import Offer


@dataclass(slots=True)
class Inline:
    """Implements `port.Engine`, on every store."""

    _hands: Hands | None = None

    def submit(self, offers: Sequence[Offer]) -> None:
        """See `port.Engine`."""
        if self._hands is not None:
            for offer in offers:
                self._hands.give(offer)

    @contextmanager
    def serve(self, hands: Hands) -> Iterator[None]:
        """See `port.Engine`."""
        self._hands = hands
        try:
            yield
        finally:
            self._hands = None
