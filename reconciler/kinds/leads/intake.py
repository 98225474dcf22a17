"""The one door for leads, whoever brings them: what becomes a lead, and what is parked with one reason. (L-04, L-43, ADR 34)

It looks in this order, and the first thing that stands in the way is the reason: campaign and version, contract, vertical,
workflow, fields; then, in the transaction that takes the lead, the contract's caps and duplicates. That transaction sees
too whether anything of what came before was changed meanwhile; then all is looked at again.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from reconciler.kinds.hours import next_open
from reconciler.kinds.leads.code import Entropy, new_code
from reconciler.kinds.leads.fields import Form, Reading
from reconciler.kinds.leads.lead_campaign.spec import LeadWorkflow
from reconciler.kinds.leads.market import Market, Outlook, Source, Version
from reconciler.kinds.leads.periods import period_of
from reconciler.kinds.leads.scoring import score_of
from reconciler.kinds.leads.way import No, Place, Sent, Way, way_of
from reconciler.model import canonical
from reconciler.model.errors import Busy
from reconciler.model.instant import before, parse_duration
from reconciler.model.lead_intake import (
    At,
    Barred,
    CapHeld,
    Conflict,
    Done,
    Entry,
    Parking,
    Request,
    Stale,
    Trace,
)
from reconciler.model.leads import Lead, LeadStage, Queued, QueueReason, QueueStage
from reconciler.model.ports import Store

TEST_IS_OVER: Final = "it was sent in test, and would be a real lead: discard it, or have it sent again"
"""Why an item of the queue is not released."""
_ENDLESS: Final = 10**15
_LOOKS: Final = 10
"""How often it is decided anew, where campaigns change faster than that."""


@dataclass(frozen=True, slots=True)
class Taken:
    """It is a lead. `unknown` are members that the campaign does not have: they were left out."""

    code: str
    is_test: bool
    unknown: tuple[str, ...] = ()
    twin: str = ""


@dataclass(frozen=True, slots=True)
class Parked:
    """It is no lead: in the queue, for one reason. `faults` say more, field by field."""

    code: str
    reason: QueueReason
    detail: str
    faults: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was done: the key belongs to another request."""

    detail: str = "this key was used for another request"


Result = Taken | Parked | Refused


@dataclass(frozen=True, slots=True)
class Release:
    """An item of the queue that is tried again; where it `forgives`, what bars it by other leads does not.

    One that `is_test`, parked while its version was in test, never becomes a lead that anybody pays for (L-16, L-21, AMB-L2).
    """

    item: str
    forgives: bool = False
    is_test: bool = False
    body: Mapping[str, Any] = field(default_factory=dict)
    """What the queue keeps of it if it is still no lead."""
    was: Mapping[str, Any] | None = None
    """What the queue has of it: where somebody has changed that meanwhile it is left alone. None: whatever it has."""


class Intake:
    """Takes leads. Threads may share it, each with a store of its own."""

    def __init__(self, outlook: Outlook, entropy: Entropy) -> None:
        self.outlook = outlook
        self._entropy = entropy
        self._forms: dict[int, tuple[Version, Form]] = {}
        self._guard = threading.Lock()

    def take(self, store: Store, sent: Sent, now: datetime, release: Release | None = None) -> Result:
        """Take it, or park it. Busy where what it is decided by does not hold still."""
        code, item = new_code("L", self._entropy), new_code("Q", self._entropy)
        for _ in range(_LOOKS):
            decided = self._decide(self.outlook.market(store), sent, now, code)
            if isinstance(decided, tuple):
                return _park(store, _parking(decided, sent, item, now), release)
            if release and release.is_test and not decided.entry.lead.is_test:
                return Refused(TEST_IS_OVER)
            done = store.lead_intake.enter(_released(decided.entry, release) if release else decided.entry)
            if isinstance(done, Barred):
                return _park(store, _parking((_barred(done), decided.way.place), sent, item, now), release)
            if not isinstance(done, Stale):
                return _result(done)
            if release and not _is_open(store, release):
                return Refused(_gone(release.item))
        raise Busy("its campaign is being changed; try again")

    def rehearse(self, store: Store, sent: Sent, now: datetime) -> No | None:
        """Why it would be parked, but for what other leads bar; None where it would not. Nothing is written."""
        decided = self._decide(self.outlook.market(store), sent, now, "")
        return decided[0] if isinstance(decided, tuple) else None

    def _decide(self, market: Market, sent: Sent, now: datetime, code: str) -> "_Ready | tuple[No, Place]":
        way = way_of(market, sent)
        if isinstance(way, tuple):
            return way
        reading = self._form(way.version).read(sent.fields)
        if reading.faults:
            return _faulty(reading), way.place
        return _Ready(self._entry(way, reading, sent, now, code), way)

    def _entry(self, way: Way, reading: Reading, sent: Sent, now: datetime, code: str) -> Entry:
        version, source, workflow = way.version, way.source, way.workflow
        is_test = version.state == "test"
        terms = workflow.distribution
        is_manual = terms.mode == "manual"
        cost = _cost(source, is_test)
        subject = self._form(version).subject(reading.values)
        lead = Lead(
            0, code, version.uid, source.uid, source.spec.partner, workflow.name, way.vertical, now, is_test,
            LeadStage.MANUAL if is_manual else LeadStage.WAITING, score_of(workflow.score, subject, now), reading.values,
            until=now + parse_duration(terms.window.for_) if terms.window else None,
            cost=cost[0], currency=cost[1],
        )  # fmt: skip
        answer = {"taken": code, "test": is_test, "unknown": list(reading.unknown)}
        return Entry(
            version.ref.name,
            At(version.uid, version.revision),
            At(source.uid, source.revision),
            lead,
            answer,
            None if is_manual else next_open(terms.hours, version.zone, now),
            _trace(version, workflow, reading, now),
            tuple(_caps(version, source, now)),
            _request(sent),
        )

    def _form(self, version: Version) -> Form:
        known = self._forms.get(version.uid)
        if known is None or known[0].spec is not version.spec:
            known = version, Form(version.spec.fields)
            with self._guard:
                self._forms[version.uid] = known
        return known[1]


