"""How `forget` goes: look, ask, write one event."""

from reconciler.app import actor
from reconciler.commands.options import Common
from reconciler.commands.planning import confirm
from reconciler.controller.inspect import find, forgettable
from reconciler.controller.steps import forget_write
from reconciler.model.errors import Conflict
from reconciler.model.ref import Ref


def forget(common: Common, text: str, yes: bool) -> Ref:
    """Forget the resource that `text` names. Usage where it may not be, Conflict where it changed meanwhile."""
    app = common.app()
    gatherer = app.reconciler().gatherer
    ref = find(text, gatherer.store.heads())
    resource = forgettable(gatherer, gatherer.store, ref, app.clock.now())
    confirm(yes, f"Forget {ref} ({resource.state})?")
    if gatherer.store.commit([forget_write(resource, actor(), app.clock.now())]):
        raise Conflict(f"{ref} changed meanwhile, or a step of it is unfinished; see `muster doctor`")
    return ref
