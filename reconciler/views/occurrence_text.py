"""How one thing to come is told in words: the same in plans, timelines, calendars and pictures.

Messages and names of files are as they are: each view takes from them what its format does not bear.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from reconciler.model.diagnostic import Place
from reconciler.model.requirement import Requirement
from reconciler.model.timeline import Foresight, Occurrence, Source
from reconciler.views.style import Style, safe

MARKS: Final[Mapping[Foresight, str]] = {
    Foresight.LEGAL: "✓",
    Foresight.CONDITIONAL: "?",
    Foresight.ILLEGAL: "✗",
    Foresight.SHADOWED: "◌",
    Foresight.NEVER: "\N{EN DASH}",
    Foresight.RACE: "⚡",
}


def marked(verdict: Foresight, style: Style) -> str:
    """The mark of a verdict, in its colour."""
    tone = {
        Foresight.LEGAL: style.good,
        Foresight.CONDITIONAL: style.warn,
        Foresight.ILLEGAL: style.bad,
        Foresight.RACE: style.bad,
    }
    return tone.get(verdict, style.dim)(MARKS[verdict])


def way(origin: str, target: str) -> str:
    """From which state to which; one where they are the same."""
    return " → ".join(dict.fromkeys((origin or "nothing", target)))


def cause(one: Occurrence) -> str:
    """What makes it happen, in a few words."""
    match one.source:
        case Source.SCHEDULE:
            return "schedule"
        case Source.TIMER:
            return f"timer {one.event}"
        case Source.BURST:
            return f"burst of {one.message.partition(':')[2]}" if one.message else "burst is over"
        case Source.RELEASE:
            return "free to go on"
        case Source.HOLD:
            return "end of a hold"


def told(one: Occurrence) -> str:
    """What is to be said beside the way: why it is doubtful, illegal or idle, and what it would lose. Empty where nothing is."""
    why = "" if one.source is Source.BURST else one.message
    return "; ".join(part for part in (why, *(f"at risk: {risk.message}" for risk in one.risks)) if part)


def place(where: Place) -> str:
    """`FILE:LINE:COLUMN`, or that there is none."""
    return str(where) if where.file else "no manifest"


def pointed(path: str, where: Place) -> str:
    """A pointer into a manifest, and where that is; either may be empty."""
    return " ".join(part for part in (path, str(where)) if part)


def ids_text(known: Requirement) -> str:
    """Requirement ids in brackets, or nothing."""
    return f" [{', '.join(known)}]" if known else ""


def moment(at: datetime) -> str:
    """`2027-01-12 08:00Z`, with seconds where there are any."""
    return f"{at:%Y-%m-%d} {clock(at)}Z"


def clock(at: datetime) -> str:
    """`08:00`, with seconds where there are any."""
    return f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"


def local(at: datetime, zone: str) -> str:
    """`09:00 Europe/Amsterdam`, with the day of the week where it is another one there; nothing without a zone."""
    if not zone:
        return ""
    there = at.astimezone(ZoneInfo(zone))
    day = "" if there.date() == at.date() else f"{there:%a} "
    return f"{day}{clock(there)} {zone}"


def conflict_lines(one: Occurrence, style: Style) -> Iterator[str]:
    """A conflict in full: what, why, and where both sides stand."""
    what = f"{moment(one.at)}  {style.bold(str(one.ref))}  {way(one.origin, one.target)}"
    yield f"{marked(one.verdict, style)} {what}  {style.bad(one.verdict)}{ids_text(one.requirement)}"
    yield f"    {style.bad(safe(told(one)))}"
    yield from (f"    {safe(line)}" for line in sides(one))


def sides(one: Occurrence) -> Iterator[str]:
    """Where a conflict comes from: one line for each side."""
    yield f"{place(one.place)}  {one.ref}, {cause(one)}"
    for other in one.against:
        by = "schedule" if other.entry >= 0 else "state"
        yield f"{place(other.place)}  {other.ref}, {by}"
