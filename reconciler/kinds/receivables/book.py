"""The active campaigns of a store, as workers see them: read anew when the log has grown, or a job was packed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from reconciler.kinds.messaging.texts import Texts, unpacked
from reconciler.kinds.receivables.clock import day_of, in_order
from reconciler.kinds.receivables.matching import Day, Rules, rules_of
from reconciler.kinds.receivables.receivables_campaign.spec import ReceivablesCampaignSpec
from reconciler.kinds.receivables.workflow.spec import WorkflowSpec, WorkflowStep
from reconciler.model import canonical
from reconciler.model.canonical import Document
from reconciler.model.errors import Permanent
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.model.resource import Resource

KIND: Final = "ReceivablesCampaign"
SETTINGS: Final = "NotificationSettings"
SOURCE: Final = "InvoiceSource"
ACTIVE: Final = "active"
_GONE: Final = "deleted"


@dataclass(frozen=True, slots=True)
class Packed:
    """What was packed for a campaign's workers at its launch: workflow, rules and texts as they were tested (AMB-I5)."""

    workflow: WorkflowSpec
    rules: Rules
    texts: Texts
    zone: str
    """The project's."""


@dataclass(frozen=True, slots=True)
class Campaign:
    """An active campaign. `sources` are the uids of those whose invoices it takes; None: every one's."""

    ref: Ref
    uid: int
    title: str
    priority: int
    launched_at: datetime
    sources: frozenset[int] | None
    takes_treated: bool
    zone: str
    packed: Packed

    @property
    def steps(self) -> tuple[WorkflowStep, ...]:
        """Of its workflow."""
        return self.packed.workflow.steps

    @property
    def days(self) -> tuple[int, ...]:
        """On which day of an invoice's clock each step is due."""
        return in_order([one.day for one in self.steps])

    def today(self, now: datetime) -> date:
        """The day that it is with the creditor."""
        return day_of(now, self.zone)

    def day(self, now: datetime) -> Day:
        """What conditions see of the time."""
        return Day(now, self.zone)


Campaigns = tuple[Campaign, ...]
"""In the order in which they take invoices: by priority, then launch, then name (AMB-I9)."""


@dataclass(slots=True)
class Book:
    """The active campaigns over one store. Use from one thread."""

    _mark: str = ""
    _campaigns: Campaigns = ()
    _packed: dict[int, Packed] = field(default_factory=dict)

    def campaigns(self, store: Store) -> Campaigns:
        """In the order in which they take invoices."""
        mark = store.mark()
        if mark != self._mark:
            with store.snapshot():
                mark = store.mark()
                found = sorted(self._read(store), key=lambda one: (one.priority, one.launched_at, one.ref))
            self._campaigns, self._mark = tuple(found), mark
        return self._campaigns

    def campaign(self, store: Store, uid: int) -> Campaign | None:
        """The one with this uid, if it is active."""
        return next((one for one in self.campaigns(store) if one.uid == uid), None)

    def _read(self, store: Store) -> Iterator[Campaign]:
        refs = [ref for ref, head in store.heads(KIND).items() if head.state == ACTIVE]
        zone = zone_of(store) if refs else ""
        for ref, found in store.load(refs).items():
            uid = store.ledger.uid(ref)
            if uid not in self._packed:
                self._packed[uid] = packed_of(store.ledger.package(uid))
            yield _campaign(store, found, uid, zone, self._packed[uid])


def _campaign(store: Store, found: Resource, uid: int, zone: str, packed: Packed) -> Campaign:
    spec = ReceivablesCampaignSpec.model_validate_json(canonical.encode(found.document.get("spec", {})))
    audience = spec.audience
    source = audience.source if audience else None
    return Campaign(
        ref=found.ref,
        uid=uid,
        title=spec.title or found.ref.name,
        priority=audience.priority if audience else 0,
        launched_at=found.entered_at,
        sources=None if source is None else frozenset(_uids(store, source)),
        takes_treated=spec.include_previously_treated and spec.purpose == "reEngagement",
        zone=zone or packed.zone,
        packed=packed,
    )


def _uids(store: Store, source: str) -> Iterator[int]:
    try:
        yield store.ledger.uid(Ref(SOURCE, source))
    except Permanent:  # it was taken out of use: it has no invoices
        return


def zone_of(store: Store) -> str:
    """The creditor's zone, as the settings say it; empty where they do not."""
    refs = [ref for ref, head in store.heads(SETTINGS).items() if head.state != _GONE]
    said = (one.document.get("spec", {}).get("timezone") for one in store.load(refs).values())
    return next((str(one) for one in said if one), "")


def package(workflow: Document, rule_set: Document, texts: Document, zone: str) -> Document:
    """What a campaign's workers need to know, as it is kept with its job."""
    rules: Mapping[str, Any] = {"spec": rule_set.get("spec", {})}
    return {"workflow": workflow.get("spec", {}), "rules": rules, "texts": texts, "zone": zone}


def packed_of(found: Document) -> Packed:
    """What `package` made it from."""
    workflow = WorkflowSpec.model_validate_json(canonical.encode(found["workflow"]))
    return Packed(workflow, rules_of(found["rules"]), unpacked(found["texts"]), found["zone"])
