"""The pages of one resource: a campaign, or what campaigns name."""

from reconciler.dashboard.page import Page
from reconciler.dashboard.resource.frame import resource_page
from reconciler.dashboard.visit import Visit
from reconciler.web.door import Answer


def _page(visit: Visit) -> Answer:
    return resource_page(visit, visit.resource(), "resource.html")


PAGES = (Page("resource", "/resources/{kind}/{name}", _page),)
