"""The first page of a resource: how it is, and what may become of it."""

from reconciler.dashboard.actions.offers import offered
from reconciler.dashboard.resource.frame import resource_page
from reconciler.dashboard.visit import Visit
from reconciler.web.door import Answer


def make(visit: Visit) -> Answer:
    """The page."""
    one = visit.resource()
    return resource_page(visit, one, "resource.html", offers=offered(visit, one))
