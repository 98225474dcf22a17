"""Where the pages of collections stand."""

from typing import Final

from reconciler.dashboard.collecting import account, accounts, engine, forecast
from reconciler.dashboard.page import Page

PAGES: Final = (
    Page("execution", "/execution", engine.make),
    Page("execution-enqueue", "/execution/enqueue", engine.enqueue),
    Page("collection-accounts", "/resources/CollectionCampaign/{name}/accounts", accounts.make),
    Page("collection-forecast", "/resources/CollectionCampaign/{name}/forecast", forecast.make),
    Page("account", "/accounts/{source}/{number:path}", account.make),
)
