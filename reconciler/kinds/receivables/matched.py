"""Which rule sets mean an invoice, and which campaigns look for their invoices by them. (I-12)"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from reconciler.kinds.receivables.matching import Day, Match
from reconciler.kinds.receivables.sampling import Sample, match_of
from reconciler.model.canonical import Document
from reconciler.model.ports import Store
from reconciler.model.ref import Ref

RULE_SET: Final = "RuleSet"
_CAMPAIGN: Final = "ReceivablesCampaign"
_GONE: Final = "deleted"


@dataclass(frozen=True, slots=True)
class Matched:
    """What a rule set says of an invoice, and the campaigns that use it, each with its state: in the store, or that its manifest
    asks for.
    """

    ref: Ref
    match: Match
    campaigns: Mapping[Ref, str]


def stored_matches(store: Store, sample: Sample, day: Day) -> tuple[Matched, ...]:
    """Every rule set that is applied, by name, with the campaigns that are there."""
    rule_sets = store.load(ref for ref, head in store.heads(RULE_SET).items() if head.state != _GONE)
    campaigns = store.load(ref for ref, head in store.heads(_CAMPAIGN).items() if head.state != _GONE)
    return tuple(
        Matched(
            ref,
            match_of(one.document, sample, day),
            {name: each.state for name, each in sorted(campaigns.items()) if is_for(each.document, ref, sample.source)},
        )
        for ref, one in sorted(rule_sets.items())
    )


def is_for(campaign: Document, rule_set: Ref, source: str) -> bool:
    """Whether a campaign looks for its invoices by this rule set in this source."""
    audience: Mapping[str, Any] = campaign.get("spec", {}).get("audience", {})
    return bool(audience.get("ruleSet") == rule_set.name and audience.get("source", source) == source)
