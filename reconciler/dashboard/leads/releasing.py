"""What an operator does with an item of the queue: send it through the same door again, or put it aside. (L-43)

These are rows, not manifests: no repository is changed, and nothing that a campaign wants.
"""

from reconciler.dashboard.leads.queue import clerk, found, row_of, told
from reconciler.dashboard.leads.rows import lead_address
from reconciler.dashboard.page import Page, Refused
from reconciler.dashboard.personal import curtain
from reconciler.dashboard.visit import Visit
from reconciler.dashboard.visitor import Role
from reconciler.kinds.leads.intake import Parked, Taken
from reconciler.model.leads import Queued, QueueStage
from reconciler.views.lead_reasons import REASONS
from reconciler.web.door import SMALL, Answer

_MOST_REASON = 500


def _release(visit: Visit) -> Answer:
    one = _open(visit)
    if visit.ask.method == "GET":
        left = clerk(visit).outlook(one, visit.now)
        said = f"{left.reason.value}: {told(left.reason, left.detail, curtain(visit))}" if left else ""
        way_out = REASONS[left.reason].way_out if left else ""
        return visit.show("leads_release.html", item=one, row=row_of(one, curtain(visit)), left=said, way_out=way_out)
    result = clerk(visit).release(one, visit.now, visit.sent("despite") == "yes")
    if isinstance(result, Taken):
        return visit.done(lead_address(result.code), f"{one.code} is the lead {result.code}.")
    if isinstance(result, Parked):
        detail = told(result.reason, result.detail, curtain(visit))
        return visit.done(f"/leads/queue/{one.code}", f"{one.code} is no lead still: {result.reason.value}: {detail}")
    raise Refused(f"{one.code}: {result.detail}")


def _discard(visit: Visit) -> Answer:
    one = _open(visit)
    if visit.ask.method == "GET":
        return visit.show("leads_discard.html", item=one, row=row_of(one, curtain(visit)))
    reason = visit.sent("reason")
    if not reason:
        raise Refused("Say why it is put aside: whoever looks later has nothing else to go by.")
    if not clerk(visit).discard(one, reason[:_MOST_REASON], visit.now):
        raise Refused(f"{one.code} is not open any more.")
    return visit.done(f"/leads/queue/{one.code}", f"{one.code} is put aside.")


def _open(visit: Visit) -> Queued:
    one = found(visit, visit.ask.params["code"])
    if one.stage is not QueueStage.OPEN:
        raise Refused(f"{one.code} is {one.stage.value}, and stays as it is.")
    return one


PAGES = tuple(
    Page(f"lead-{name}", f"/leads/queue/{{code}}/{name}", make, Role.OPERATOR, ("GET", "POST"), SMALL)
    for name, make in (("release", _release), ("discard", _discard))
)
