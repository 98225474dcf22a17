"""What an engine is: it brings lanes to hands. It may lose one or repeat it: the ledger fences, the next look offers again."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from reconciler.engine.hands import Hands
from reconciler.model.work import Offer


class Engine(Protocol):
    """Brings lanes that are on offer to the hands of this process, or of others that share its store."""

    def submit(self, offers: Sequence[Offer]) -> None:
        """These are to be run soon, by whoever has a hand free. Called within `serve`; raises nothing: what is lost is lost."""
        ...

    def serve(self, hands: Hands) -> AbstractContextManager[None]:
        """Within it, what comes is given to `hands`; none comes any more when it has ended."""
        ...
