"""What is told of a referral program: its campaigns, its people, and what is owed."""

from collections.abc import Iterator
from typing import Final

from reconciler.commands.options import Common
from reconciler.kinds.referral.programs import Offering, offerings
from reconciler.model.errors import Usage
from reconciler.model.ports import Store
from reconciler.model.referral import Role
from reconciler.model.reward import Fate, Wanted
from reconciler.views.participants import (
    CampaignView,
    PersonView,
    ProgramView,
    people_csv,
    people_json,
    people_text,
    program_json,
    program_text,
)

_PAGE: Final = 1000


def chosen(store: Store, name: str | None) -> Offering:
    """The program that is meant. Usage where that is none, or not clear."""
    found = {one.ref.name: one for one in offerings(store)}
    if name is not None and name in found:
        return found[name]
    names = ", ".join(sorted(found)) or "none"
    if name is not None:
        raise Usage(f"the store has no ReferralProgram {name[:100]!r}; it has {names}")
    if len(found) != 1:
        raise Usage(f"say --program NAME: the store has {names}" if found else "the store has no ReferralProgram")
    return next(iter(found.values()))


def shown(common: Common, name: str | None, form: str) -> str:
    """A program at a glance."""
    store = common.app().store()
    with store.snapshot():
        offering = chosen(store, name)
        clicks = {one.campaign: one.clicks for one in store.referral.clicks(offering.uid)}
        campaigns = [
            CampaignView(one.ref, one.state, clicks.get(uid, 0), store.rewards.owed(uid))
            for one in offering.program.running
            for uid in [offering.uids[one.ref]]
        ]
        view = ProgramView(offering.ref, offering.spec.timezone, campaigns, clicks.get(0, 0), _counts(store, offering))
    return program_json(view) if form == "json" else program_text(view, common.color)


def _counts(store: Store, offering: Offering) -> dict[Fate, int]:
    """How many rewards there are by state."""
    return {fate: count for fate in Fate if (count := store.rewards.count(Wanted(offering.uid, fates=[fate])))}


def listed(common: Common, name: str | None, role: str, form: str) -> Iterator[str]:
    """Who takes part, page by page."""
    store = common.app().store()
    offering = chosen(store, name)
    found = _people(store, offering.uid, Role(role))
    match form:
        case "json":
            return people_json(found)
        case "csv":
            return people_csv(found)
    return people_text(found, common.color)


def _people(store: Store, uid: int, role: Role) -> Iterator[PersonView]:
    after = ""
    while page := store.referral.people(uid, role, after, _PAGE):
        for one in page:
            codes = [link.code for link in store.referral.links(uid, one.id)] if role is Role.ADVOCATE else []
            yield PersonView(one.id, one.at, codes)
        after = page[-1].id
