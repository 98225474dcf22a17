"""Whether the server lives and can do its work, and what it counts."""

from collections.abc import Callable

from reconciler.model.ports import Store
from reconciler.web.door import Answer, Ask, Door, plain


def health_doors(text: Callable[[], bytes], kind: str) -> tuple[Door, ...]:
    """Alive: it answers at all. Ready: the store answers, too."""

    def ready(_ask: Ask, store: Store) -> Answer:
        closure = store.closure()
        return plain(503, "the store is closed", "closed") if closure else plain(200, "ready", "ready")

    def metrics(_ask: Ask, _store: Store) -> Answer:
        return Answer(200, text(), kind, what="metrics")

    def alive(_ask: Ask, _store: Store) -> Answer:
        return plain(200, "alive", "alive")

    return (
        Door("health", "/healthz", ("GET",), alive),
        Door("ready", "/readyz", ("GET",), ready),
        Door("metrics", "/metrics", ("GET",), metrics),
    )
