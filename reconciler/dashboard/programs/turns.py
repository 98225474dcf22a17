"""Which campaigns of a program answer from when on: now, once the plan is applied, and at each date to come. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from reconciler.kinds.referral.answer import Program, Running
from reconciler.kinds.referral.audience import Part, live
from reconciler.kinds.referral.programs import CAMPAIGN, Offering, spec_of
from reconciler.model.axis import HAPPENS
from reconciler.model.canonical import Document
from reconciler.model.plan import Plan
from reconciler.model.ref import Ref
from reconciler.model.timeline import Foresight, Occurrence, Source
from reconciler.views.occurrence_text import MARKS, cause, way


@dataclass(frozen=True, slots=True)
class Move:
    """A campaign that comes into another state, or does not although it is asked to."""

    ref: Ref
    way: str
    cause: str
    verdict: str = ""
    mark: str = ""
    happens: bool = True
    told: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """From an instant on these are live. `at` is None for what is so now, and `applied` says that the plan brings it about."""

    at: datetime | None
    live: tuple[Part, ...]
    moves: tuple[Move, ...] = ()
    applied: bool = False
    doubtful: bool = False


def turns(offering: Offering, plan: Plan | None, coming: Mapping[Ref, Document]) -> tuple[Turn, ...]:
    """From now on, in the order of time."""
    return tuple(_turns(offering, plan, coming))


def _turns(offering: Offering, plan: Plan | None, coming: Mapping[Ref, Document]) -> Iterator[Turn]:
    yield Turn(None, live(offering.program))
    if plan is None:
        return
    members = _Members(offering, dict(_running(offering, plan, coming)))
    now = [one for one in (*plan.due, *plan.resources) if one.ref in members.running and one.target != one.origin]
    for one in now:
        members.enter(one.ref, one.target, plan.made_at)
    if now:
        moves = tuple(Move(one.ref, way(one.origin, one.target), one.reason.value.replace("-", " ")) for one in now)
        yield Turn(plan.made_at, members.live(), moves, applied=True, doubtful=any(one.conditional for one in now))
    ahead = (one for one in plan.timeline if one.ref in members.running and _matters(one))
    for at, found in groupby(ahead, key=lambda one: one.at):
        yield members.turn(at, list(found))


def _matters(one: Occurrence) -> bool:
    if one.verdict in (Foresight.SHADOWED, Foresight.NEVER):
        return False
    return one.origin != one.target


def _running(offering: Offering, plan: Plan, coming: Mapping[Ref, Document]) -> Iterator[tuple[Ref, Running]]:
    """The campaigns of the program, and those that are to come into it."""
    for one in offering.program.running:
        yield one.ref, one
    for ref, document in coming.items():
        if ref.kind == CAMPAIGN and document.get("spec", {}).get("program") == offering.ref.name:
            yield ref, Running(ref, "", plan.made_at, spec_of(document), offering.spec.timezone)


@dataclass(slots=True)
class _Members:
    offering: Offering
    running: dict[Ref, Running]

    def enter(self, ref: Ref, state: str, at: datetime) -> None:
        """A campaign comes into a state."""
        one = self.running[ref]
        self.running[ref] = Running(ref, state, at, one.spec, one.zone)

    def live(self) -> tuple[Part, ...]:
        """Who answers as things are then."""
        return live(Program.of(self.running.values()))

    def turn(self, at: datetime, found: Iterable[Occurrence]) -> Turn:
        """What comes at one instant."""
        moves, doubtful = [], False
        for one in found:
            happens = one.verdict in HAPPENS or (one.source is Source.TIMER and bool(one.event))
            if happens:
                self.enter(one.ref, one.target, at)
            doubtful = doubtful or one.verdict is Foresight.CONDITIONAL
            told = "" if one.source is Source.BURST else one.message
            said = one.verdict.value, MARKS[one.verdict]
            moves.append(Move(one.ref, way(one.origin, one.target), cause(one), *said, happens, told))
        return Turn(at, self.live(), tuple(moves), doubtful=doubtful)
