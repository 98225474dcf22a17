"""Instants and local times: an IANA zone, stored as UTC, zone and original text (X-08)."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DURATION = re.compile(r"([0-9]{1,9})([smhdw])")
_LOCAL = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?)?(?P<offset>Z|[+-]\d{2}:\d{2})?")


def parse_duration(text: str) -> timedelta:
    """`30s`, `15m`, `1h`, `7d` or `2w`; days are 24 hours. ValueError otherwise."""
    found = _DURATION.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is not a duration; write a number and a unit, such as 30s, 15m, 1h or 7d")
    try:
        return timedelta(**{_UNITS[found[2]]: int(found[1])})
    except OverflowError:
        raise ValueError(f"{text!r} is longer than time itself; write a shorter duration") from None


def parse_instant(text: str, zone: str | None) -> datetime:
    """The UTC instant of `text`: with an offset as it stands, else as local time in `zone`.

    A local time that the zone skips means the first instant after the gap; one that occurs twice means the first.
    ValueError where the text is no time, or local without a zone. (X-08)
    """
    found = _LOCAL.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is not a time; write it as 2027-06-01T09:00")
    moment = datetime.fromisoformat(text)
    try:
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
        if zone is not None:
            return _resolve(moment, ZoneInfo(zone))
    except OverflowError:
        raise ValueError(f"{text!r} lies outside the calendar") from None
    raise ValueError(f"{text!r} is a local time and needs a timezone")


def _resolve(local: datetime, zone: ZoneInfo) -> datetime:
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
