"""The programs of a store as its server sees them: campaigns with their past states, read anew when the log has grown."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from reconciler.kinds.referral.answer import NEVER, Program, Running
from reconciler.kinds.referral.referral_campaign.spec import ReferralCampaignSpec
from reconciler.kinds.referral.referral_program.spec import ReferralProgramSpec
from reconciler.model import canonical
from reconciler.model.canonical import Document
from reconciler.model.event import Event
from reconciler.model.instant import from_text
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.model.resource import Resource

PROGRAM: Final = "ReferralProgram"
CAMPAIGN: Final = "ReferralCampaign"
_GONE: Final = "deleted"


Terms = tuple[tuple[datetime, Document], ...]


@dataclass(frozen=True, slots=True)
class Offering:
    """A program that is in use: its campaigns by uid, and at which revisions they were read."""

    ref: Ref
    uid: int
    spec: ReferralProgramSpec
    program: Program
    uids: Mapping[Ref, int]
    revisions: Mapping[int, int]
    terms: Mapping[Ref, "Terms"] = field(default_factory=dict)
    """What each campaign said, and from when on, the oldest first."""

    def as_of(self, at: datetime) -> Program:
        """The program as it was then: states and terms alike (AMB-R10)."""
        if all(not said or said[-1][0] <= at for said in self.terms.values()):
            return self.program.as_of(at)
        return Program.of(replace(one.as_of(at), spec=self._spec(one, at)) for one in self.program.running)

    def _spec(self, one: Running, at: datetime) -> ReferralCampaignSpec:
        found = [document for since, document in self.terms.get(one.ref, ()) if since <= at]
        return spec_of(found[-1]) if found else one.spec

    def campaign(self, uid: int) -> Ref | None:
        """The campaign with this uid, if it is one of the program's."""
        return next((ref for ref, found in self.uids.items() if found == uid), None)

    def running(self, ref: Ref | None) -> Running | None:
        """A campaign of the program."""
        return next((one for one in self.program.running if one.ref == ref), None)


_Known = tuple[str, Mapping[str, Offering]]


@dataclass(slots=True)
class Programs:
    """The programs of a store by name; threads may share it. What was read holds for as long as nothing is logged."""

    _known: _Known = ("", {})
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def all(self, store: Store) -> Mapping[str, Offering]:
        """Every program in use."""
        mark = store.mark()
        known = self._known
        if not mark or known[0] != mark:
            with self._guard, store.snapshot():
                mark = store.mark()
                if self._known[0] != mark:
                    self._known = mark, {one.ref.name: one for one in offerings(store)}
                known = self._known
        return known[1]

    def named(self, store: Store, name: str) -> Offering | None:
        """The program of this name."""
        return self.all(store).get(name)

    def of(self, store: Store, uid: int) -> Offering | None:
        """The program with this uid."""
        return next((one for one in self.all(store).values() if one.uid == uid), None)


def offerings(store: Store) -> Iterator[Offering]:
    """Every program in use, with its campaigns."""
    heads = store.heads()
    names = [ref for ref, head in heads.items() if ref.kind == PROGRAM and head.state != _GONE]
    if not names:
        return
    campaigns = store.load(ref for ref in heads if ref.kind == CAMPAIGN).values()
    for ref, program in store.load(names).items():
        yield _offering(store, program, [one for one in campaigns if _program_of(one) == ref.name])


def offering_of(store: Store, name: str) -> Offering | None:
    """One program, if it is in use: of all others' campaigns no log is read."""
    ref = Ref(PROGRAM, name)
    program = store.load([ref]).get(ref)
    if program is None or program.state == _GONE:
        return None
    campaigns = store.load(one for one in store.heads() if one.kind == CAMPAIGN).values()
    return _offering(store, program, [one for one in campaigns if _program_of(one) == name])


def _program_of(one: Resource) -> object:
    return one.document.get("spec", {}).get("program")


def _offering(store: Store, program: Resource, members: Sequence[Resource]) -> Offering:
    spec = ReferralProgramSpec.model_validate_json(canonical.encode(program.document.get("spec", {})))
    uids = {one.ref: store.ledger.uid(one.ref) for one in members}
    logs = {one.ref: list(store.events(one.ref)) for one in members}
    return Offering(
        program.ref,
        store.ledger.uid(program.ref),
        spec,
        Program.of(_running(one, spec.timezone, logs[one.ref]) for one in members),
        uids,
        {uids[one.ref]: one.revision for one in members},
        {name: terms(log) for name, log in logs.items()},
    )


def spec_of(document: Document) -> ReferralCampaignSpec:
    """What a campaign's document says."""
    return ReferralCampaignSpec.model_validate_json(canonical.encode(document.get("spec", {})))


def _running(one: Resource, zone: str, log: Sequence[Event]) -> Running:
    return Running(one.ref, one.state, one.entered_at, spec_of(one.document), zone, past(log, one.entered_at))


def terms(events: Sequence[Event]) -> Terms:
    """The documents that a campaign had, with when it got each: as its log says."""
    return tuple((from_text(one.body["at"]), one.body["document"]) for one in events if "document" in one.body)


def past(events: Sequence[Event], entered_at: datetime) -> tuple[tuple[str, datetime], ...]:
    """The states of a campaign before the one that it entered then, with when it entered each: as its log says.

    The first is that of a campaign that is not there yet: one that began live has rewarded nothing of before (AMB-R10).
    """
    found: list[tuple[str, datetime]] = [("", NEVER)]
    for event in events:
        body: Mapping[str, Any] = event.body
        if "to" in body and found[-1][0] != body["to"]:
            found.append((body["to"], from_text(body["at"])))
    return tuple((state, at) for state, at in found if at < entered_at)
