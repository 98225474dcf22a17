"""What holds keep back: the refusals that say so, whom they hold up besides, and how they end. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from reconciler.model.actor import Actor
from reconciler.model.hold import Hold, Holds, expired, held_anew, hold_until, without
from reconciler.model.plan import Alternative, Blocked, Code, Op, Reason, Refusal, ResourcePlan, Step, Verb
from reconciler.model.record import replace as replace_member
from reconciler.model.ref import Ref, first_few
from reconciler.model.resource import Resource
from reconciler.plan.advance import after_plan, plan_of
from reconciler.plan.drift import CORRECTIONS, TRUCE, Fight

EXPIRED = "hold:expired"
"""The cause of a release by the clock."""


def kept_back(resource: Resource, holds: Holds, ref: Ref, target: str, now: datetime) -> Blocked:
    """What holds keep back: whoever asks for it is told who holds it, why, since when and until when (X-09)."""
    owners = {one.owner for one in resource.holds if one.in_force(now)}
    command = f"muster release {resource.ref}" + (" --all" if len(owners) > 1 else "")
    way = Alternative("release", "let it go on before that, once the reason is over", command)
    refusal = Refusal(Code.HELD, holders_words(holds), ("X-09",))
    return Blocked(ref, resource.state, target, (refusal,), (way,))


def held_words(hold: Hold) -> str:
    """`held by dana since 2027-01-04 09:00Z, until 2027-01-04 13:00Z: complaints`."""
    return f"held by {hold.owner} since {short(hold.since)}, until {short(hold.until)}: {hold.reason}"


def holders_words(holds: Holds) -> str:
    """`held_words` of each, one after the other; empty where there is none."""
    return "; and ".join(held_words(one) for one in holds)


def ends_words(holds: Holds) -> str:
    """`held by otto until 2027-01-04 13:00Z and by dana until 2027-01-05 09:00Z`; empty where there is none."""
    each = " and ".join(f"by {one.owner} until {short(one.until)}" for one in holds)
    return f"held {each}" if each else ""


def short(text: str) -> str:
    """An instant's text to the minute, or to the second where there are any."""
    return f"{text[:10]} {text[11:19].removesuffix(':00')}Z"


def held_up(one: Blocked, kept: Iterable[Ref]) -> Blocked:
    """A resource that would go on, were it not for the holds on others."""
    others = sorted(kept)
    near = [ref for ref in others if any(ref in refusal.others for refusal in one.refusals)] or others
    words = f"it would go on without the hold on {first_few(near)}"
    refusals = tuple(
        replace(refusal, code=Code.HELD, message=f"{refusal.message}; {words}", others=refusal.others or tuple(near))
        for refusal in one.refusals
    )
    return replace(one, refusals=refusals, alternatives=(), missed=())


def releases(resource: Resource, now: datetime) -> Iterator[ResourcePlan]:
    """The plans by which the clock takes away what is over, one hold after the other."""
    for hold in expired(resource.holds, now):
        step = Step(
            Op.RELEASE,
            event="release",
            origin=resource.state,
            target=resource.state,
            by=Actor.TIMER,
            due=hold.until,
            holds=without(resource.holds, hold),
        )
        plan = aside(resource, step, EXPIRED)
        yield plan
        resource = after_plan(resource, plan, resource.document, now)


def aside(resource: Resource, step: Step, cause: str) -> ResourcePlan:
    """The plan of one step that leaves everything but the holds as it is."""
    return plan_of(resource, step, Verb.UPDATE, Reason.HOLD, cause)


def held_step(resource: Resource, hold: Hold, event: str = "hold") -> Step:
    """The step that sets a hold beside those that the resource has, in place of its owner's last."""
    holds = held_anew(resource.holds, hold)
    return Step(Op.HOLD, event=event, origin=resource.state, target=resource.state, reason=hold.reason, holds=holds)


def truce(resource: Resource, fight: Fight, now: datetime) -> ResourcePlan:
    """A hold in place of one more correction of what somebody else keeps changing."""
    reason = f"{fight.path} was corrected {CORRECTIONS} times within an hour, and changed again: find out who does that"
    hold = hold_until(reason, "muster", now, now + TRUCE)
    return replace_member(aside(resource, held_step(resource, hold), "drift:fight"), reason=Reason.DRIFT)


def next_end(resource: Resource, now: datetime) -> Iterator[datetime]:
    """When the holds of a resource end that are in force now."""
    yield from {hold.ends: None for hold in resource.holds if hold.in_force(now)}
