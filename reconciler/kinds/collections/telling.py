"""One account read from the store as people look at it: everything that happened, and what comes next. (C-20, C-31, AMB-C8)"""

from datetime import datetime

from reconciler.kinds.collections.ahead import ahead_of
from reconciler.kinds.collections.reading import KIND
from reconciler.kinds.collections.sheet import Story
from reconciler.model.accounts import Account
from reconciler.model.ports import Store


def story_of(store: Store, one: Account, now: datetime) -> Story:
    """The story of an account."""
    books = store.collection_books
    campaigns = {store.ledger.uid(ref): ref for ref in store.heads(KIND)} if one.campaign else {}
    items = books.items(one.id)
    return Story(one, campaigns.get(one.campaign), books.interactions(one.id), items, ahead_of(store, one, items, now))
