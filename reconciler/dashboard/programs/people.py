"""Who takes part in a program, by the ids that its own systems gave them. (R-25)"""

from typing import Final

from reconciler.dashboard.onward import onward
from reconciler.dashboard.page import Page
from reconciler.dashboard.programs.figures import offering_named
from reconciler.dashboard.programs.sums import listed
from reconciler.dashboard.visit import Visit
from reconciler.kinds.referral.telling import people_page
from reconciler.model.referral import Role
from reconciler.web.door import Answer

_MOST: Final = 50


def _people(visit: Visit) -> Answer:
    offering = offering_named(visit, visit.ask.params["name"])
    role = Role.FRIEND if visit.asked("role") == Role.FRIEND else Role.ADVOCATE
    after = visit.asked("after")
    found = people_page(visit.store, (offering.uid, role), after, _MOST + 1)
    rows = [(one, listed(offering.ref.name, of=one.id)) for one in found[:_MOST]]
    more = onward(visit, after=found[_MOST - 1].id) if len(found) > _MOST else ""
    first = onward(visit, after="") if after else ""
    return visit.show(
        "program_people.html", name=offering.ref.name, role=role.value, rows=rows, more=more, first=first, after=after
    )


PAGES: Final = (Page("program-people", "/programs/{name}/participants", _people),)
