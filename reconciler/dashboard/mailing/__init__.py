"""What the dashboard shows of e-mail campaigns beside their panel."""

from reconciler.dashboard.mailing import pages

PAGES = pages.PAGES
