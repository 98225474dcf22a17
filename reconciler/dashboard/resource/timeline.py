"""Past, now and future of one resource on one axis: as a picture, and the same as a table."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from reconciler.controller.axis import lay_out
from reconciler.dashboard.outlook.foresight import YEAR, foreseen
from reconciler.dashboard.outlook.occasions import Occasion, occasion
from reconciler.dashboard.premises import Premises
from reconciler.dashboard.render import href
from reconciler.dashboard.resource.absent import absent
from reconciler.dashboard.resource.events import Happening, happenings
from reconciler.dashboard.resource.frame import resource_page
from reconciler.dashboard.visit import Visit
from reconciler.model.axis import Axis
from reconciler.model.instant import from_text
from reconciler.model.plan import Plan
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.views.timeline_svg import render_svg
from reconciler.web.door import Answer

_EVERY: Final = 60.0
_PATIENCE: Final = 5.0
_ROWS: Final = 100
"""Lines of the log in the table, the newest; the picture has all."""


@dataclass(frozen=True, slots=True)
class Span:
    """How much of the axis is shown: so many days back (0: from its first event) and ahead, of a plan with this horizon."""

    title: str
    back: int
    ahead: int
    horizon: str = ""


SPANS: Final[Mapping[str, Span]] = {
    "1mo": Span("A month", 30, 30),
    "": Span("Three months", 90, 90),
    "1y": Span("A year", 365, 366, YEAR),
    "all": Span("All of it", 0, 366, YEAR),
}
"""By what stands behind the question mark."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """The axis: its picture, what happened (oldest first, `more` before that), and what is to come."""

    picture: str
    past: list[Happening]
    more: int
    future: list[Occasion]
    since: datetime
    until: datetime
    zone: str


@dataclass(frozen=True, slots=True)
class _Drawing:
    """The work on one axis, which is done in the background: it reads a log."""

    premises: Premises
    plan: Plan
    ref: Ref
    since: datetime

    def __call__(self, store: Store) -> Axis:
        with self.premises.repository.reconciler(store) as reconciler:
            return lay_out(reconciler.gatherer, self.plan, self.since, frozenset({self.ref}))


def make(visit: Visit) -> Answer:
    """The page."""
    one = visit.store.load([visit.ref]).get(visit.ref)
    if one is None:
        return absent(visit, visit.ref, "timeline")
    name = visit.asked("span") if visit.asked("span") in SPANS else ""
    here = href(one.ref, "timeline")
    spans = [(span.title, f"{here}?span={key}" if key else here, key == name) for key, span in SPANS.items()]
    drawn, trouble = _drawn(visit, one.ref, SPANS[name])
    return resource_page(visit, one, "resource_timeline.html", drawn=drawn, trouble=trouble, spans=spans)


def _drawn(visit: Visit, ref: Ref, span: Span) -> tuple[Drawn | None, str]:
    """The axis, or why there is none."""
    held = foreseen(visit, span.horizon, _PATIENCE)
    if held is None:
        return None, "What is to come is being worked out; load this page again in a moment."
    if held.value.plan is None:
        return (
            None,
            "While the files have errors nobody can say what is to come; the page of the plan says where they are.",
        )
    plan = _cut(held.value.plan, timedelta(days=span.ahead))
    drawing = _Drawing(visit.premises, plan, ref, _since(visit, ref, span, plan.made_at))
    key = ("axis", ref, span.title, plan.made_at, plan.serial, plan.digest)
    axis = visit.premises.kept.glance(key, drawing, _EVERY, _PATIENCE)
    if axis is None:
        return None, "The axis is being drawn; load this page again in a moment."
    return _told(visit, axis.value, ref), ""


def _cut(plan: Plan, horizon: timedelta) -> Plan:
    """The plan as far as a nearer horizon."""
    if plan.horizon <= horizon:
        return plan
    timeline = tuple(one for one in plan.timeline if one.at <= plan.made_at + horizon)
    return replace(plan, horizon=horizon, timeline=timeline)


def _since(visit: Visit, ref: Ref, span: Span, now: datetime) -> datetime:
    if span.back:
        return now - timedelta(days=span.back)
    first = next(iter(visit.store.events(ref)), None)
    return min(from_text(first.body["at"]), now) - timedelta(days=1) if first else now


def _told(visit: Visit, axis: Axis, ref: Ref) -> Drawn:
    zone = axis.zones.get(ref) or visit.premises.app.project.timezone or "UTC"
    past = axis.past[-_ROWS:]
    return Drawn(
        picture=render_svg(axis, heading=False),
        past=happenings(past),
        more=len(axis.past) - len(past),
        future=[occasion(one, zone, {}) for one in axis.future],
        since=axis.since,
        until=axis.until,
        zone=zone,
    )
