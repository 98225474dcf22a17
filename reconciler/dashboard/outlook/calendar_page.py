"""The calendar: a month of what schedules and timers will do, what conflicts, when freezes are shut, and when holds end."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from operator import attrgetter
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from reconciler.dashboard.kept import Held
from reconciler.dashboard.onward import onward
from reconciler.dashboard.outlook.foresight import YEAR, Foreseen, Traits, foreseen
from reconciler.dashboard.outlook.freezes import Closed, closed
from reconciler.dashboard.outlook.months import Month, month_of, read_day, read_month, weeks
from reconciler.dashboard.outlook.occasions import Occasion, occasion
from reconciler.dashboard.page import Page, Refused
from reconciler.dashboard.paging import part
from reconciler.dashboard.visit import Visit
from reconciler.model.listing import plain
from reconciler.model.plan import Plan
from reconciler.model.ref import Ref
from reconciler.model.timeline import Foresight, Occurrence, Source
from reconciler.views.calendar import render_calendar
from reconciler.web.door import Answer

_LISTED: Final = 100
"""Things to come on one page of the list."""
_FILE_PATIENCE: Final = 30.0
"""Seconds that a program waits for the file: it does not look again as people do."""
_AT: Final = attrgetter("at")
_SHOWS: Final = {
    "": "Everything",
    "happens": "What will happen",
    "conflicts": "Conflicts",
}
_NOTHING: Final = Traits()


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the calendar is to be shown: a month, perhaps one day of it, of one kind, one team, one sort of verdict."""

    month: Month
    day: date | None
    kind: str
    team: str
    show: str

    @property
    def narrows(self) -> bool:
        """Whether anything is left out."""
        return bool(self.kind or self.team or self.show)

    def wants(self, one: Occurrence, traits: Mapping[Ref, Traits]) -> bool:
        """Whether something to come is asked for; of a conflict, for the sake of any of its sides."""
        if self.show == "happens" and one.verdict not in (Foresight.LEGAL, Foresight.CONDITIONAL):
            return False
        if self.show == "conflicts" and not one.verdict.refuses:
            return False
        return any(self.wants_ref(ref, traits) for ref in one.parties)

    def wants_ref(self, ref: Ref, traits: Mapping[Ref, Traits]) -> bool:
        """Whether a resource is of the kind and team."""
        return (not self.kind or ref.kind == self.kind) and (
            not self.team or traits.get(ref, _NOTHING).team == self.team
        )


def _page(visit: Visit) -> Answer:
    held = foreseen(visit, YEAR)
    if held is None:
        return visit.show("calendar_coming.html", again=onward(visit))
    if held.value.plan is None:
        return visit.show("calendar_invalid.html", count=len(held.value.diagnostics), held=held)
    return visit.show("calendar.html", **_shown(visit, held, held.value.plan))


def zone_of(visit: Visit) -> str:
    """The zone of the project."""
    return visit.premises.app.project.timezone or "UTC"


def _asked(visit: Visit, plan: Plan) -> Asked:
    day, zone = read_day(visit.asked("day")), zone_of(visit)
    month = Month(day.year, day.month) if day else read_month(visit.asked("month"))
    show = visit.asked("show")
    here = month or month_of(plan.made_at, zone)
    return Asked(here, day, visit.asked("kind"), plain(visit.asked("team")), show if show in _SHOWS else "")


def _shown(visit: Visit, held: Held[Foreseen], plan: Plan) -> dict[str, Any]:
    asked, zone, traits = _asked(visit, plan), zone_of(visit), held.value.traits
    wanted = [one for one in plan.timeline if asked.wants(one, traits)] if asked.narrows else plan.timeline
    span = asked.month.span(zone)
    holders = _holders(plan)
    here = [_told(one, zone, traits, holders) for one in _between(wanted, span)]
    by_day: dict[str, list[Occasion]] = {}
    for one in here:
        by_day.setdefault(one.day, []).append(one)
    shut = _shut(visit, plan, asked, zone)
    listed = by_day.get(asked.day.isoformat(), []) if asked.day else here
    today = visit.now.astimezone(ZoneInfo(zone)).date()
    return {
        "asked": asked,
        "held": held,
        "shows": _SHOWS,
        "kinds": held.value.kinds,
        "teams": held.value.teams,
        "months": _months(visit, plan, wanted, asked),
        "before": onward(visit, month=str(asked.month.later(-1)), day="", list=""),
        "after": onward(visit, month=str(asked.month.later(1)), day="", list=""),
        "whole": onward(visit, day="", list="", month=str(asked.month)),
        "day_at": _day_addresses(visit),
        "weeks": weeks(asked.month, today, by_day, shut),
        "listed": part(visit, "list", listed, lambda one: one, _LISTED),
        "closed": [one for one in shut if _is_in(one, span)],
        "conflicts": sum(asked.wants(one, traits) for one in plan.conflicts),
        "until": plan.made_at + plan.horizon,
        "is_past": span[1] <= plan.made_at,
        "is_beyond": span[0] > plan.made_at + plan.horizon,
        "file": "/calendar.ics" + _same(asked),
    }