@dataclass(frozen=True, slots=True)
class _Ready:
    """A lead that nothing stands in the way of but other leads."""

    entry: Entry
    way: Way


# --- what it is ---


def _faulty(reading: Reading) -> No:
    faults = tuple({"field": one.field, "detail": one.detail, "help": one.help} for one in reading.faults)
    names = ", ".join(one.field or "the lead" for one in reading.faults)
    return No(QueueReason.VALIDATION, f"{names}: {reading.faults[0].detail}; {reading.faults[0].help}", faults)


def _trace(version: Version, workflow: LeadWorkflow, reading: Reading, now: datetime) -> Trace | None:
    """By what it is known again; a lead without any of the fields compared is like no other."""
    rule = workflow.duplicate
    if rule is None:
        return None
    compared = [[name, reading.compared.get(name, "")] for name in rule.match]
    if not any(value for _, value in compared):
        return None
    since = before(now, parse_duration(rule.within))
    return Trace(version.ref.name, workflow.name, canonical.digest(compared), since, rule.action == "reject")


def _caps(version: Version, source: Source, now: datetime) -> list[CapHeld]:
    found = []
    for cap in source.spec.caps:
        zone = cap.timezone or version.zone
        begins_at, _ = period_of(cap.per, zone, now)
        found.append(CapHeld(f"{cap.per}:{zone}:{cap.leads}@{source.revision}", begins_at, cap.leads))
    return found


def _cost(source: Source, is_test: bool) -> tuple[Decimal, str]:
    """What is owed to the partner for the lead itself; nothing for one of a version in test. (L-21, L-44)"""
    terms = source.spec.commission
    if terms is None or is_test:
        return Decimal(0), ""
    return Decimal(terms.per_inbound or "0"), terms.currency


def _barred(done: Barred) -> No:
    if done.reason is QueueReason.VERSION_SUNDOWNED:
        return No(done.reason, "the version is being taken out of use")
    if done.cap is None:
        return No(done.reason, f"it repeats {done.twin}")
    most = f"{done.cap.most:,} lead{'s' if done.cap.most != 1 else ''}"
    return No(done.reason, f"the contract takes {most} from {done.cap.begins_at.isoformat()} on, and has as many")


def _park(store: Store, parking: Parking, release: Release | None) -> Result:
    if release:
        queued = replace(parking.queued, body=release.body)
        answer = {**parking.answer, "parked": release.item}
        parking = Parking(queued, answer, item=release.item, was=release.was)
    done = store.lead_intake.park(parking)
    return Refused(_gone(parking.item)) if isinstance(done, Stale) else _result(done)


def _parking(why: tuple[No, Place], sent: Sent, code: str, now: datetime) -> Parking:
    no, place = why
    contract = sent.contract or sent.sender
    body = {**sent.body(), **({"test": True} if place.is_test else {})}
    queued = Queued(
        0, code, place.uid, contract, place.campaign, place.number, now, QueueStage.OPEN, no.reason, no.detail, body
    )  # fmt: skip
    answer = {
        "parked": code,
        "reason": no.reason.value,
        "detail": no.detail,
        "faults": [dict(one) for one in no.faults],
    }
    return Parking(queued, answer, _request(sent))


def _request(sent: Sent) -> Request | None:
    return Request(sent.sender, sent.key, sent.digest()) if sent.key else None


def _released(entry: Entry, release: Release) -> Entry:
    trace = entry.trace
    if release.forgives and trace:
        trace = replace(trace, rejects=False)
    caps = tuple(replace(cap, most=_ENDLESS) for cap in entry.caps) if release.forgives else entry.caps
    return replace(entry, item=release.item, noted=release.body, was=release.was, request=None, trace=trace, caps=caps)


def _is_open(store: Store, release: Release) -> bool:
    """Whether an item can be released still, as it was read."""
    found = store.lead_intake.item(release.item)
    return found is not None and found.stage is QueueStage.OPEN and release.was in (None, found.body)


def _gone(item: str) -> str:
    return f"{item} was changed meanwhile, or is not open any more; look at it again"


def _result(done: Done | Conflict) -> Result:
    if isinstance(done, Conflict):
        return Refused()
    answer = done.answer
    if "taken" in answer:
        return Taken(answer["taken"], answer["test"], tuple(answer["unknown"]), answer.get("twin", ""))
    return Parked(answer["parked"], QueueReason(answer["reason"]), answer["detail"], tuple(answer["faults"]))
