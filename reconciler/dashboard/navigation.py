"""The pages of the dashboard, and how one comes from one to another."""

from typing import Final

from reconciler.dashboard import actions, audit, campaigns, outlook, programs, resource
from reconciler.dashboard.collecting import pages as collecting
from reconciler.dashboard.leads import pages as leads
from reconciler.dashboard.mailing import pages as mailing
from reconciler.dashboard.page import Page
from reconciler.dashboard.receiving import pages as receiving

PAGES: Final[tuple[Page, ...]] = (
    *campaigns.PAGES,
    *actions.PAGES,
    *audit.PAGES,
    *collecting.PAGES,
    *leads.PAGES,
    *mailing.PAGES,
    *outlook.PAGES,
    *programs.PAGES,
    *receiving.PAGES,
    *resource.PAGES,
)
"""All of them. A page is added by one line here."""

NAVIGATION: Final = (
    ("Campaigns", "/campaigns"),
    ("Plan", "/plan"),
    ("Calendar", "/calendar"),
    ("Leads", "/leads"),
    ("Programs", "/programs"),
    ("Collections", "/execution"),
    ("Receivables", "/receivables"),
)
"""What stands at the top of each page: title and address."""
