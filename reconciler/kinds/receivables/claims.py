"""The campaigns that invoices may be in, in the order in which they claim them. (I-07, I-08, AMB-I9)"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from reconciler.kinds.receivables.matching import Day, Rules, rules_of
from reconciler.kinds.receivables.receivables_campaign.spec import ReceivablesCampaignSpec
from reconciler.model import canonical
from reconciler.model.enrolments import Past
from reconciler.model.errors import Permanent
from reconciler.model.invoices import Invoice
from reconciler.model.ports import Store
from reconciler.model.ref import Ref

KIND: Final = "ReceivablesCampaign"
_GONE: Final = "deleted"


@dataclass(frozen=True, slots=True)
class Claim:
    """A campaign and whom it means. `source` is the uid of the only source it asks, 0 for every one."""

    ref: Ref
    uid: int
    state: str
    since: datetime
    spec: ReceivablesCampaignSpec
    source: int
    rules: Rules

    @property
    def order(self) -> tuple[int, datetime, str]:
        """Of two active campaigns that mean an invoice, the lesser takes it (AMB-I9)."""
        return (self.spec.audience.priority if self.spec.audience else 0), self.since, self.ref.name

    @property
    def is_active(self) -> bool:
        """Whether it takes invoices."""
        return self.state == "active"

    def means(self, one: Invoice, seen: Mapping[str, Any], day: Day) -> bool:
        """Whether the audience means an invoice, whatever was done with that before."""
        return self.source in (0, one.uid) and self.rules.means(seen, day)

    def may_take(self, past: Past) -> bool:
        """Whether it would take an invoice that it means: one that was treated before only where it says so (I-07)."""
        if not past.campaigns:
            return True
        return self.spec.include_previously_treated and self.uid not in past.campaigns


def claims_of(store: Store) -> tuple[Claim, ...]:
    """Every campaign with an audience that is not deleted, those that claim first standing first."""
    refs = [ref for ref, head in store.heads(KIND).items() if head.state != _GONE]
    found = []
    for ref, one in store.load(refs).items():
        spec = ReceivablesCampaignSpec.model_validate_json(canonical.encode(one.document.get("spec", {})))
        rules = _rules(store, spec)
        if rules is not None:
            source = _source(store, spec)
            found.append(Claim(ref, store.ledger.uid(ref), one.state, one.entered_at, spec, source, rules))
    return tuple(sorted(found, key=lambda claim: claim.order))


def _rules(store: Store, spec: ReceivablesCampaignSpec) -> Rules | None:
    if spec.audience is None:
        return None
    ref = Ref("RuleSet", spec.audience.rule_set)
    found = store.load([ref]).get(ref)
    return rules_of(found.document) if found else None


def _source(store: Store, spec: ReceivablesCampaignSpec) -> int:
    """-1 for a source that is not there: nothing comes from it."""
    if spec.audience is None or spec.audience.source is None:
        return 0
    try:
        return store.ledger.uid(Ref("InvoiceSource", spec.audience.source))
    except Permanent:
        return -1
