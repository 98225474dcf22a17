"""What a friend's event earns: judged by the campaigns as they were when it happened, and kept with it once (AMB-R4, AMB-R10)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from reconciler.kinds.referral.answer import Answer, Running
from reconciler.kinds.referral.asked import EventSaid
from reconciler.kinds.referral.code import spelled
from reconciler.kinds.referral.earning import Due as Earned
from reconciler.kinds.referral.earning import History, earned_in
from reconciler.kinds.referral.programs import Programs
from reconciler.kinds.referral.reception import NO_LINK, Reception, Refused, Why
from reconciler.kinds.referral.referral_campaign.spec import Reward as Rule
from reconciler.kinds.said import Unreadable, instant_of
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.model.referral import Access, FriendEvent, Link, Person, Role, Taken
from reconciler.model.reward import Cap, Due, Fate, Reward

STOPPED: Final = "its campaign has been stopped since"
_ATTEMPTS: Final = 8
"""How often an event is judged anew whose campaigns were just changing."""


@dataclass(frozen=True, slots=True)
class Judged:
    """An event, and the rewards that it is to earn."""

    event: FriendEvent
    dues: Sequence[Due] = ()


def report(store: Store, programs: Programs, name: str, said: EventSaid, now: datetime) -> Taken | Refused:
    """Take an event in, with what it earns; the same again where it was reported before."""
    for _ in range(_ATTEMPTS):
        offering = programs.named(store, name)
        if offering is None:
            break
        reception = Reception(store, offering, now)
        known = store.referral.event(offering.uid, said.id)
        judged = _known(known.event, said) if known else judge(reception, said)
        if isinstance(judged, Refused):
            return judged
        taken = known or store.referral.take(judged.event, offering.revisions, judged.dues, now)
        if taken is not None:
            return taken if taken.event.said == said.digest() else _another()
    return Refused(Why.BUSY, "the program is just changing; try again")


def _known(event: FriendEvent, said: EventSaid) -> Judged | Refused:
    return Judged(event) if event.said == said.digest() else _another()


def _another() -> Refused:
    return Refused(Why.CONFLICT, "another event was reported under this id")


def judge(reception: Reception, said: EventSaid) -> Judged | Refused:
    """What an event is, and earns."""
    try:
        at = instant_of(said.at, reception.now)
    except Unreadable as error:
        return Refused(Why.UNREADABLE, str(error))
    friend = reception.enrol_friend(said.friend, said.email, said.household)
    accesses = _accesses(reception, said, at)
    if isinstance(friend, Refused):
        return friend
    if isinstance(accesses, Refused):
        return accesses
    return _Case(reception, said, at, friend, accesses).judged()


def _accesses(reception: Reception, said: EventSaid, at: datetime) -> Sequence[Access] | Refused:
    """What the friend has opened; one who was never seen has come by the link that is told."""
    store, uid = reception.store, reception.offering.uid
    found = store.referral.accesses(uid, said.friend)
    if said.code:
        link = reception.link(said.code)
        if isinstance(link, Refused):
            return link
        if not found:
            reception.seen(said.friend, link, at)
            found = store.referral.accesses(uid, said.friend)
    return found


@dataclass(frozen=True, slots=True)
class _Case:
    """One event under judgement."""

    reception: Reception
    said: EventSaid
    at: datetime
    friend: Person
    accesses: Sequence[Access]

    def judged(self) -> Judged:
        """The event with its verdicts, and its rewards."""
        link = self._link(None)
        if link is None:
            return Judged(self._event("", NO_LINK, ()))
        visitor = self.reception.visitor(self.friend.id, link, self.accesses)
        program = self.reception.offering.as_of(self.at)
        by = program.answer(visitor, self.at)
        through = self._link(by) or link
        found = earned_in(program, visitor, self.said.event, self.at, self._history(through.advocate))
        one = next((one for one in program.running if one.ref == found.by.rewarding), None)
        dues = tuple(self._due(each, one, through) for each in found.rewards) if one else ()
        return Judged(self._event(through.code, found.by, tuple(_verdicts(one, dues)) if one else ()), dues)

    def _link(self, by: Answer | None) -> Link | None:
        """The link by which the friend came to the campaign that rewards, else the latest one."""
        uids = self.reception.offering.uids
        wanted = uids.get(by.rewarding) if by and by.rewarding else None
        matching = [one for one in self.accesses if wanted is None or one.campaign == wanted]
        return self.reception.store.referral.link(matching[-1].code) if matching else None

    def _history(self, advocate: str) -> History:
        found = self.reception.store.referral.person(self.reception.offering.uid, Role.ADVOCATE, advocate)
        same_id = self.friend.id == advocate
        if found is None:
            return History(same_person=same_id)
        return History(
            same_person=same_id or bool(found.contact and found.contact == self.friend.contact),
            same_household=bool(found.household and found.household == self.friend.household),
        )

    def _event(self, code: str, by: Answer, verdicts: Sequence[Mapping[str, Any]]) -> FriendEvent:
        said, uid = self.said, self.reception.offering.uid
        shown = {"campaign": str(by.rewarding) if by.rewarding else "", "reason": by.reason}
        return FriendEvent(uid, said.id, said.friend, said.event, self.at, said.digest(), code, (shown, *verdicts))

    def _due(self, found: Earned, one: Running, link: Link) -> Due:
        offering = self.reception.offering
        campaign, rule = offering.uids[one.ref], one.spec.rewards[found.rule]
        key, person = key_of(one.spec.rewards, found.rule), self.friend.id if found.to == "friend" else link.advocate
        fate, reason = Fate.PENDING, ""
        if found.denied:
            fate, reason = Fate.DENIED, found.denied
        elif self._was_stopped_since(one.ref):
            fate, reason = Fate.VOID, STOPPED
        elif found.review:
            fate, reason = Fate.REVIEW, found.review
        reward = Reward(
            id=reward_id(campaign, key, self.friend.id, found.event, person),
            uid=offering.uid,
            campaign=campaign,
            key=key,
            rule=rule.model_dump(mode="json", by_alias=True, exclude_unset=True),
            friend=self.friend.id,
            event=found.event,
            event_id=self.said.id,
            role=found.to,
            beneficiary=person,
            value=found.value,
            currency=found.currency,
            earned_at=found.earned_at,
            payable_at=found.payable_at,
            fate=fate,
            reason=reason,
        )
        return Due(reward, Cap(found.limit.count, *found.within) if found.limit and found.within else None)

    def _was_stopped_since(self, ref: Ref) -> bool:
        """Stopping voids what was earned before, whenever it is heard of."""
        one = self.reception.offering.running(ref)
        past = (*one.before, (one.state, one.entered_at)) if one else ()
        return any(state == "stopped" and since > self.at for state, since in past)


def key_of(rules: Sequence[Rule], index: int) -> str:
    """What a rule is known by: whom it rewards, for what, and the how manieth of these it is. A new value is the same rule."""
    one = rules[index]
    return f"{one.to}:{one.on}:{sum(each.to == one.to and each.on == one.on for each in rules[:index])}"


def reward_id(campaign: int, *parts: str) -> str:
    """The id of a reward: the same for the same rule, event and beneficiary, so that there is one."""
    return "r-" + spelled(sha256("\0".join((str(campaign), *parts)).encode()).digest()[:15])


def _verdicts(one: Running, dues: Sequence[Due]) -> Iterator[Mapping[str, Any]]:
    """What each rule of the campaign says of the event."""
    by_key = {due.reward.key: due.reward for due in dues}
    for index, rule in enumerate(one.spec.rewards):
        key = key_of(one.spec.rewards, index)
        found = by_key.get(key)
        yield {
            "rule": key,
            "to": rule.to,
            "on": rule.on,
            "reward": found.id if found else "",
            "verdict": _VERDICTS.get(found.fate, "earned") if found else "another step",
            "reason": found.reason if found else f"it rewards {rule.on}",
        }


_VERDICTS: Final = {Fate.DENIED: "denied", Fate.REVIEW: "review", Fate.VOID: "void"}
