"""Who posts rows of a source, or asks for them: known by the key that the source's manifest names."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from reconciler.kinds.shape import SecretRef
from reconciler.kinds.sources import Sources
from reconciler.kinds.taking_in import Origin
from reconciler.model.errors import Permanent
from reconciler.model.ports import Store
from reconciler.model.secret import Reveal
from reconciler.web.allowance import Allowance
from reconciler.web.door import Answer, Ask
from reconciler.web.patience import Patience
from reconciler.web.problem import problem
from reconciler.web.webhooks import has_key, password_of

Keyed = tuple[Origin[Any], SecretRef]


@dataclass(slots=True)
class SourceKeys:
    """The keys of all sources of one kind. Threads may share it."""

    sources: Sources[Any]
    reveal: Reveal
    patience: Patience
    allowance: Allowance
    _seen: tuple[int, tuple[Keyed, ...]] = field(default=(-1, ()))
    """The sources that have a key, as of an event's number: a step may have changed them since."""

    def admits(self, ask: Ask) -> Answer | None:
        """Who shows no key at all is not listened to: a body is read before its key can be looked at."""
        return None if password_of(ask) else self._unknown(ask)

    def known(self, ask: Ask, store: Store) -> Origin[Any] | Answer:
        """The source whose key this is: that of `?source=`, else the only one that has this key."""
        wanted = ask.query.get("source")
        found, missing = [], False
        for origin, written in self._keyed(store):
            if wanted is None or origin.ref.name == wanted:
                try:
                    key = self.reveal(written.model_dump(exclude_none=True))
                except Permanent:
                    key, missing = "", True
                if has_key(key.encode("utf-8", "surrogateescape"), ask):
                    found.append(origin)
        if not found and missing:
            return problem(503, "this server does not have the source's key; see its environment", "no-key")
        if not found:
            return self._unknown(ask)
        if len(found) > 1:
            names = ", ".join(one.ref.name for one in found[:20])
            return problem(400, f"this key is that of several sources; say ?source=NAME: {names}", "ambiguous")
        wait = self.allowance.take(str(found[0].uid).encode())
        if wait:
            return problem(429, "too many requests with this key", "too-many", Retry_After=str(ceil(wait)))
        return found[0]

    def _unknown(self, ask: Ask) -> Answer:
        """After the key: a proxy has one address, and who tries keys from there must not shut out who has one."""
        if self.patience.is_over(ask.client):
            return problem(429, "too many requests without a key of ours", "too-many", Retry_After="60")
        self.patience.failed(ask.client)
        return problem(
            401, "send the key of your source: Authorization: Bearer KEY", "unauthorized", WWW_Authenticate="Bearer"
        )

    def _keyed(self, store: Store) -> tuple[Keyed, ...]:
        serial, (at, kept) = store.serial(), self._seen
        if at != serial:
            kept = tuple(self._read(store))
            self._seen = serial, kept
        return kept

    def _read(self, store: Store) -> Iterator[Keyed]:
        for name in self.sources.in_use(store):
            found = self.sources.origin(store, name)
            if found is not None and found[1].api_key is not None:
                yield found[0], found[1].api_key
