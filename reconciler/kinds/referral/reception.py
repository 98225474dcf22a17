"""What is done about what people do: advocates are enrolled, links shared, offers opened. Whatever is said twice is done once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from reconciler.kinds.referral.answer import Answer, Visitor
from reconciler.kinds.referral.asked import (
    AccessSaid,
    AdvocateSaid,
    LinkSaid,
    contact_of,
    household_of,
)
from reconciler.kinds.referral.code import Chance, new_code, read_code
from reconciler.kinds.referral.programs import Offering
from reconciler.kinds.said import Unreadable, instant_of
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.model.referral import NOBODY, Access, Link, Person, Role

NO_LINK = Answer(None, False, None, "this friend came by no link", ("R-03",))


class Why(StrEnum):
    """What can stand against something that was said."""

    UNREADABLE = "unreadable"
    UNKNOWN_ADVOCATE = "unknown-advocate"
    UNKNOWN_CODE = "unknown-code"
    CONFLICT = "conflict"
    BUSY = "busy"


@dataclass(frozen=True, slots=True)
class Refused:
    """What was not done, and why."""

    why: Why
    detail: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What a friend was shown, and the link that counts."""

    answer: Answer
    link: Link


@dataclass(frozen=True, slots=True)
class Reception:
    """One program, over one store, at one moment."""

    store: Store
    offering: Offering
    now: datetime

    def enrol(self, said: AdvocateSaid) -> Person | Refused:
        """An advocate, taken in."""
        person = self._person(Role.ADVOCATE, said.id, said.email, said.household)
        return person if isinstance(person, Refused) else self._enrolled(person)

    def share(self, said: LinkSaid, chance: Chance) -> Link | Refused:
        """The advocate's link of the campaign that is live for them, or of none."""
        uid = self.offering.uid
        if self.store.referral.person(uid, Role.ADVOCATE, said.advocate) is None:
            return Refused(Why.UNKNOWN_ADVOCATE, "enrol the advocate first")
        shown = self.shown_to_advocate(said.advocate).creative
        campaign = self.offering.uids[shown] if shown else NOBODY
        return self.store.referral.share(Link(new_code(chance), uid, said.advocate, campaign, self.now))

    def shown_to_advocate(self, advocate: str) -> Answer:
        """What an advocate sees now (R-02, R-04, R-05, R-08, R-12)."""
        return self.offering.program.answer(Visitor("advocate", advocate), self.now)

    def shown_to_friend(self, friend: str, code: str = "") -> Answer | Refused:
        """What a friend sees now who has this id, or comes by this link for the first time (R-03, R-06, R-09, R-12)."""
        link = self._link(code) if code else None
        if isinstance(link, Refused):
            return link
        accesses = self.store.referral.accesses(self.offering.uid, friend)
        if link is None and accesses:
            link = self.store.referral.link(accesses[-1].code)
        if link is None:
            return NO_LINK
        return self.offering.program.answer(self.visitor(friend, link, accesses), self.now)

    def open(self, said: AccessSaid) -> Seen | Refused:
        """A friend opens an offer by a link: what is shown then is known to have been seen (R-06, AMB-R3)."""
        link = self._link(said.code)
        if isinstance(link, Refused):
            return link
        friend = self._person(Role.FRIEND, said.friend, said.email, said.household)
        try:
            at = instant_of(said.at, self.now)
        except Unreadable as error:
            return Refused(Why.UNREADABLE, str(error))
        if isinstance(friend, Refused):
            return friend
        kept = self._enrolled(friend)
        return kept if isinstance(kept, Refused) else self.seen(said.friend, link, at)

    def seen(self, friend: str, link: Link, at: datetime) -> Seen:
        """The same, as of a moment that may be past."""
        accesses = self.store.referral.accesses(self.offering.uid, friend)
        program = self.offering.as_of(at)
        shown = program.answer(self.visitor(friend, link, accesses), at)
        if shown.creative is not None:
            campaign = self.offering.uids[shown.creative]
            self.store.referral.access(Access(self.offering.uid, friend, campaign, link.code, at))
        return Seen(shown, link)

    def visitor(self, friend: str, link: Link, accesses: Sequence[Access]) -> Visitor:
        """A friend with all that is known: what was opened before, and how far the journey has come."""
        campaign = self.offering.campaign(link.campaign)
        opened = {ref: one.at for one in accesses if (ref := self.offering.campaign(one.campaign)) is not None}
        accessed = opened.pop(campaign, None) if campaign else None
        reached = self.store.referral.reached(self.offering.uid, friend) if accesses else {}
        return Visitor("friend", link.advocate, campaign, accessed, reached, opened)

    def enrol_friend(self, id_: str, email: str, household: str) -> Person | Refused:
        """A friend, taken in."""
        person = self._person(Role.FRIEND, id_, email, household)
        return person if isinstance(person, Refused) else self._enrolled(person)

    def link(self, code: str) -> Link | Refused:
        """A link of this program, by its code."""
        return self._link(code)

    def _link(self, code: str) -> Link | Refused:
        found = self.store.referral.link(read_code(code)) if read_code(code) else None
        if found is None or found.uid != self.offering.uid:
            return Refused(Why.UNKNOWN_CODE, "no link of this program has this code")
        return found

    def _person(self, role: Role, id_: str, email: str, household: str) -> Person | Refused:
        uid = self.offering.uid
        try:
            return Person(uid, role, id_, self.now, contact_of(uid, email), household_of(uid, household))
        except Unreadable as error:
            return Refused(Why.UNREADABLE, str(error))

    def _enrolled(self, person: Person) -> Person | Refused:
        kept = self.store.referral.enrol(person)
        if person.contact not in ("", kept.contact) or person.household not in ("", kept.household):
            return Refused(Why.CONFLICT, f"this {person.role} is known with another e-mail address or household")
        return kept


def landing_of(offering: Offering, campaign: Ref | None, code: str) -> str:
    """Where a campaign's landing is, for a link; empty where it has none."""
    one = offering.running(campaign)
    written = one.spec.creative.landing if one and one.spec.creative else None
    return written.replace("{code}", code) if written else ""
