"""The pages of the dashboard, and how one comes from one to another."""

from typing import Final

from reconciler.dashboard import audit, campaigns, resource
from reconciler.dashboard.leads import pages as leads
from reconciler.dashboard.mailing import pages as mailing
from reconciler.dashboard.page import Page

PAGES: Final[tuple[Page, ...]] = (*campaigns.PAGES, *resource.PAGES, *mailing.PAGES, *leads.PAGES, *audit.PAGES)
"""All of them. A page is added by one line here."""

NAVIGATION: Final = (("Campaigns", "/campaigns"), ("Leads", "/leads"))
"""What stands at the top of each page: title and address."""
