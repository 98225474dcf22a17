"""Where the pages of receivables stand."""

from typing import Final

from reconciler.dashboard.page import Page
from reconciler.dashboard.receiving import invoice, lists, overview

_HERE: Final = "/resources/ReceivablesCampaign/{name}"

PAGES: Final = (
    Page("receivables", "/receivables", overview.make),
    Page("receivables-invoices", f"{_HERE}/invoices", lists.invoices),
    Page("receivables-first-batch", f"{_HERE}/first-batch", lists.first_batch),
    Page("receivables-launch", f"{_HERE}/launch", lists.launch),
    Page("invoice", "/invoices/{source}/{number:path}", invoice.make),
)
