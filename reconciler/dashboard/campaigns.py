"""The list of campaigns (E-38, E-39)."""

from reconciler.dashboard.page import Page
from reconciler.dashboard.visit import Visit
from reconciler.web.door import Answer


def _list(visit: Visit) -> Answer:
    heads = sorted(visit.store.heads().items())[:50]
    return visit.show("campaigns.html", rows=[head for _, head in heads])


def _home(visit: Visit) -> Answer:
    return visit.to("/campaigns")


PAGES = (Page("home", "/", _home), Page("campaigns", "/campaigns", _list))
