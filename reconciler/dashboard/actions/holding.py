"""Hold and release from a page: the manifest is not followed for a while, for a reason and until a time."""

from typing import Any

from reconciler.controller.operate import Hand
from reconciler.dashboard.actions.terms import ENDS, Sent, zone_of
from reconciler.dashboard.render import href
from reconciler.dashboard.visit import Visit
from reconciler.dashboard.visitor import Role
from reconciler.model.errors import Usage
from reconciler.model.hold import holding
from reconciler.model.resource import Resource
from reconciler.plan.holding import held_words, short
from reconciler.web.door import Answer


def hold_page(visit: Visit) -> Answer:
    """What a hold means, and what it takes."""
    return _hold(visit, visit.resource(), Sent())


def hold(visit: Visit) -> Answer:
    """Hold it."""
    one, sent = visit.resource(), Sent.of(visit)
    if visit.sent("revision") != str(one.revision):
        return _hold_again(visit, one, sent)
    try:
        new = sent.hold(visit)
        _hand(visit).hold([one.ref], new, extend=False)
    except Usage as error:
        visit.note(f"hold refused: {error}")
        return _hold(visit, one, sent, 400, f"{error}.")
    return visit.done(href(one.ref), f"{one.ref} is held by {new.owner} until {short(new.until)}: {new.reason}")


def _hold_again(visit: Visit, one: Resource, sent: Sent) -> Answer:
    held = holding(one.holds, visit.now)
    if held is not None and (held.owner, held.reason) == (visit.visitor.name, sent.reason):
        return visit.done(href(one.ref), f"{one.ref} is held already, as you asked")
    visit.note("hold refused: somebody was faster")
    words = f"Somebody was faster: {one.ref} is {one.state} now, and nothing was done."
    return _hold(visit, one, sent, 409, words)


def _hold(visit: Visit, one: Resource, sent: Sent, status: int = 200, fault: str = "") -> Answer:
    held = holding(one.holds, visit.now)
    data: dict[str, Any] = {
        "one": one, "held": held_words(held, visit.now) if held else "", "sent": sent, "ends": ENDS,
        "zone": zone_of(visit), "fault": fault,
    }  # fmt: skip
    return visit.show("hold.html", status=status, **data)


def release_page(visit: Visit) -> Answer:
    """Who holds it, and what goes on once it is released."""
    return _release(visit, visit.resource())


def release(visit: Visit) -> Answer:
    """Take every hold off: an operator their own ones, an administrator anybody's."""
    one = visit.resource()
    if visit.sent("revision") != str(one.revision):
        if not one.holds:
            return visit.done(href(one.ref), f"{one.ref} is released already")
        visit.note("release refused: somebody was faster")
        return _release(visit, one, 409, "Somebody was faster: the holds are others now, and nothing was done.")
    if not _may_release(visit, one):
        visit.note("release refused: held by somebody else")
        return _release(visit, one, 403, "What others hold is released by an administrator, or by themselves.")
    owner = "" if visit.visitor.role.may(Role.ADMINISTRATOR) else visit.visitor.name
    try:
        _hand(visit).release([one.ref], visit.sent("reason"), owner=owner)
    except Usage as error:
        visit.note(f"release refused: {error}")
        return _release(visit, visit.resource(), 409, f"{error}.")
    return visit.done(href(one.ref), f"{one.ref} is released: its manifest is followed again with the next apply")


def _may_release(visit: Visit, one: Resource) -> bool:
    is_own = all(hold.owner == visit.visitor.name for hold in one.holds)
    return is_own or visit.visitor.role.may(Role.ADMINISTRATOR)


def _release(visit: Visit, one: Resource, status: int = 200, fault: str = "") -> Answer:
    holds = [(hold, held_words(hold, visit.now)) for hold in one.holds]
    may = _may_release(visit, one)
    return visit.show("release.html", status=status, one=one, holds=holds, may=may, fault=fault)


def _hand(visit: Visit) -> Hand:
    return Hand(visit.store, visit.premises.app.clock, visit.visitor.actor)
