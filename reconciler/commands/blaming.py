"""What `blame` is asked: one resource of the store, its log up to a time, and a field."""

from reconciler.commands.options import Common
from reconciler.commands.planning import instant_meant
from reconciler.controller.blame import blame
from reconciler.controller.glimpse import log_until
from reconciler.controller.inspect import find
from reconciler.model.blame import Blame
from reconciler.model.errors import Usage
from reconciler.model.instant import to_text


def blamed(common: Common, text: str, field: str, at: str | None) -> Blame:
    """Who made the resource what it is, or was. Usage where nobody knows it, or it did not exist then."""
    app = common.app()
    kinds, store = app.kinds(), app.store()
    ref = find(text, dict.fromkeys([*store.heads(), *store.forgotten()]))
    then = instant_meant(at, app) if at else None
    events = log_until(store, ref, then) if then else list(store.events(ref))
    if not events:
        raise Usage(f"{ref} does not exist at {to_text(then)}" if then else f"the log has nothing of {ref}")
    return blame(events, kinds.table.get(ref.kind), field)
