"""The sample invoice of a campaign: as its source says it now, else as it was taken in before. (I-11)"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from reconciler.kinds.receivables.matching import Day, Match, rules_of
from reconciler.model.canonical import Document
from reconciler.model.invoices import InvoiceRow, InvoiceStatus
from reconciler.model.ref import Ref

SOURCE: Final = "InvoiceSource"


@dataclass(frozen=True, slots=True)
class Sample:
    """An invoice and whose it is. `is_stored`: it is not in what was read now, but was taken in before.

    `listed` is false where the last whole reading of its source has not named it. `seen` gives it as conditions and templates
    see it on a day; it may have been treated before.
    """

    source: str
    row: InvoiceRow
    seen: Callable[[Day], Mapping[str, Any]]
    is_stored: bool = False
    listed: bool = True

    @property
    def idle(self) -> str:
        """Why nobody would be written to about it now, whatever rules say; empty where they would. (AMB-I6)"""
        if self.row.status is not InvoiceStatus.AWAITING_PAYMENT:
            return f"it is {self.row.status.value.replace('_', ' ')}"
        if self.row.held:
            return "it is on hold"
        return "" if self.listed else "its source does not name it any more"


Find = Callable[[str, str | None], Sample | None]
"""Finds an invoice by its number, in one source or in every one."""


def sample_of(document: Document, find: Find) -> Sample | None:
    """The sample invoice that a campaign names; None where it names none, or no source has it."""
    spec: Mapping[str, Any] = document.get("spec", {})
    number = named(spec)
    return find(number, spec.get("audience", {}).get("source")) if number else None


def named(spec: Mapping[str, Any]) -> str:
    """The number of the sample invoice; empty where none is named."""
    return str(spec.get("launch", {}).get("sampleInvoice", ""))


def match_of(rule_set: Document, sample: Sample, day: Day) -> Match:
    """What a rule set says of the sample on a day."""
    return rules_of(rule_set).match(sample.seen(day), day)


def sources_of(names: Sequence[str], wanted: str | None) -> list[Ref]:
    """The sources in which an invoice is looked for: the one that is named, else all that there are, by name."""
    return [Ref(SOURCE, name) for name in ([wanted] if wanted else sorted(names))]
