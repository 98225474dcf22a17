"""The invoices of a project's sources, taken in: by plans, the daemon, commands, and what starts a campaign. (AMB-I6)"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from reconciler.kinds.loaded import Loaded
from reconciler.kinds.receivables.invoice_source.spec import InvoiceSourceSpec
from reconciler.kinds.receivables.rows import NEEDED, invoice_row
from reconciler.kinds.shelf import Shelf
from reconciler.kinds.sources import Sources
from reconciler.model.invoices import InvoiceRow
from reconciler.model.ports import Beat, Store

INVOICES: Final[Sources[InvoiceRow]] = Sources(
    "InvoiceSource", InvoiceSourceSpec.model_validate_json, invoice_row, NEEDED, lambda store: store.invoices
)


def load(store: Store, shelf: Shelf, names: Sequence[str], now: datetime, beat: Beat) -> Sequence[Loaded]:
    """See `Sources.load`."""
    return INVOICES.load(store, shelf, names, now, beat)


def refresh(store: Store, shelf: Shelf, now: datetime, beat: Beat) -> None:
    """See `Sources.refresh`; for the `refresh` of a runtime."""
    INVOICES.refresh(store, shelf, now, beat)
