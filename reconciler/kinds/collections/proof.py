"""Checks a list of contacts against the limits of contact, one by one, by counting. (issue 7: proof before contact)

It shares nothing with the code that decides on contacts but the settings and the pack's numbers: what that code gets wrong, this
finds. Each contact is compared with all that went before it, what happened already included.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from reconciler.kinds.collections.collection_settings.spec import CollectionSettingsSpec
from reconciler.kinds.collections.pack import Pack, pack
from reconciler.kinds.shape import Hours
from reconciler.model.contact_queue import Past, Sort
from reconciler.model.instant import is_zone, parse_duration

_MINUTES: Final = 24 * 60
_WEEK_MINUTES: Final = 7 * _MINUTES
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Violation:
    """The first contact that breaks a rule, and which."""

    at: datetime
    rule: str


@dataclass(frozen=True, slots=True)
class _Seen:
    """Something that happened, as the contact's clock and calendar show it."""

    at: datetime
    local: datetime
    day: date
    is_contact: bool
    is_call: bool
    is_conversation: bool


@dataclass(frozen=True, slots=True)
class Checker:
    """The limits of these settings, for contacts between the first and the last day of a campaign."""

    settings: CollectionSettingsSpec
    first_day: date
    last_day: date
    """Both included, in the organisation's zone (AMB-C3)."""
    _known: dict[str, "_Rules"] = field(default_factory=dict, compare=False)

    def first_violation(self, zone: str, past: Sequence[Past], made: Sequence[Past]) -> Violation | None:
        """The first of the contacts `made` that breaks a rule; `past` is what happened before them. None: none does."""
        if zone not in self._known:
            self._known[zone] = self._rules(zone)
        rules = self._known[zone]
        seen = sorted((rules.seen(one) for one in past), key=_instant)
        for one in sorted((rules.seen(each) for each in made), key=_instant):
            broken = next(rules.broken(one, seen), None) or self._outside(one.at)
            if broken:
                return Violation(one.at, broken)
            seen.append(one)
        return None

    def place(self, zone: str) -> str:
        """Whose clock counts for a contact of this zone."""
        return zone if zone and is_zone(zone) else self.settings.timezone

    def _rules(self, zone: str) -> "_Rules":
        place = self.place(zone)
        known = place == zone
        found = pack(self.settings.policy_pack)
        hours = []
        if self.settings.allowed_hours is not None:
            own = None if known else self.settings.allowed_hours.timezone
            hours.append(("allowedHours", _table(self.settings.allowed_hours), ZoneInfo(own or place)))
        if found is not None and found.hours is not None:
            hours.append((f"{self.settings.policy_pack}/hours", _table(found.hours), ZoneInfo(place)))
        return _Rules(self.settings, found, ZoneInfo(place), tuple(hours))

    def _outside(self, at: datetime) -> str:
        today = at.astimezone(ZoneInfo(self.settings.timezone)).date()
        return "" if self.first_day <= today <= self.last_day else "dates"


@dataclass(frozen=True, slots=True)
class _Rules:
    """The limits for one contact's zone. `hours`: minutes of the week that are allowed, by what rule, on whose clock."""

    settings: CollectionSettingsSpec
    pack: Pack | None
    zone: ZoneInfo
    hours: tuple[tuple[str, frozenset[int], ZoneInfo], ...]

    def seen(self, one: Past) -> _Seen:
        local = one.at.astimezone(self.zone)
        is_contact = one.sort is Sort.CONTACT
        is_call = is_contact and self.pack is not None and one.medium in self.pack.calls
        return _Seen(one.at, local, local.date(), is_contact, is_call, one.sort is Sort.CONVERSATION)

    def broken(self, one: _Seen, before: Sequence[_Seen]) -> Iterator[str]:
        """The rules that this contact breaks, by all that went before."""
        for rule, minutes, zone in self.hours:
            local = one.at.astimezone(zone)
            if local.weekday() * _MINUTES + local.hour * 60 + local.minute not in minutes:
                yield rule
        yield from self._counted(one, [other for other in before if other.is_contact])
        if self.pack is not None and one.is_call:
            yield from self._calls(one, before, self.pack)

    def _counted(self, one: _Seen, contacts: Sequence[_Seen]) -> Iterator[str]:
        limits = self.settings.limits
        if limits.min_interval is not None:
            shortest = parse_duration(limits.min_interval)
            if any(one.at - other.at < shortest for other in contacts):
                yield "minInterval"
        if limits.per_day is not None and sum(other.day == one.day for other in contacts) + 1 > limits.per_day:
            yield "perDay"
        if limits.per_week is not None and sum(_within(other, one, 7) for other in contacts) + 1 > limits.per_week:
            yield "perWeek"

    def _calls(self, one: _Seen, before: Sequence[_Seen], pack: Pack) -> Iterator[str]:
        name, most, quiet = self.settings.policy_pack, pack.most_calls, pack.quiet_after_conversation
        if most is not None and sum(other.is_call and _within(other, one, most.days) for other in before) >= most.count:
            yield f"{name}/mostCalls"
        if quiet is not None and any(other.is_conversation and _within(other, one, quiet.days) for other in before):
            yield f"{name}/quietAfterConversation"


def _within(earlier: _Seen, later: _Seen, days: int) -> bool:
    """Whether both lie in so many days that follow one another, whether hours are counted or dates."""
    return later.at - earlier.at < timedelta(days=days) or (later.day - earlier.day).days < days


def _table(hours: Hours) -> frozenset[int]:
    """The minutes of a week, from Monday's first, that lie within the hours."""
    first, last = _minute(hours.from_), _minute(hours.to)
    length = last - first if last > first else last - first + _MINUTES
    begins = [_DAYS.index(day) * _MINUTES + first for day in hours.days or _DAYS]
    return frozenset((begin + passed) % _WEEK_MINUTES for begin in begins for passed in range(length))


def _minute(text: str) -> int:
    hour, _, minute = text.partition(":")
    return int(hour) * 60 + int(minute)


def _instant(one: _Seen) -> datetime:
    return one.at
