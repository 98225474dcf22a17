"""The accounts of a project's sources, taken in: by plans, the daemon, commands, and what activates a campaign. (C-31)"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from reconciler.kinds.collections.account_source.spec import AccountSourceSpec
from reconciler.kinds.collections.rows import NEEDED, account_row
from reconciler.kinds.loaded import Loaded
from reconciler.kinds.shelf import Shelf
from reconciler.kinds.sources import Sources
from reconciler.model.accounts import AccountRow
from reconciler.model.ports import Beat, Store

ACCOUNTS: Final[Sources[AccountRow]] = Sources(
    "AccountSource", AccountSourceSpec.model_validate_json, account_row, NEEDED, lambda store: store.accounts
)


def load(store: Store, shelf: Shelf, names: Sequence[str], now: datetime, beat: Beat) -> Sequence[Loaded]:
    """See `Sources.load`."""
    return ACCOUNTS.load(store, shelf, names, now, beat)


def refresh(store: Store, shelf: Shelf, now: datetime, beat: Beat) -> None:
    """See `Sources.refresh`; for the `refresh` of a runtime."""
    ACCOUNTS.refresh(store, shelf, now, beat)
