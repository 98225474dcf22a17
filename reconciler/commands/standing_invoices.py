"""How `receivables invoice` finds the one that is meant among those that were taken in."""

from reconciler.kinds.receivables.book import SOURCE
from reconciler.model.errors import Usage
from reconciler.model.invoices import Invoice
from reconciler.model.ports import Store


def named(store: Store, number: str, source: str | None) -> tuple[str, Invoice]:
    """An invoice and the name of its source. Usage where there is none of this number, or several."""
    sources = {store.ledger.uid(ref): ref.name for ref in store.heads(SOURCE)}
    found = [(sources.get(one.uid, ""), one) for one in store.invoices.named(number)]
    wanted = [one for one in found if source in (None, one[0])]
    if not wanted:
        where = f"InvoiceSource/{source[:100]}" if source else "any source"
        raise Usage(f"no invoice {number[:100]!r} was taken in from {where}; `muster receivables load` takes them in")
    if len(wanted) > 1:
        names = ", ".join(name for name, _ in wanted)
        raise Usage(f"invoice {number[:100]!r} is in {names}; say which with --source")
    return wanted[0]
