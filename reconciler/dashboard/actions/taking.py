"""A transition from a page: what will happen, a reason and an end, and then it is taken at once, or prepared as a change."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from reconciler.controller.braking import Judged, judged, taken
from reconciler.controller.operate import Surroundings
from reconciler.controller.proposing import to_state
from reconciler.controller.settle import settle
from reconciler.dashboard.actions.foretold import Foretold, foretold
from reconciler.dashboard.actions.offers import titled
from reconciler.dashboard.actions.preparing import Prepared, prepared, slug
from reconciler.dashboard.actions.terms import ENDS, Sent, zone_of
from reconciler.dashboard.actions.way import Way, way_of
from reconciler.dashboard.page import Missing
from reconciler.dashboard.render import href
from reconciler.dashboard.visit import Visit
from reconciler.dashboard.visitor import Role
from reconciler.lifecycle.kind import Kind
from reconciler.model.errors import Usage
from reconciler.model.hold import hold_until, keeping
from reconciler.model.lifecycle import DELETED, Transition
from reconciler.model.outcome import Outcome
from reconciler.model.plan import Blocked, Refusal, ResourcePlan
from reconciler.model.ref import Ref
from reconciler.model.resource import Resource
from reconciler.plan.holding import ends_words, holders_words
from reconciler.plan.operate import legal
from reconciler.web.door import Answer

PRETENDED: Final = timedelta(hours=1)
"""How long a hold is taken to last until somebody says when it ends: a judgement does not hang on it."""


@dataclass(frozen=True, slots=True)
class Taking:
    """One transition of one resource, asked for by one visitor."""

    visit: Visit
    resource: Resource
    kind: Kind
    event: str

    @classmethod
    def of(cls, visit: Visit) -> "Taking":
        """What the address names. Missing where no person can take such a transition of this kind, ever."""
        one, event = visit.resource(), visit.ask.params["event"]
        kind = visit.premises.repository.kinds.table.get(one.ref.kind)
        if kind is None or not any(edge.event == event for edge in _by_people(kind)):
            raise Missing(f"{one.ref.kind} has no transition {event!r} that a person takes.")
        return cls(visit, one, kind, event)

    @property
    def ref(self) -> Ref:
        """Of the resource."""
        return self.resource.ref

    @property
    def edge(self) -> Transition:
        """As it is taken from here; from elsewhere where it is not legal here."""
        found = (one for one in legal(self.kind.lifecycle, self.resource.state) if one.event == self.event)
        return next(found, next(one for one in _by_people(self.kind) if one.event == self.event))

    @property
    def barred(self) -> str:
        """Why this visitor may not take it at once; empty where they may.

        What is deleted at once is gone, and what others hold is not to be let go on past them: both are the
        administrator's. What is to stop is stopped by every operator, whoever holds it; their holds stay beside.
        """
        who = self.visit.visitor
        if who.role.may(Role.ADMINISTRATOR):
            return ""
        if self.edge.target == DELETED:
            return "Deleting at once takes the role administrator; prepare the change instead."
        others = any(hold.owner != who.name for hold in keeping(self.resource.holds, self.visit.now))
        if not others or way_of(self.kind.lifecycle, self.edge) is Way.BRAKE:
            return ""
        return "What others hold is let go on by an administrator, or by themselves."

    def around(self) -> Surroundings:
        """What it is judged by."""
        app, store, kinds = self.visit.premises.app, self.visit.store, self.visit.premises.repository.kinds
        return Surroundings(store, kinds.table, app.runtimes(store), app.project.timezone or "UTC", app.policies(kinds))


def _by_people(kind: Kind) -> list[Transition]:
    law = kind.lifecycle
    return [edge for state in law.states for edge in legal(law, state)]


def page(visit: Visit) -> Answer:
    """What will happen, and what it takes."""
    one = Taking.of(visit)
    return _shown(one, _pretended(one), Sent())


def take(visit: Visit) -> Answer:
    """Take the brake."""
    one = Taking.of(visit)
    sent = Sent.of(visit)
    if visit.sent("revision") != str(one.resource.revision):
        return _overtaken(one, sent)
    if one.barred:
        return _again(one, sent, 403, one.barred)
    settle(visit.store, visit.premises.app.runtimes(visit.store), visit.premises.app.clock)
    try:
        hold = sent.hold(visit)
        found = judged(one.around(), one.ref, one.event, hold, visit.now)
        if isinstance(found.answer, ResourcePlan):
            _check_typed(one, found, sent)
    except Usage as error:
        return _again(one, sent, 400, f"{error}.")
    there = Taking(visit, found.question.resources[one.ref], one.kind, one.event)
    if there.barred:  # somebody may have come to hold it since the page looked
        return _again(there, sent, 403, there.barred)
    if isinstance(found.answer, Blocked):
        visit.note(f"{one.event} refused: {'; '.join(refusal.message for refusal in found.answer.refusals)}")
        return _shown(one, found, sent, 409)
    return _told(one, taken(one.around(), found, visit.premises.app.clock, visit.visitor.actor), found.answer, sent)


def _check_typed(one: Taking, found: Judged, sent: Sent) -> None:
    is_grave = foretold(one.visit.store, one.kind, found.question, found.answer, one.edge).is_grave
    if is_grave and sent.typed != one.ref.name:
        raise Usage(f"type the name, {one.ref.name}, to say that you mean it")


def _told(one: Taking, outcome: Outcome, plan: ResourcePlan, sent: Sent) -> Answer:
    """What became of it."""
    if one.ref in outcome.done:
        words = ends_words(keeping(plan.steps[0].holds or (), one.visit.now))
        text = f"{titled(one.event)}: {one.ref} is {plan.target}{f', {words}' if words else ''}: {sent.reason}"
        return one.visit.done(href(one.ref), text)
    if one.ref in outcome.stale:
        return _overtaken(one, sent)
    if one.ref in outcome.failed:
        return _again(
            one, sent, 409, f"It has begun and is not finished: {outcome.failed[one.ref]}; the next run settles it."
        )
    denied = (*outcome.denied.get(one.ref, ()), *outcome.waiting.get(one.ref, ()))
    return _again(one, sent, 409, "; ".join(guard.message or guard.name for guard in denied) or "It was not done.")


def _overtaken(one: Taking, sent: Sent) -> Answer:
    """Somebody was faster; the same person, twice, is told that it is done."""
    visit = one.visit
    there = visit.resource()
    is_own = any(
        (one.owner, one.reason) == (visit.visitor.name, sent.reason) for one in keeping(there.holds, visit.now)
    )
    if there.state == one.edge.target and is_own:
        return visit.done(href(one.ref), f"{titled(one.event)}: {one.ref} is {there.state} already, as you asked")
    words = (
        f"Somebody was faster: {one.ref} is {there.state} now, and nothing was done. Look at it again before you go on."
    )
    return _again(Taking(visit, there, one.kind, one.event), sent, 409, words)


def _again(one: Taking, sent: Sent, status: int, fault: str) -> Answer:
    """The page once more, with what is wrong."""
    one.visit.note(f"{one.event} refused: {fault}")
    return _shown(one, _pretended(one), sent, status, fault)


def _pretended(one: Taking) -> Judged:
    """The judgement before anybody has said why, and until when."""
    now = one.visit.now
    return judged(one.around(), one.ref, one.event, hold_until("-", "-", now, now + PRETENDED), now)


def _shown(one: Taking, found: Judged, sent: Sent, status: int = 200, fault: str = "") -> Answer:
    visit, answer = one.visit, found.answer
    manifest = visit.premises.repository.manifests().get(one.ref)
    data: dict[str, Any] = {
        "one": one.resource,
        "event": one.event,
        "title": titled(one.event),
        "edge": one.edge,
        "told": _foretold(one, found),
        "refusals": _refusals(answer),
        "is_legal": any(edge.event == one.event for edge in legal(one.kind.lifecycle, one.resource.state)),
        "brakes_first": manifest is None or way_of(one.kind.lifecycle, one.edge) is Way.BRAKE,
        "barred": one.barred,
        "held": holders_words(keeping(one.resource.holds, visit.now)),
        "sent": sent,
        "ends": ENDS,
        "zone": zone_of(visit),
        "fault": fault,
        "change": proposed(visit),
        "manifest": manifest,
    }
    return visit.show("take.html", status=status, **data)


def _foretold(one: Taking, found: Judged) -> Foretold:
    return foretold(one.visit.store, one.kind, found.question, found.answer, one.edge)


def _refusals(answer: ResourcePlan | Blocked) -> tuple[Refusal, ...]:
    return answer.refusals if isinstance(answer, Blocked) else ()


def proposed(visit: Visit) -> Prepared:
    """The change of the manifest by which the transition would be asked for."""
    one = Taking.of(visit)
    return prepared(visit, slug(one.event, one.ref), lambda desk: to_state(desk, one.ref, one.edge.target, visit.now))
