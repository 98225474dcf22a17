"""How `receivables test` goes: rehearse, send to colleagues, and keep what came of it with exactly what was tested."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from reconciler.app import actor
from reconciler.commands.options import Common, write
from reconciler.commands.receivables_desk import Desk, desk
from reconciler.commands.waiting import wait
from reconciler.feed.address import NotAnAddress, address_of
from reconciler.kinds.messaging.channels import channel_of
from reconciler.kinds.messaging.outreach import Outreach, key_of
from reconciler.kinds.messaging.relay import Relay, relay_of
from reconciler.kinds.messaging.texts import texts_of
from reconciler.kinds.receivables.checklist import Sampled, sampled_by
from reconciler.kinds.receivables.rehearsal import Piece, Stage
from reconciler.kinds.receivables.rehearsed import Rehearsal, Sent
from reconciler.kinds.receivables.sampling import Sample
from reconciler.kinds.receivables.seen import contact_of
from reconciler.kinds.receivables.tested import parts_of
from reconciler.kinds.receivables.trial import POINTS, Asked, Trial
from reconciler.kinds.receivables.workflow.spec import WorkflowSpec
from reconciler.model import canonical
from reconciler.model.campaign_tests import CampaignTest
from reconciler.model.canonical import Document
from reconciler.model.errors import Permanent, Usage
from reconciler.model.instant import to_text
from reconciler.model.ref import Ref
from reconciler.views.receivables_tested import Tested, tested_json, tested_text

MOST: Final = 20
"""Addresses of one test: more is a campaign."""
NOT_PASSED: Final = 1
_NEEDED: Final = (
    ("workflow", "the workflow that it runs: spec.workflow"),
    ("audience", "the rule set that picks its invoices: spec.audience.ruleSet"),
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks for."""

    addresses: tuple[str, ...]
    dry_run: bool
    call: bool
    contact: str | None


def tested(common: Common, campaign: str, wanted: Wanted, form: str) -> int:
    """Try a campaign; the exit code."""
    asked = Asked(_addresses(wanted.addresses), _contact(wanted))
    at = desk(common, keeps=not wanted.dry_run)
    ref = at.campaign(campaign)
    document = at.document(ref)
    try:
        found = _tried(at, ref, document, None if wanted.dry_run else asked)
    except Permanent as error:
        raise Usage(f"{ref} cannot be tested: {error}") from None
    if not wanted.dry_run:
        at.store.campaign_tests.record(found.test)
    write(tested_json(found) if form == "json" else tested_text(found, common.color))
    return NOT_PASSED if found.test.faults else 0


def _tried(at: Desk, ref: Ref, document: Document, asked: Asked | None) -> Tested:
    """Rehearse; where nothing is wrong with that, send. Without `asked` nothing is sent."""
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
    test = CampaignTest(ref, parts_of(document, at.lookup), at.now, actor(), spec["launch"]["sampleInvoice"], faults)
    return Tested(test, sampled, rehearsal, sent, kept=asked is not None, support=at.support)


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


def _piece(at: Desk, ref: Ref, spec: Mapping[str, Any], sample: Sample) -> Piece:
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


def _sent(at: Desk, stage: Stage, asked: Asked) -> tuple[Sent, ...]:
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

    trial = Trial(stage.outreach, relay, at.store.ledger, now, lambda one, until: wait(one, now(), until))
    return tuple(trial.send(stage.messages, asked))


def _addresses(texts: Sequence[str]) -> tuple[str, ...]:
    """Each once. Usage where one is none, or there are too many."""
    found: dict[str, str] = {}
    for text in texts:
        try:
            one = address_of(text)
        except NotAnAddress as error:
            raise Usage(f"{text[:80]!r} is no address: {error}") from None
        found[one.key] = one.mailbox
    if len(found) > MOST:
        raise Usage(f"a test goes to {MOST} addresses at most")
    return tuple(found.values())


def _contact(wanted: Wanted) -> Mapping[str, str] | None:
    """Where calls go; None where nobody is called. Usage where it is no JSON of points of contact."""
    if wanted.contact is not None and not wanted.call:
        raise Usage("--contact says where calls go: say --call too")
    if not wanted.call:
        return None
    try:
        found = json.loads(wanted.contact or "{}")
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not all(key in POINTS and isinstance(one, str) for key, one in found.items()):
        raise Usage(f'--contact is a JSON object of texts, of {", ".join(POINTS)}: \'{{"phone": "+49 30 5550100"}}\'')
    return found
