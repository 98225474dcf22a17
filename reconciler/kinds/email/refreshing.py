"""Suppression lists that stand in files or databases, taken up again while campaigns that ask them run. (AMB-E5)

A launch leaves out whom a list names then. Who is put on it afterwards is to be left out as well, by workers that know the
store alone: so the list is copied into the store, where each mail asks.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Final

from reconciler.feed.row import Fault
from reconciler.feed.source import CsvFile, JsonLines, Query, Source
from reconciler.kinds.email.audience import Listing, audience_of, found_on
from reconciler.kinds.email.mailing import unpacked
from reconciler.kinds.email.reading import Reading
from reconciler.kinds.email.recipients import breaks
from reconciler.kinds.shelf import Shelf
from reconciler.model import canonical
from reconciler.model.errors import Permanent
from reconciler.model.ports import Beat, Store

KIND: Final = "EmailCampaign"
EVERY: Final = timedelta(minutes=10)
"""How often a database is asked again; of a file one can see that it has changed."""
_BATCH: Final = 1000


def refresh(store: Store, shelf: Shelf, now: datetime, beat: Beat) -> None:
    """Copy the lists that running campaigns ask, where they have changed.

    Permanent, with list, line and way out, where one is not whole: then what was copied before stays in force.
    """
    names = {
        name for uid, _ in store.ledger.open_jobs(KIND) for name in unpacked(store.ledger.package(uid)).suppressions
    }
    asked = audience_of({"suppressions": sorted(names)}, found_on(shelf)) if names else None
    for listing in asked.suppressed if asked else ():
        mark = f"{listing.ref}/{_signature(listing.source, now)}"
        if not store.ledger.performed(mark):
            _copy(store, listing, now, beat)
            store.ledger.mark(mark, now)


def _copy(store: Store, listing: Listing, now: datetime, beat: Beat) -> None:
    """First all who are on it, then those who no longer are go: nobody is missing in between."""
    name = listing.ref.partition("/")[2]
    keys = _keys(listing, now)
    while batch := list(islice(keys, _BATCH)):
        store.returns.renew(name, batch, now)
        beat()
    store.returns.expire(name, now)


def _keys(listing: Listing, now: datetime) -> Iterator[str]:
    for found in Reading(listing).contacts(now):
        if not isinstance(found, Fault):
            yield found.address.key
        elif breaks(found, is_strict=True):
            raise Permanent(f"{listing.ref} line {found.line}: {found.detail}; {found.help}")


def _signature(source: Source, now: datetime) -> str:
    """What differs once the list may."""
    match source:
        case CsvFile(path) | JsonLines(path):
            try:
                found = Path(path).stat()
            except OSError as error:
                raise Permanent(f"{path} cannot be read: {error.strerror}") from None
            return f"{found.st_mtime_ns}-{found.st_size}-{found.st_ino}"
        case Query(query=text):
            return f"{canonical.digest(text)}-{int(now.timestamp() // EVERY.total_seconds())}"
    return canonical.digest([dict(row) for row in source.rows])
