"""Finding an invoice in the sources as they are read now, and else among those that were taken in. (I-11, I-12)

A launch is checked against what the source says now, which nobody may have taken in yet: before the first apply nothing is.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reconciler.feed.row import Fault, Row
from reconciler.feed.source import Source
from reconciler.kinds.receivables.loading import INVOICES
from reconciler.kinds.receivables.matching import Day
from reconciler.kinds.receivables.rows import NEEDED, invoice_row
from reconciler.kinds.receivables.sampling import Find, Sample, sources_of
from reconciler.kinds.receivables.seen import invoice_seen
from reconciler.kinds.shelf import Shelf
from reconciler.kinds.sourced import Layout, cells_of, layout_of, source_rows
from reconciler.model.errors import Permanent
from reconciler.model.invoices import InvoiceRow
from reconciler.model.ref import Ref


def in_sources(shelf: Shelf, names: Sequence[str], stored: Find) -> Find:
    """Finds an invoice in the source that is named, else in these, by name; what they do not have `stored` is asked for.

    Permanent where a source cannot be read, or its row of this invoice.
    """

    def find(number: str, source: str | None) -> Sample | None:
        for ref in sources_of(names, source):
            row = _row(shelf, ref, number)
            if row is not None:
                return _sample(ref.name, row, stored(number, ref.name))
        return stored(number, source)

    return find


def _sample(source: str, row: InvoiceRow, before: Sample | None) -> Sample:
    def seen(day: Day) -> Mapping[str, Any]:
        """As it is read now; whether it was treated before, the store knows."""
        told = before.seen(day) if before else {}
        return invoice_seen(row, day.date) | ({"lastExit": told["lastExit"]} if "lastExit" in told else {})

    return Sample(source, row, seen)


def _row(shelf: Shelf, ref: Ref, number: str) -> InvoiceRow | None:
    """The row of this number; None where the source has none, or rows are only posted to it."""
    document = shelf.lookup(ref)
    if document is None:
        return None
    spec, layout = document.get("spec", {}), layout_of(INVOICES.spec(document))
    if "source" not in spec:
        return None
    return next(
        (_invoice(ref, row, layout) for row in _rows(shelf.source(ref, spec["source"]), ref, layout, number)), None
    )


def _rows(source: Source, ref: Ref, layout: Layout, number: str) -> Iterator[Row]:
    """The rows of this number, of which the first counts."""
    for found in source_rows(source, layout, NEEDED):
        if isinstance(found, Fault):
            if found.final:
                raise Permanent(f"{_place(ref, found.line)}: {found.detail}; {found.help}")
        elif cells_of(found, layout)[0] == number:
            yield found


def _invoice(ref: Ref, row: Row, layout: Layout) -> InvoiceRow:
    found = invoice_row(row, layout)
    if isinstance(found, InvoiceRow):
        return found
    raise Permanent(f"{_place(ref, found[0].line)}: {found[0].detail}; {found[0].help}")


def _place(ref: Ref, line: int) -> str:
    return f"{ref} line {line}" if line else str(ref)
