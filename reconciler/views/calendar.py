"""What is to come as an iCalendar file (RFC 5545), for people's own calendars.

Written by hand: the few properties that it needs are a page, and an independent parser reads them in the tests.
"""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from unicodedata import category

from reconciler import __version__
from reconciler.model.axis import HAPPENS
from reconciler.model.instant import to_text
from reconciler.model.ref import Ref
from reconciler.model.timeline import Foresight, Occurrence, Source
from reconciler.views.occurrence_text import cause, place, sides, told, way

SHOWN: Final = timedelta(minutes=15)
"""How long an event lasts in a calendar. What it tells of takes an instant, which calendars hardly show."""

_OCTETS: Final = 75
"""Octets of a line at most, its end not counted (RFC 5545, 3.1)."""

_UTC: Final = (
    "BEGIN:VTIMEZONE", "TZID:UTC", "BEGIN:STANDARD", "DTSTART:19700101T000000", "TZOFFSETFROM:+0000",
    "TZOFFSETTO:+0000", "END:STANDARD", "END:VTIMEZONE",
)  # fmt: skip
"""What stands in a calendar without events: one without any component is none (RFC 5545, 3.6)."""


def render_calendar(made_at: datetime, future: Sequence[Occurrence]) -> str:
    """The calendar of what will happen, and of every conflict. `made_at`: the time of the plan that foresees it."""
    lines = [*_head(), *_events(made_at, future), "END:VCALENDAR"]
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line))


def _head() -> Iterator[str]:
    yield "BEGIN:VCALENDAR"
    yield "VERSION:2.0"
    yield f"PRODID:-//Muster//muster {__version__}//EN"
    yield "CALSCALE:GREGORIAN"
    yield "X-WR-CALNAME:Campaigns"


def _events(made_at: datetime, future: Sequence[Occurrence]) -> Iterator[str]:
    shown = [one for one in future if one.verdict in HAPPENS or one.verdict.refuses]
    if not shown:
        yield from _UTC
    times: dict[str, int] = {}
    for one in shown:
        uid = _uid(one)
        times[uid] = times.get(uid, 0) + 1
        # Two of one resource, cause and instant are a mistake that is shown; each needs a name of its own.
        yield from _event(one, made_at, f"{uid}-{times[uid]}" if times[uid] > 1 else uid)


def _event(one: Occurrence, made_at: datetime, uid: str) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{uid}@muster"
    yield f"DTSTAMP:{_instant(made_at)}"
    yield f"DTSTART:{_instant(one.at)}"
    yield f"DTEND:{_instant(one.at + SHOWN)}"
    yield f"SUMMARY:{_text(_summary(one))}"
    yield f"DESCRIPTION:{_text(_description(one))}"
    yield f"CATEGORIES:{_text(one.ref.kind)}"
    yield f"STATUS:{'CONFIRMED' if one.verdict is Foresight.LEGAL else 'TENTATIVE'}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _uid(one: Occurrence) -> str:
    """The same for the same thing from file to file, wherever its line has moved to and whatever its verdict is."""
    what = one.event if one.source is Source.TIMER else one.target
    key = "\n".join((str(one.ref), one.source.value, what, to_text(one.at)))
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def _summary(one: Occurrence) -> str:
    said = f"{_name(one.ref)}: {way(one.origin, one.target)}"
    if one.verdict.refuses:
        return f"CONFLICT ({one.verdict}) {said}"
    return said


def _name(ref: Ref) -> str:
    """The ref as people write it: without the version where that is the first."""
    return str(ref).removesuffix("@1")


def _description(one: Occurrence) -> str:
    lines = [f"{one.verdict.value.capitalize()}: {told(one)}"] if told(one) or one.verdict.refuses else []
    lines.append(f"Cause: {cause(one)}, {place(one.place)}")
    if one.event:
        lines.append(f"Steps: {one.event.replace(',', ', ')}")
    if one.effects:
        lines.append(f"Effects: {', '.join(one.effects)}")
    if one.requirement:
        lines.append(f"Requirement: {', '.join(one.requirement)}")
    if one.verdict.refuses:
        lines += ["Between:", *sides(one)]
    return "\n".join(lines)


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%S}Z"


def _text(text: str) -> str:
    """A value of type TEXT: without control characters, and with what has a meaning there escaped."""
    clean = "".join(char for char in text if char == "\n" or category(char) not in ("Cc", "Cs"))
    for char, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        clean = clean.replace(char, escaped)
    return clean


def _folded(line: str) -> Iterator[str]:
    """The line in pieces of at most 75 octets, none of which ends within a character; all but the first begin with a space."""
    data, room = line.encode(), _OCTETS
    begin = b""
    while len(data) > room:
        end = room
        while data[end] & 0xC0 == 0x80:  # the middle of a character in UTF-8
            end -= 1
        yield (begin + data[:end]).decode()
        data, begin, room = data[end:], b" ", _OCTETS - 1
    yield (begin + data).decode()
