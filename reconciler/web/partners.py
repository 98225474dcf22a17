"""Partners by the keys that they send: known by a digest, so that nothing of a key can be told from how long it takes."""

import hashlib
import hmac
import threading
from collections.abc import Callable, Mapping
from typing import Final

from reconciler.kinds.leads.market import Market, Outlook, Source
from reconciler.model.errors import Permanent
from reconciler.model.ports import Store
from reconciler.model.secret import Reveal
from reconciler.model.told import Told
from reconciler.web.door import Ask

FRESH: Final = 60.0
"""Seconds after which keys are read again, though no contract has changed: one that stands in a file may have."""
LONGEST: Final = 500
"""Characters of a key."""


class Partners:
    """Whose key is whose. Threads may share it."""

    def __init__(self, outlook: Outlook, reveal: Reveal, clock: Callable[[], float], warn: Told, salt: bytes) -> None:
        """`clock` gives seconds that never jump; `salt` is of this process, and nobody else knows it."""
        self._outlook, self._reveal, self._clock, self._warn, self._salt = outlook, reveal, clock, warn, salt
        self._guard = threading.Lock()
        self._seen: tuple[Market | None, float] = None, 0.0
        self._known: Mapping[bytes, tuple[Source, ...]] = {}

    def digest(self, ask: Ask) -> bytes | None:
        """What a request's key is known by; None for one without a key."""
        key = key_of(ask)
        return self._digest(key.encode("latin-1", "replace")) if key else None

    def seems_known(self, digest: bytes) -> bool:
        """Whether a key was known at the last look."""
        return digest in self._known

    def of(self, store: Store, digest: bytes) -> tuple[Source, ...]:
        """The contracts that this is the key of, by name, ended ones too; none where it is nobody's."""
        market = self._outlook.market(store)
        with self._guard:
            before, at = self._seen
            if market is not before or self._clock() - at > FRESH:
                self._known = self._read(market)
                self._seen = market, self._clock()
        return self._known.get(digest, ())

    def _read(self, market: Market) -> dict[bytes, tuple[Source, ...]]:
        found: dict[bytes, tuple[Source, ...]] = {}
        for source in market.sources.values():
            try:
                key = self._reveal(source.spec.api_key.model_dump(exclude_none=True))
            except Permanent as error:
                self._warn("a partner cannot send leads", contract=source.ref.name, error=str(error))
                continue
            digest = self._digest(key.encode("utf-8", "surrogateescape"))
            found[digest] = (*found.get(digest, ()), source)
        return found

    def _digest(self, key: bytes) -> bytes:
        return hmac.new(self._salt, key, hashlib.sha256).digest()


def key_of(ask: Ask) -> str:
    """The key of a request: `Authorization: Bearer KEY`, or `X-API-Key: KEY`; empty where it has none."""
    scheme, _, rest = ask.headers.get("authorization", "").partition(" ")
    key = rest.strip() if scheme.lower() == "bearer" else ask.headers.get("x-api-key", "").strip()
    return key if len(key) <= LONGEST else ""
