"""The pages of one resource: a campaign, or what campaigns name."""

from reconciler.dashboard.page import Page
from reconciler.dashboard.resource import overview

PAGES = (Page("resource", "/resources/{kind}/{name}", overview.make),)
