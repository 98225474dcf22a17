"""How `muster leads undelivered` goes."""

from reconciler.commands.options import Common
from reconciler.commands.reading_leads import BUYER, resource, zone
from reconciler.kinds.leads.market import Outlook
from reconciler.kinds.leads.redelivering import deliver_again
from reconciler.kinds.leads.undelivered import undelivered
from reconciler.model.errors import Usage
from reconciler.model.work import Stage
from reconciler.views.lead_undelivered import begun_again, undelivered_table, undelivered_to_json
from reconciler.views.style import Style


def listed(common: Common, contract: str, form: str) -> str:
    """What did not arrive. Usage where there is no such contract."""
    app = common.app()
    store = app.store()
    with store.snapshot():
        _, uid, _ = resource(store, BUYER, contract)
        found = list(undelivered(store, uid))
    if form == "json":
        return undelivered_to_json(found)
    lines = undelivered_table(found, zone(app), Style(common.color)) if found else ["nothing has failed"]
    return "\n".join(lines)


def delivered_again(common: Common, contract: str, stage: str) -> str:
    """Send out again what is in a stage, and what there is to say of it. Usage where there is no such contract."""
    app = common.app()
    store, now = app.store_in_use(), app.clock.now()
    ref, uid, _ = resource(store, BUYER, contract)
    buyer = Outlook().market(store).buyer_of(uid)
    if buyer is None:
        raise Usage(f"{ref} is not in the store")
    return begun_again(deliver_again(store, uid, buyer.spec, now, Stage(stage)))
