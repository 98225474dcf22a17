"""The page of one resource: a campaign, or what campaigns name."""

from reconciler.dashboard.page import Page
from reconciler.dashboard.panels import panel_of
from reconciler.dashboard.visit import Visit
from reconciler.web.door import Answer


def _page(visit: Visit) -> Answer:
    one = visit.resource()
    return visit.show("resource.html", one=one, panel=panel_of(visit, one))


PAGES = (Page("resource", "/resources/{kind}/{name}", _page),)