def _same(asked: Asked) -> str:
    pairs = [(name, value) for name, value in (("kind", asked.kind), ("team", asked.team)) if value]
    return f"?{urlencode(pairs)}" if pairs else ""


def _between(found: Sequence[Occurrence], span: tuple[datetime, datetime]) -> Sequence[Occurrence]:
    """Of what is in the order of time, what lies within a stretch."""
    return found[bisect_left(found, span[0], key=_AT) : bisect_left(found, span[1], key=_AT)]


def _holders(plan: Plan) -> dict[tuple[Ref, datetime], str]:
    """Who holds what until when, and why, for the ends of holds."""
    return {(one.ref, one.hold.ends): f"held by {one.hold.owner}: {one.hold.reason}" for one in plan.holds}


def _told(
    one: Occurrence, zone: str, traits: Mapping[Ref, Traits], holders: Mapping[tuple[Ref, datetime], str]
) -> Occasion:
    shown = occasion(one, zone, traits)
    holder = holders.get((one.ref, one.at), "") if one.source is Source.HOLD else ""
    return replace(shown, told="; ".join(filter(None, (holder, shown.told))))


def _shut(visit: Visit, plan: Plan, asked: Asked, zone: str) -> list[Closed]:
    freezes = visit.premises.app.project.policies.freezes
    about = [one for one in freezes if not asked.kind or not one.match.kinds or asked.kind in one.match.kinds]
    begin, end = asked.month.span(zone)
    return (
        closed(about, max(begin, plan.made_at).astimezone(UTC), end.astimezone(UTC), zone) if end > plan.made_at else []
    )


def _is_in(one: Closed, span: tuple[datetime, datetime]) -> bool:
    return one.start < span[1] and one.end > span[0]


@dataclass(frozen=True, slots=True)
class MonthLink:
    """A month that the plan sees something of: how much is to come in it, and whether it is the one that is shown."""

    title: str
    href: str
    count: int
    is_here: bool


def _months(visit: Visit, plan: Plan, wanted: Sequence[Occurrence], asked: Asked) -> list[MonthLink]:
    zone = zone_of(visit)
    month, last, found = month_of(plan.made_at, zone), month_of(plan.made_at + plan.horizon, zone), []
    while (month.year, month.number) <= (last.year, last.number):
        to = onward(visit, month=str(month), day="", list="")
        found.append(MonthLink(month.title, to, len(_between(wanted, month.span(zone))), month == asked.month))
        month = month.later(1)
    return found


def _day_addresses(visit: Visit) -> Any:
    """Gives the address of a day's list."""

    def at(iso: str) -> str:
        return f"{onward(visit, day=iso, month='', list='')}#list"

    return at


def _file(visit: Visit) -> Answer:
    """The same as `muster calendar` writes, for the kind and team that are asked for."""
    held = foreseen(visit, YEAR, _FILE_PATIENCE)
    if held is None:
        raise Refused("The plan is still being worked out; try again in a minute.")
    plan = held.value.plan
    if plan is None:
        raise Refused("The files are invalid, so nothing can be foreseen; /plan says where.")
    asked = _asked(visit, plan)
    text = render_calendar(plan.made_at, [one for one in plan.timeline if asked.wants(one, held.value.traits)])
    headers = {"Content-Disposition": 'attachment; filename="campaigns.ics"'}
    return Answer(200, text.encode(), "text/calendar; charset=utf-8", headers, "calendar.ics")


PAGES: Final = (Page("calendar", "/calendar", _page), Page("calendar-file", "/calendar.ics", _file))
