"""Which lines of the log `history` is asked for."""

from collections import deque
from collections.abc import Iterator

from reconciler.commands.options import Common
from reconciler.commands.planning import instant_meant
from reconciler.controller.inspect import find
from reconciler.model.event import Event
from reconciler.model.instant import from_text


def remembered(
    common: Common, ref: str | None, span: tuple[str | None, str | None], names: tuple[str, ...], last: int | None
) -> Iterator[Event]:
    """The events of one resource or of all, within a span of time, of these names, the last ones."""
    app = common.app()
    store = app.store()
    since, until = (instant_meant(text, app) if text else None for text in span)
    found = (
        event
        for event in store.events(find(ref, [*store.heads(), *store.forgotten()]) if ref else None)
        if not names or not {event.body.get("event"), event.body["op"]}.isdisjoint(names)
        if since is None or from_text(event.body["at"]) >= since
        if until is None or from_text(event.body["at"]) <= until
    )
    return found if last is None else iter(deque(found, maxlen=last))
