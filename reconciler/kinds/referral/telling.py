"""What is told of a referral program: its campaigns, its people, its rewards, and why there is one."""

from collections.abc import Iterable, Iterator
from typing import Final

from reconciler.kinds.referral.programs import Offering, offerings
from reconciler.kinds.referral.states import payable
from reconciler.model.errors import Usage
from reconciler.model.ports import Store
from reconciler.model.referral import Role
from reconciler.model.referral_portrait import CampaignView, Named, PersonView, ProgramView, Story
from reconciler.model.reward import Fate, Reward, Wanted

PAGE: Final = 1000
"""Rows that are read at once where all are wanted."""


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


def at_a_glance(store: Store, offering: Offering) -> ProgramView:
    """A program: of each campaign the clicks and what stopping it would void, and how many rewards there are."""
    clicks = {one.campaign: one.clicks for one in store.referral.clicks(offering.uid)}
    campaigns = [
        CampaignView(one.ref, one.state, clicks.get(uid, 0), store.rewards.owed(uid))
        for one in offering.program.running
        for uid in [offering.uids[one.ref]]
    ]
    return ProgramView(offering.ref, offering.spec.timezone, campaigns, clicks.get(0, 0), counts(store, offering))


def counts(store: Store, offering: Offering) -> dict[Fate, int]:
    """How many rewards there are by state, of the states in which there are any."""
    return {fate: count for fate in Fate if (count := store.rewards.count(Wanted(offering.uid, fates=[fate])))}


def people(store: Store, uid: int, role: Role) -> Iterator[PersonView]:
    """Everybody of a role."""
    after = ""
    while page := people_page(store, (uid, role), after, PAGE):
        yield from page
        after = page[-1].id


def people_page(store: Store, of: tuple[int, Role], after: str, limit: int) -> list[PersonView]:
    """Those of a program's role whose ids come behind `after`, an advocate's with the codes of the links."""
    uid, role = of
    found = store.referral.people(uid, role, after, limit)
    return [PersonView(one.id, one.at, _codes(store, uid, one.id) if role is Role.ADVOCATE else []) for one in found]


def _codes(store: Store, uid: int, advocate: str) -> list[str]:
    return [link.code for link in store.referral.links(uid, advocate)]


def rewards(store: Store, wanted: Wanted) -> Iterator[Reward]:
    """All that are wanted, page by page."""
    after = None
    while page := store.rewards.find(wanted, after, PAGE):
        yield from page
        after = page[-1].earned_at, page[-1].id


def named(offering: Offering, found: Iterable[Reward]) -> Iterator[Named]:
    """Rewards of a program, with its name and that of the campaign."""
    return (Named(one, offering.ref.name, offering.campaign(one.campaign)) for one in found)


def named_alone(store: Store, one: Reward) -> Named:
    """A reward of whatever program; without names where that is not in use."""
    offering = next((found for found in offerings(store) if found.uid == one.uid), None)
    return next(named(offering, [one])) if offering else Named(one, "", None)


def story(store: Store, what: str, name: str | None) -> Story:
    """The story of a reward, or of an event of the program with this name. Usage where there is neither."""
    reward = store.rewards.get(what)
    if reward is not None:
        offering = next((one for one in offerings(store) if one.uid == reward.uid), None)
    else:
        offering = chosen(store, name)
    if offering is None:
        raise Usage(f"the program of {what[:100]} is not in use")
    return story_of(store, offering, what)


def story_of(store: Store, offering: Offering, what: str) -> Story:
    """The story of a reward or an event of this program. Usage where it has neither."""
    reward = store.rewards.get(what)
    if reward is not None and reward.uid != offering.uid:
        reward = None
    taken = store.referral.event(offering.uid, reward.event_id if reward else what)
    if reward is None and taken is None:
        raise Usage(f"{offering.ref} has no reward and no event {what[:100]!r}")
    found = list(named(offering, [reward] if reward else list(taken.rewards) if taken else []))
    states = {one.ref: one.state for one in offering.program.running}
    refs = {one.campaign for one in found if one.campaign}
    return Story(found, taken, {ref: (states[ref], payable(states[ref])) for ref in refs})
