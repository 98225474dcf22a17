"""Who sees what of a campaign at a moment: the answers of its program to typical visitors. Pure. (R-02 to R-14)"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from reconciler.kinds.referral.answer import Answer, Program, Running, Visitor
from reconciler.kinds.referral.states import EARN, MAKEGOOD, PAY, allows, makegood, payable
from reconciler.model.ref import Ref
from reconciler.model.requirement import Requirement


@dataclass(frozen=True, slots=True)
class Part:
    """A live campaign with its share of the traffic, in percent."""

    ref: Ref
    percent: float


@dataclass(frozen=True, slots=True)
class Sight:
    """What one sort of visitors gets. `sees` are the campaigns that they are shown, none where there is none to show.

    `own`: it is the campaign in question that they see.
    """

    who: str
    sees: tuple[Part, ...]
    why: str
    own: bool
    requirement: Requirement = ()
    until: datetime | None = None
    """When that is over by the campaign's own terms; None: they name no end."""


@dataclass(frozen=True, slots=True)
class Till:
    """Whether something is done with the rewards of a campaign, and why not where it is not."""

    what: str
    done: bool
    why: str
    requirement: Requirement = ()


def live(program: Program) -> tuple[Part, ...]:
    """The campaigns that everybody is shown who is led to no other, with their shares of the traffic."""
    whole = sum(one.weight for one in program.shares)
    return tuple(Part(one.ref, 100 * one.weight / whole) for one in program.shares)


def sights(program: Program, one: Running, now: datetime) -> tuple[Sight, ...]:
    """What advocates, friends who come now, and friends who came before get of a campaign."""
    return tuple(_sights(program, one, now))


def _sights(program: Program, one: Running, now: datetime) -> Iterator[Sight]:
    is_live = one.ref in program.live
    everybody = live(program)
    chosen = program.answer(Visitor("advocate", ""), now)
    requirement: Requirement = ("R-02",) if is_live else ("R-05", "R-08", "R-12")
    yield Sight("Advocates", everybody, _why(chosen, everybody), is_live, requirement)
    new = program.answer(Visitor("friend", "", one.ref), now)
    yield _friends("Friends who come now by its links", program, one, new)
    yield _before(program, one, now)


def _friends(who: str, program: Program, one: Running, said: Answer) -> Sight:
    own = said.creative == one.ref
    if own:
        return Sight(who, (Part(one.ref, 100.0),), said.reason, True, said.requirement)
    return Sight(who, live(program), _why(said, live(program)), False, said.requirement)


def _before(program: Program, one: Running, now: datetime) -> Sight:
    """Friends who opened its offer, and took every step, before it came into this state."""
    since = min(one.entered_at, now)
    reached = dict.fromkeys(one.spec.journey, since)
    if one.spec.in_progress.from_:
        reached[one.spec.in_progress.from_] = since
    said = program.answer(Visitor("friend", "", one.ref, since, reached), now)
    who = "Friends who came before"
    kept = program.kept.get(one.ref)
    if kept is not None and kept.steps:
        who += f" and have come to {kept.steps[0]}"
    found = _friends(who, program, one, said)
    until = kept.until.astimezone(UTC) if kept is not None and found.own and one.spec.in_progress.cutoff else None
    return Sight(found.who, found.sees, found.why, found.own, found.requirement, until)


def _why(said: Answer, everybody: tuple[Part, ...]) -> str:
    if len(everybody) > 1:
        return (
            "the live campaigns share the traffic by their weights; an advocate's friends stay with the advocate's part"
        )
    return said.reason


def tills(state: str) -> tuple[Till, ...]:
    """What is done with the rewards of a campaign in this state."""
    return (
        Till(
            "What friends do now earns by its rules",
            allows(state, EARN),
            "" if allows(state, EARN) else "what friends do now earns by the campaign that they see, or nothing",
            ("R-03", "R-07", "AMB-R10"),
        ),
        Till("What was earned is paid", allows(state, PAY), payable(state), ("R-10", "R-13", "AMB-R10")),
        Till("What was missed is made good", allows(state, MAKEGOOD), makegood(state), ("R-14", "AMB-R9")),
    )
