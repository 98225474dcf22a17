"""Hold and release from a page: the manifest is not followed for a while, for a reason and until a time."""

from typing import Any, Final

from reconciler.controller.operate import Hand, Whose
from reconciler.dashboard.actions.terms import ENDS, Sent, zone_of
from reconciler.dashboard.render import href
from reconciler.dashboard.visit import Visit
from reconciler.dashboard.visitor import Role
from reconciler.model.errors import Usage
from reconciler.model.hold import keeping, own
from reconciler.model.resource import Resource
from reconciler.plan.holding import ends_words, held_words, holders_words, short
from reconciler.web.door import Answer

_OF: Final = "of "
"""Before the owner whose hold is meant."""


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
    held = own(one.holds, visit.now, visit.visitor.name)
    if held is not None and held.reason == sent.reason:
        return visit.done(href(one.ref), f"{one.ref} is held already, as you asked")
    visit.note("hold refused: somebody was faster")
    words = f"Somebody was faster: {one.ref} is {one.state} now, and nothing was done."
    return _hold(visit, one, sent, 409, words)


def _hold(visit: Visit, one: Resource, sent: Sent, status: int = 200, fault: str = "") -> Answer:
    name, holds = visit.visitor.name, keeping(one.holds, visit.now)
    yours = tuple(hold for hold in holds if hold.owner == name)
    others = tuple(hold for hold in holds if hold.owner != name)
    data: dict[str, Any] = {
        "one": one, "yours": holders_words(yours), "others": holders_words(others),
        "sent": sent, "ends": ENDS, "zone": zone_of(visit), "fault": fault,
    }  # fmt: skip
    return visit.show("hold.html", status=status, **data)


def release_page(visit: Visit) -> Answer:
    """Who holds it, and what goes on once it is released."""
    return _release(visit, visit.resource())


def release(visit: Visit) -> Answer:
    """Take holds off: an operator their own ones, an administrator those of whom they name, or all."""
    one = visit.resource()
    if visit.sent("revision") != str(one.revision):
        if not one.holds:
            return visit.done(href(one.ref), f"{one.ref} is released already")
        visit.note("release refused: somebody was faster")
        return _release(visit, one, 409, "Somebody was faster: the holds are others now, and nothing was done.")
    if not _may_release(visit, one):
        visit.note("release refused: held by somebody else")
        return _release(visit, one, 403, "What others hold is released by an administrator, or by themselves.")
    whose = _whose(visit, one)
    try:
        _hand(visit).release([one.ref], visit.sent("reason"), whose)
    except Usage as error:
        visit.note(f"release refused: {error}")
        return _release(visit, visit.resource(), 409, f"{error}.")
    return visit.done(href(one.ref), _released(visit, one, whose))


def _released(visit: Visit, one: Resource, whose: Whose) -> str:
    """What has been done, and who holds it still."""
    left = tuple(hold for hold in keeping(one.holds, visit.now) if whose.owner not in ("", hold.owner))
    if not left:
        return f"{one.ref} is released: its manifest is followed again with the next apply"
    return f"The hold of {whose.owner} on {one.ref} is over; it is still {ends_words(left)}"


def _whose(visit: Visit, one: Resource) -> Whose:
    """Whose holds are meant. Where there is one owner alone, an administrator need not say who."""
    if not visit.visitor.role.may(Role.ADMINISTRATOR):
        return Whose(visit.visitor.name, revision=one.revision)
    said = visit.sent("whose")
    if said.startswith(_OF):
        return Whose(said.removeprefix(_OF), revision=one.revision)
    return Whose(every=said == "all" or len(_owners(one)) == 1, revision=one.revision)


def _owners(one: Resource) -> tuple[str, ...]:
    return tuple(sorted({hold.owner for hold in one.holds}))


def _may_release(visit: Visit, one: Resource) -> bool:
    return visit.visitor.name in _owners(one) or visit.visitor.role.may(Role.ADMINISTRATOR)


def _release(visit: Visit, one: Resource, status: int = 200, fault: str = "") -> Answer:
    data: dict[str, Any] = {
        "one": one, "holds": [(hold, held_words(hold)) for hold in one.holds], "owners": _owners(one),
        "may": _may_release(visit, one), "picks": visit.visitor.role.may(Role.ADMINISTRATOR), "fault": fault,
    }  # fmt: skip
    return visit.show("release.html", status=status, **data)


def _hand(visit: Visit) -> Hand:
    return Hand(visit.store, visit.premises.app.clock, visit.visitor.actor)
