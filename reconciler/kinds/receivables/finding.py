"""Finding a sample invoice among those that were taken in. (I-11)"""

from reconciler.kinds.receivables.book import SOURCE
from reconciler.kinds.receivables.passing import seen
from reconciler.kinds.receivables.sampling import Find, Sample
from reconciler.model.enrolments import Past
from reconciler.model.errors import Permanent
from reconciler.model.invoices import Invoice
from reconciler.model.ports import Store
from reconciler.model.ref import Ref


def finder(store: Store) -> Find:
    """Finds an invoice by its number, in one source or in every one: the first by source, where several have it."""

    def find(number: str, source: str | None) -> Sample | None:
        found = store.invoices.named(number)
        names = {_uid(store, ref): ref.name for ref in store.heads(SOURCE)}
        wanted = [one for one in found if source is None or names.get(one.uid) == source]
        return sample_of_invoice(store, wanted[0], names.get(wanted[0].uid, "")) if wanted else None

    return find


def sample_of_invoice(store: Store, one: Invoice, source: str) -> Sample:
    """One that was taken in, as conditions see it."""
    last = store.enrolments.past([one.id]).get(one.id, Past()).last
    return Sample(
        source, one.row, lambda day: seen(one, last, day.values()["today"].date()), is_stored=True, listed=one.listed
    )


def _uid(store: Store, ref: Ref) -> int:
    try:
        return store.ledger.uid(ref)
    except Permanent:
        return 0
