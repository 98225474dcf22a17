"""The contacts that a campaign would make from now on, day by day, each checked by counting. (ADR 42)"""

from typing import Final

from reconciler.dashboard.charts import stacked
from reconciler.dashboard.collecting.foreseeing import foreseen
from reconciler.dashboard.resource.frame import resource_page
from reconciler.dashboard.spans import over_days
from reconciler.dashboard.visit import Visit
from reconciler.kinds.collections.foreseen import span
from reconciler.web.door import Answer

ASSUMED: Final = "As if nobody answered and no try reached anybody: the most contacts that there can be."


def make(visit: Visit) -> Answer:
    """The page; the forecast is on its way where nobody has asked for it lately."""
    one = visit.resource()
    held = foreseen(visit, one)
    outlook = held.value.outlook if held else None
    days = over_days((day, (count,)) for day, count in outlook.days.items()) if outlook else ()
    return resource_page(
        visit,
        one,
        "collections_forecast.html",
        held=held,
        outlook=outlook,
        assumed=ASSUMED,
        days=stacked("Contacts by day", ("contacts",), days, "Day"),
        put_off=[(rule, each.contacts, span(each.longest)) for rule, each in outlook.put_off.items()]
        if outlook
        else [],
    )
