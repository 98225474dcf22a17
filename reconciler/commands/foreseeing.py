"""How `muster collections forecast` goes: from what is applied, by what is asked before each contact."""

from datetime import date, timedelta
from typing import Final

from reconciler.commands.options import Common, write
from reconciler.commands.reading_leads import resource
from reconciler.controller.verdict import DENIED, DONE
from reconciler.kinds.collections.collection_campaign.spec import CollectionCampaignSpec
from reconciler.kinds.collections.forecast import TRIED
from reconciler.kinds.collections.portfolio import Portfolio
from reconciler.kinds.collections.proving import Prospect, prospect
from reconciler.kinds.collections.reading import KIND
from reconciler.model import canonical
from reconciler.model.errors import Usage
from reconciler.model.instant import parse_duration
from reconciler.views.collection_forecast import outlook_json, outlook_text, way_json, way_text

_A_DAY: Final = timedelta(days=1)


def foreseen(common: Common, campaign: str, horizon: str, account: str, form: str) -> int:
    """Print what is foreseen; the exit code. Usage where there is no such campaign or account, or it is incomplete."""
    app = common.app()
    store = app.store()
    now = store.time(app.clock.now())
    with store.snapshot():
        ref, _, _ = resource(store, KIND, campaign)
        shelf = app.shelf(store)
        document = shelf.lookup(ref) or {}
        spec = CollectionCampaignSpec.model_validate_json(canonical.encode(document.get("spec", {})))
        found = prospect(ref, spec, Portfolio(store, shelf, shelf.lookup), now, account)
    if found is None:
        raise Usage(f"{ref} has no strategy or no dates; nothing can be foreseen of it")
    found = found.until(_last_day(found, horizon)) if horizon else found
    if account:
        return _one(found, account, form)
    outlook = found.outlook()
    settings = found.conduct.limits.settings
    write(outlook_json(ref, outlook) if form == "json" else outlook_text(ref, outlook, settings.timezone, common.color))
    return DONE if outlook.is_proven else DENIED


def _one(found: Prospect, number: str, form: str) -> int:
    if not found.classes:
        raise Usage(f"{number} is no account of this campaign, or no day of it is left")
    one = found.classes[0]
    way = found.foresight.way(one.account, one.past, TRIED)
    zone = found.conduct.limits.place(one.account.row.zone).zone.key
    write(way_json(number, way, zone) if form == "json" else way_text(number, way, zone))
    return DONE


def _last_day(found: Prospect, horizon: str) -> date:
    try:
        span = parse_duration(horizon)
    except ValueError as error:
        raise Usage(str(error)) from None
    return found.day(found.frame.now + max(span, _A_DAY) - _A_DAY)
