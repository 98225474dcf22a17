"""The pages of the dashboard, and how one comes from one to another."""

from typing import Final

from reconciler.dashboard import campaigns, mailing, resource
from reconciler.dashboard.collecting import pages as collecting
from reconciler.dashboard.page import Page
from reconciler.dashboard.receiving import pages as receiving

PAGES: Final[tuple[Page, ...]] = (
    *campaigns.PAGES,
    *resource.PAGES,
    *mailing.PAGES,
    *collecting.PAGES,
    *receiving.PAGES,
)
"""All of them. A page is added by one line here."""

NAVIGATION: Final = (("Campaigns", "/campaigns"), ("Collections", "/execution"), ("Receivables", "/receivables"))
"""What stands at the top of each page: title and address."""
