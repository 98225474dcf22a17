"""The pages of one resource: a campaign, or what campaigns name."""

from typing import Final

from reconciler.dashboard.page import Page
from reconciler.dashboard.resource import changes, document, history, overview, timeline, versions

_HERE: Final = "/resources/{kind}/{name}"

PAGES: Final = (
    Page("resource", _HERE, overview.make),
    Page("timeline", f"{_HERE}/timeline", timeline.make),
    Page("diff", f"{_HERE}/diff", changes.make),
    Page("history", f"{_HERE}/history", history.make),
    Page("versions", f"{_HERE}/versions", versions.make),
    Page("document", f"{_HERE}/document", document.make),
)
