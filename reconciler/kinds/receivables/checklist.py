"""What a runtime observes for the launch checklist: whether the sample invoice matches, and whether the test is current.

Asked of documents that hold together, so it is known of a campaign that stands in the files alone. (I-11, I-14, AMB-I4)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from reconciler.kinds.receivables.matching import Day, Match
from reconciler.kinds.receivables.sampling import Find, Sample, match_of, named, sample_of
from reconciler.kinds.receivables.tested import Standing, parts_of, standing
from reconciler.model.campaign_tests import CampaignTests
from reconciler.model.canonical import Document
from reconciler.model.ports import Lookup
from reconciler.model.ref import Ref

_LONGEST: Final = 200
"""Characters of a condition in a sentence."""


@dataclass(frozen=True, slots=True)
class Around:
    """What a campaign stands among: the documents beside it, its invoices, the tests that were made, and the day."""

    beside: Lookup
    find: Find
    tests: CampaignTests
    day: Day


@dataclass(frozen=True, slots=True)
class Sampled:
    """The sample invoice against the audience on a day. `fault` says why it does not match; empty where it does."""

    day: Day
    sample: Sample | None
    match: Match | None
    fault: str = ""


def facts(ref: Ref, document: Document, around: Around) -> Mapping[str, Any]:
    """The facts of a campaign. What its manifest does not name yet is left out: nobody can know it.

    Permanent where a source cannot be read.
    """
    spec: Mapping[str, Any] = document.get("spec", {})
    found: dict[str, Any] = {}
    if "workflow" in spec and "audience" in spec:
        test = tests_of(ref, document, around)
        found |= {"testCurrent": test.is_current, "testFault": test.fault}
    sampled = sampled_by(document, around) if named(spec) else None
    if sampled is not None:
        found |= {"sampleInvoiceMatches": not sampled.fault, "sampleFault": sampled.fault}
    return found


def tests_of(ref: Ref, document: Document, around: Around) -> Standing:
    """How the tests of a campaign bear on it as it is."""
    return standing(around.tests, ref, parts_of(document, around.beside))


def sampled_by(document: Document, around: Around) -> Sampled | None:
    """The sample invoice against the audience; None where the campaign has no rule set yet."""
    spec: Mapping[str, Any] = document.get("spec", {})
    rule_set = around.beside(Ref("RuleSet", spec.get("audience", {}).get("ruleSet", "")))
    if rule_set is None:
        return None
    sample = sample_of(document, around.find)
    if sample is None:
        where = spec["audience"].get("source")
        return Sampled(
            around.day, None, None, f"no invoice {named(spec)} is in " + (f"source {where}" if where else "any source")
        )
    match = match_of(rule_set, sample, around.day)
    return Sampled(around.day, sample, match, "" if match.is_match else _unmet(match))


def _unmet(match: Match) -> str:
    """The first condition that keeps the invoice out, and how many more do."""
    unmet = match.unmet
    first = unmet[0]
    why = "is false" if first.verdict is False else f"cannot be told: {first.verdict}"
    more = f", and {len(unmet) - 1} more" if len(unmet) > 1 else ""
    text = " ".join(first.text.split())
    return f"{text if len(text) <= _LONGEST else text[:_LONGEST] + '…'} {why}{more}"
