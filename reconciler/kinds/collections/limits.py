"""Whether a contact is allowed at an instant, by what happened before; and when it next is. Pure. (AMB-C11)

Rules: `perDay` in the contact's calendar day, `perWeek` in any seven days, `minInterval`, `allowedHours` by the contact's clock,
and those of a policy pack. Times of day are the contact's; of one whose zone is not known, those of the organisation.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from reconciler.kinds.collections.collection_settings.spec import CollectionSettingsSpec
from reconciler.kinds.collections.hours_open import HoursOpen, all_open, hours_open
from reconciler.kinds.collections.pack import Pack, pack
from reconciler.model.contact_queue import Past, Sort
from reconciler.model.instant import first_instant, is_zone, parse_duration

WEEK: Final = 7
"""Days of `perWeek`."""
PER_DAY: Final = "perDay"
PER_WEEK: Final = "perWeek"
MIN_INTERVAL: Final = "minInterval"
ALLOWED_HOURS: Final = "allowedHours"
"""What the rules of an organisation are called; those of a pack carry its name in front: us-reg-f/mostCalls."""


@dataclass(frozen=True, slots=True)
class Not:
    """Not allowed, by the rule that lasts longest; `at`: the first instant at which every rule allows it, None: never."""

    rule: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of an organisation with those of its policy pack."""

    settings: CollectionSettingsSpec
    pack: Pack | None
    min_interval: timedelta
    reach: timedelta
    """How far back what happened matters."""
    _places: dict[str, "Place"] = field(default_factory=dict, compare=False)

    def place(self, zone: str) -> "Place":
        """Where a contact lives, by its zone; empty or none: where the organisation is."""
        if zone not in self._places:
            self._places[zone] = _place(self, zone)
        return self._places[zone]


@dataclass(frozen=True, slots=True)
class Place:
    """The clock of a contact, and the hours by it."""

    zone: ZoneInfo
    hours: tuple[HoursOpen, ...]


def limits(settings: CollectionSettingsSpec) -> Limits:
    """The limits that these settings ask for."""
    found = pack(settings.policy_pack)
    interval = parse_duration(settings.limits.min_interval or "0s")
    days = [WEEK]
    if found is not None:
        days += [rule.days for rule in (found.most_calls, found.quiet_after_conversation) if rule is not None]
    return Limits(settings, found, interval, max(interval, timedelta(days=max(days) + 2)))


def allowed(limits: Limits, past: Sequence[Past], medium: str, zone: str, at: datetime) -> Not | None:
    """None where a contact through this medium is allowed at `at`; else which rule bars it, and until when."""
    place = limits.place(zone)
    barring = [one for one in _barring(limits, past, medium, place) if one[0] > at]
    shut = [hours for hours in place.hours if not hours.holds(at)]
    if not barring and not shut:
        return None
    free, rule = max(barring, key=_when) if barring else (at, shut[0].rule)
    return Not(rule, all_open(place.hours, free))


def _when(one: tuple[datetime, str]) -> datetime:
    return one[0]


def _barring(limits: Limits, past: Sequence[Past], medium: str, place: Place) -> Iterator[tuple[datetime, str]]:
    """Up to when each rule bars, as far as it counts what happened."""
    contacts = sorted((one.at for one in past if one.sort is Sort.CONTACT), reverse=True)
    asked = limits.settings.limits
    if contacts:
        if limits.min_interval:
            yield contacts[0] + limits.min_interval, MIN_INTERVAL
        if asked.per_day is not None and len(contacts) >= asked.per_day:
            yield _midnight(contacts[asked.per_day - 1], 1, place), PER_DAY
        if asked.per_week is not None and len(contacts) >= asked.per_week:
            yield _days_after(contacts[asked.per_week - 1], WEEK, place), PER_WEEK
    if limits.pack is not None and medium in limits.pack.calls:
        yield from _barring_calls(limits, limits.pack, past, place)


def _barring_calls(limits: Limits, pack: Pack, past: Sequence[Past], place: Place) -> Iterator[tuple[datetime, str]]:
    name, most, quiet = limits.settings.policy_pack, pack.most_calls, pack.quiet_after_conversation
    if most is not None:
        calls = (one.at for one in past if one.sort is Sort.CONTACT and one.medium in pack.calls)
        counted = sorted(calls, reverse=True)
        if len(counted) >= most.count:
            yield _days_after(counted[most.count - 1], most.days, place), f"{name}/mostCalls"
    if quiet is not None:
        talks = [one.at for one in past if one.sort is Sort.CONVERSATION]
        if talks:
            yield _days_after(max(talks), quiet.days, place), f"{name}/quietAfterConversation"


def _days_after(at: datetime, days: int, place: Place) -> datetime:
    """When so many days have passed, both by hours and by the calendar: a day is not 24 hours when clocks change."""
    return max(at + timedelta(days=days), _midnight(at, days, place))


def _midnight(at: datetime, days: int, place: Place) -> datetime:
    """When the day begins that lies so many after the one of `at`."""
    day = at.astimezone(place.zone).date() + timedelta(days=days)
    return first_instant(datetime.combine(day, time.min), place.zone)


def _place(limits: Limits, zone: str) -> Place:
    settings = limits.settings
    here = zone if zone and is_zone(zone) else settings.timezone
    hours = []
    if settings.allowed_hours is not None:
        own = settings.allowed_hours.timezone if here != zone else None  # the contact's own zone comes first
        hours.append(hours_open(ALLOWED_HOURS, settings.allowed_hours, own or here))
    if limits.pack is not None and limits.pack.hours is not None:
        hours.append(hours_open(f"{settings.policy_pack}/hours", limits.pack.hours, here))
    return Place(ZoneInfo(here), tuple(hours))
