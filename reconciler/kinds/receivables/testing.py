"""A test of a campaign: rehearse it, send it to colleagues, and say what came of it with exactly what was tested. (I-14, I-15)"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from reconciler.feed.address import NotAnAddress, address_of
from reconciler.kinds.messaging.channels import channel_of
from reconciler.kinds.messaging.outreach import Outreach, key_of
from reconciler.kinds.messaging.relay import Relay, relay_of
from reconciler.kinds.messaging.texts import texts_of
from reconciler.kinds.receivables.checklist import Around, Sampled, sampled_by
from reconciler.kinds.receivables.rehearsal import Piece, Stage
from reconciler.kinds.receivables.rehearsed import Rehearsal, Sent
from reconciler.kinds.receivables.sampling import Sample
from reconciler.kinds.receivables.seen import contact_of
from reconciler.kinds.receivables.tested import parts_of
from reconciler.kinds.receivables.trial import Asked, Trial
from reconciler.kinds.receivables.workflow.spec import WorkflowSpec
from reconciler.kinds.shelf import Shelf
from reconciler.model import canonical
from reconciler.model.campaign_tests import CampaignTest
from reconciler.model.canonical import Document
from reconciler.model.errors import Usage
from reconciler.model.instant import to_text
from reconciler.model.ports import Clock, Store
from reconciler.model.ref import Ref

MOST: Final = 20
"""Addresses of one test: more is a campaign."""
_NEEDED: Final = (
    ("workflow", "the workflow that it runs: spec.workflow"),
    ("audience", "the rule set that picks its invoices: spec.audience.ruleSet"),
)


@dataclass(frozen=True, slots=True)
class Bench:
    """Where it is tested: the store, what campaigns name and stand among, and who does it."""

    store: Store
    shelf: Shelf
    around: Around
    lookup: Callable[[Ref], Document | None]
    clock: Clock
    actor: str
    wait: Callable[[Relay, datetime, datetime], None]
    """Waits for the limits of a connection, from now until a time; it may refuse by raising."""

    @property
    def now(self) -> datetime:
        """The instant of this look."""
        return self.clock.now()


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of it."""

    test: CampaignTest
    sampled: Sampled | None
    rehearsal: Rehearsal
    sent: tuple[Sent, ...] = ()


def asked_for(addresses: Sequence[str], contact: Mapping[str, str] | None = None) -> Asked:
    """To whom, each once. Usage where one is no address, or there are too many."""
    found: dict[str, str] = {}
    for text in addresses:
        try:
            one = address_of(text)
        except NotAnAddress as error:
            raise Usage(f"{text[:80]!r} is no address: {error}") from None
        found[one.key] = one.mailbox
    if len(found) > MOST:
        raise Usage(f"a test goes to {MOST} addresses at most")
    return Asked(tuple(found.values()), contact)


def tested(at: Bench, ref: Ref, document: Document, asked: Asked | None) -> Tried:
    """Rehearse; where nothing is wrong with that, send. Without `asked` nothing is sent. Usage where it cannot be tested."""
    spec = _whole(ref, document)
    sampled = sampled_by(document, at.around)
    rehearsal = Rehearsal(())
    sent: tuple[Sent, ...] = ()
    unfit = _unfit(sampled)
    if sampled is not None and sampled.sample is not None:
        outreach = Outreach(at.store, at.shelf.reveal)
        try:
            stage = Stage(_piece(at, ref, spec, sampled.sample), outreach, sampled.day)
            rehearsal = stage.rehearse()
            if asked is not None and not (unfit or rehearsal.faults):
                sent = _sent(at, stage, asked)
        finally:
            outreach.close()
    faults = (*unfit, *rehearsal.faults, *(one.fault for one in sent if one.fault))
    test = CampaignTest(ref, parts_of(document, at.lookup), at.now, at.actor, spec["launch"]["sampleInvoice"], faults)
    return Tried(test, sampled, rehearsal, sent)


def _whole(ref: Ref, document: Document) -> Mapping[str, Any]:
    """The spec of a campaign that names what a test needs. Usage where it does not."""
    spec: Mapping[str, Any] = document.get("spec", {})
    for member, words in _NEEDED:
        if member not in spec:
            raise Usage(f"{ref} names no {member} yet; write {words}")
    if not spec.get("launch", {}).get("sampleInvoice"):
        raise Usage(f"{ref} names no sample invoice; write the number of one that its audience should match: "
                    "spec.launch.sampleInvoice")  # fmt: skip
    return spec


def _unfit(sampled: Sampled | None) -> Sequence[str]:
    """Why the sample invoice is none to test with."""
    if sampled is None or sampled.sample is None:
        return [sampled.fault if sampled else "the rule set is not there"]
    number = sampled.sample.row.number
    found = [f"{number} does not match the audience: {sampled.fault}"] if sampled.fault else []
    return [*found, *([f"nobody is written to about {number}: {sampled.sample.idle}"] if sampled.sample.idle else [])]


def _piece(at: Bench, ref: Ref, spec: Mapping[str, Any], sample: Sample) -> Piece:
    """What is rehearsed, from the files as they stand."""
    workflow = WorkflowSpec.model_validate_json(
        canonical.encode(at.shelf.document("Workflow", spec["workflow"])[1].get("spec", {}))
    )
    ways = [way for step in workflow.steps for way in (step, step.otherwise) if way is not None and way.channel]
    channels = sorted({way.channel or "" for way in ways})
    return Piece(
        name=ref.name,
        title=spec.get("title", ref.name),
        workflow=workflow,
        channels={name: channel_of(name, at.shelf.document("Channel", name)[1]) for name in channels},
        texts=texts_of([way.template or "" for way in ways], at.shelf),
        sample=sample,
        key=lambda number, channel: key_of("test", ref, to_text(at.now), sample.row.number, number, channel),
    )


def _sent(at: Bench, stage: Stage, asked: Asked) -> tuple[Sent, ...]:
    """What was sent, to whom. Usage where nobody is named for a mail, or the customer is."""
    mails = [number for number, message in stage.messages.items() if message.channel.via]
    if mails and not asked.addresses:
        raise Usage(f"step {mails[0]} is an e-mail: say --to ADDRESS for whoever is to look at it, or --dry-run")
    row = stage.piece.sample.row
    customer = str(contact_of(row).get("email", "")).strip().casefold()
    if any(address.casefold() == customer for address in asked.addresses):
        raise Usage(f"{customer} is the customer of {row.number}: a test goes to colleagues alone")

    def relay(name: str) -> Relay:
        return relay_of(name, at.shelf.document("SmtpConnection", name)[1], at.shelf.reveal)

    def now() -> datetime:
        return at.store.time(at.now)

    trial = Trial(stage.outreach, relay, at.store.ledger, now, lambda one, until: at.wait(one, now(), until))
    return tuple(trial.send(stage.messages, asked))
