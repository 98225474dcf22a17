"""What happened with many accounts at once, as far as limits ask for it. (AMB-C11)"""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from reconciler.model.contact_queue import Past


class ContactHistory(Protocol):
    """Contacts and conversations of accounts. Only read. Times are UTC."""

    def of_source(self, source: int, since: datetime) -> Mapping[int, tuple[Past, ...]]:
        """Those of all accounts of a source since then, the oldest first, by the account's id; whatever campaign they were of."""
        ...

    def of_account(self, account: int) -> tuple[Past, ...]:
        """Those of one account, the oldest first, as far back as any limit reaches: what the queue looks at before a contact."""
        ...
