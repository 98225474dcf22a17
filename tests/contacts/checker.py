"""Whether contacts kept to the limits: by brute force over what servers have seen, and with nothing of the engine's.

faults(contacts, rules, zones, quiet) says what is wrong, in words; empty: nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from tests.contacts.agency import Seen

WEEK: Final = timedelta(days=7)
CALLS: Final = ("voice",)
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Rules:
    """What is allowed; 0 and None: anything. With `pack`, Regulation F: 7 calls in 7 days, 7 quiet days, 08:00 to 21:00."""

    per_day: int = 0
    per_week: int = 0
    interval: timedelta = timedelta()
    opens: time | None = None
    closes: time | None = None
    days: tuple[str, ...] = DAYS
    zone: str = "UTC"
    pack: bool = False


Moments = Mapping[str, Sequence[datetime]]


def faults(contacts: Iterable[Seen], rules: Rules, zones: Mapping[str, str], quiet: Moments) -> list[str]:
    """Every fault. `zones` by account where one is known, `quiet` the conversations of each, after which calls rest."""
    by_account = defaultdict(list)
    for one in contacts:
        by_account[one.account].append(one)
    found: list[str] = []
    for account, seen in sorted(by_account.items()):
        zone = ZoneInfo(zones.get(account) or rules.zone)
        seen.sort(key=lambda one: one.at)
        found += [f"{account}: {what}" for what in (*_counts(seen, rules, zone), *_hours(seen, rules, zone))]
        if rules.pack:
            found += [f"{account}: {what}" for what in _calls(seen, zone, quiet.get(account, ()))]
    return found


def _counts(seen: Sequence[Seen], rules: Rules, zone: ZoneInfo) -> Iterable[str]:
    for one in seen:
        same_day = [other for other in seen if other.at.astimezone(zone).date() == one.at.astimezone(zone).date()]
        if rules.per_day and len(same_day) > rules.per_day:
            yield f"{len(same_day)} on the day of {one.at}"
        week = [other for other in seen if one.at - WEEK < other.at <= one.at]
        if rules.per_week and len(week) > rules.per_week:
            yield f"{len(week)} in the seven days before {one.at}"
    for before, after in pairwise(seen):
        if after.at - before.at < rules.interval:
            yield f"{after.at - before.at} between {before.at} and {after.at}"


def _hours(seen: Sequence[Seen], rules: Rules, zone: ZoneInfo) -> Iterable[str]:
    for one in seen:
        local = one.at.astimezone(zone)
        if rules.opens and rules.closes and not rules.opens <= local.time() < rules.closes:
            yield f"contacted at {local}"
        if DAYS[local.weekday()] not in rules.days:
            yield f"contacted on a {DAYS[local.weekday()]}, {local}"


def _calls(seen: Sequence[Seen], zone: ZoneInfo, talks: Sequence[datetime]) -> Iterable[str]:
    calls = [one for one in seen if one.medium in CALLS]
    for one in calls:
        week = [other for other in calls if one.at - WEEK < other.at <= one.at]
        if len(week) > WEEK.days:
            yield f"{len(week)} calls in the seven days before {one.at}"
        if any(talk <= one.at < talk + WEEK for talk in talks):
            yield f"called at {one.at}, within seven days of a conversation"
    for one in seen:
        if not time(8) <= (local := one.at.astimezone(zone)).time() < time(21):
            yield f"contacted at {local}"
