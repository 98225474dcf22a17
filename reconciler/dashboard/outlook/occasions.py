"""One thing to come, as pages show it: in the project's zone, with its verdict in a word and a sign."""

from calendar import day_name
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from reconciler.dashboard.outlook.foresight import Traits
from reconciler.dashboard.render import href
from reconciler.model.ref import Ref
from reconciler.model.requirement import Requirement
from reconciler.model.timeline import Foresight, Occurrence
from reconciler.views.occurrence_text import MARKS, cause, sides, told, way

TONES: Final = {
    Foresight.LEGAL: "good",
    Foresight.CONDITIONAL: "warn",
    Foresight.ILLEGAL: "bad",
    Foresight.RACE: "bad",
    Foresight.SHADOWED: "",
    Foresight.NEVER: "",
}
MEANINGS: Final = {
    Foresight.LEGAL: "will be done",
    Foresight.CONDITIONAL: "hangs on something that is not known yet",
    Foresight.ILLEGAL: "the law of the kind forbids it",
    Foresight.SHADOWED: "nothing is to be done then",
    Foresight.NEVER: "what it belongs to is blocked, or will not exist",
    Foresight.RACE: "comes together with another, and the order makes a difference",
}
_NOTHING: Final = Traits()


@dataclass(frozen=True, slots=True)
class Occasion:
    """One thing to come. `day` and `time` are local; `short` is the name without the version where that is the first."""

    at: datetime
    day: str
    time: str
    ref: Ref
    short: str
    href: str
    title: str
    team: str
    way: str
    target: str
    cause: str
    place: str
    verdict: str
    mark: str
    tone: str
    meaning: str
    told: str
    effects: tuple[str, ...]
    requirement: Requirement
    sides: tuple[str, ...]
    event: str

    @property
    def long_day(self) -> str:
        """Its day, with that of the week."""
        return f"{day_name[date.fromisoformat(self.day).weekday()]}, {self.day}"


def occasion(one: Occurrence, zone: str, traits: Mapping[Ref, Traits]) -> Occasion:
    """As it is shown in a zone."""
    there = one.at.astimezone(ZoneInfo(zone))
    known = traits.get(one.ref, _NOTHING)
    return Occasion(
        at=one.at,
        day=f"{there:%Y-%m-%d}",
        time=_time(there),
        ref=one.ref,
        short=_short(one.ref),
        href=href(one.ref),
        title=known.title,
        team=known.team,
        way=way(one.origin, one.target),
        target=one.target,
        cause=cause(one),
        place=str(one.place) if one.place.file else "",
        verdict=one.verdict.value,
        mark=MARKS[one.verdict],
        tone=TONES[one.verdict],
        meaning=MEANINGS[one.verdict],
        told=told(one),
        effects=one.effects,
        requirement=one.requirement,
        sides=tuple(sides(one)) if one.verdict.refuses else (),
        event=one.event.replace(",", ", "),
    )


def _time(there: datetime) -> str:
    return f"{there:%H:%M:%S}" if there.second else f"{there:%H:%M}"


def _short(ref: Ref) -> str:
    return ref.name if ref.version == 1 else f"{ref.name}@{ref.version}"
