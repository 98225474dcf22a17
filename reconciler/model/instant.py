"""Instants and local times: an IANA zone, stored as UTC, zone and original text (X-08)."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DURATION = re.compile(r"([0-9]{1,9})([smhdw])")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2})?)?(?:Z|[+-][0-9]{2}:[0-9]{2})?")


class ZoneMissing(ValueError):
    """A local time is only a time in some zone."""


class Oddity(StrEnum):
    """What can be strange about a local time."""

    SKIPPED = "skipped"
    REPEATED = "repeated"


@dataclass(frozen=True, slots=True)
class Moment:
    """A time as somebody wrote it, understood: the instant in UTC, its text, and what is odd about the writing."""

    instant: datetime
    text: str
    oddity: Oddity | None = None


def parse_duration(text: str) -> timedelta:
    """`30s`, `15m`, `1h`, `7d` or `2w`; days are 24 hours. ValueError otherwise."""
    found = _DURATION.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is not a duration; write a number and a unit, such as 30s, 15m, 1h or 7d")
    try:
        return timedelta(**{_UNITS[found[2]]: int(found[1])})
    except OverflowError:
        raise ValueError(f"{text!r} is longer than time itself; write a shorter duration") from None


def before(moment: datetime, span: timedelta) -> datetime:
    """The instant that lies so long before; the calendar's first where that has none so early."""
    try:
        return moment - span
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)


def parse_instant(text: str, zone: str | None) -> datetime:
    """The UTC instant of `text`: see `parse_moment`."""
    return parse_moment(text, zone).instant


@lru_cache(maxsize=4096)  # the schedules of many manifests name the same times
def parse_moment(text: str, zone: str | None) -> Moment:
    """What `text` means: with an offset as it stands, else as local time in `zone`.

    A local time that the zone skips means the first instant after the gap; one that occurs twice means the first.
    ValueError where the text is no time; ZoneMissing, a ValueError, where it is local without a zone. (X-08)
    """
    written = _written(text)
    try:
        if written.tzinfo is not None:
            return _moment(written.astimezone(UTC))
        if zone is not None:
            return _local_moment(written, ZoneInfo(zone))
    except OverflowError:
        raise ValueError(f"{text!r} lies outside the calendar") from None
    raise ZoneMissing(f"{text!r} is a local time and needs a timezone")


def _written(text: str) -> datetime:
    try:
        if _TIME.fullmatch(text):
            return datetime.fromisoformat(text)
    except ValueError:  # the 30th of February
        pass
    raise ValueError(f"{text!r} is not a time; write it as 2027-06-01T09:00")


def _moment(instant: datetime, oddity: Oddity | None = None) -> Moment:
    return Moment(instant, to_text(instant), oddity)


def _local_moment(local: datetime, zone: ZoneInfo) -> Moment:
    instant = first_instant(local, zone)
    shown = instant.astimezone(zone)
    if shown.replace(tzinfo=None) != local:
        return _moment(instant, Oddity.SKIPPED)
    repeated = local.replace(tzinfo=zone, fold=1).utcoffset() != shown.utcoffset()
    return _moment(instant, Oddity.REPEATED if repeated else None)


_OF_A_MACHINE: Final = ("localtime", "posixrules", "Factory")


def is_zone(name: str) -> bool:
    """Whether `name` is an IANA time zone: not one that each machine has for itself, such as localtime."""
    if name in _OF_A_MACHINE or name.startswith(("right/", "posix/")):
        return False
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def first_instant(local: datetime, zone: ZoneInfo) -> datetime:
    """The first instant at which the clocks of `zone` show `local`, or else the end of the gap that swallowed it."""
    instant = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == local:
        return instant
    # In a gap, fold=0 reads the clock before the jump and fold=1 the one after; the jump lies between the two.
    before = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    offset_before = before.astimezone(zone).utcoffset()
    # Zones change at whole seconds: search for the first second with the new offset.
    low, high = int(before.timestamp()), int(instant.timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == offset_before:
            low = middle
        else:
            high = middle
    return datetime.fromtimestamp(high, UTC)


@lru_cache(maxsize=16)  # the steps of one commit share their time
def to_text(moment: datetime) -> str:
    """An instant as RFC 3339 in UTC, to the microsecond where there are any: `2027-06-01T07:00:00Z`."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def from_text(text: str) -> datetime:
    """The instant that `to_text` wrote."""
    return datetime.fromisoformat(text)


def midnight(now: datetime, zone: str) -> datetime:
    """Today's date in `zone`, as midnight in UTC: what rules call `today`, comparable with `date("2027-06-30")`."""
    day = now.astimezone(ZoneInfo(zone)).date()
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
