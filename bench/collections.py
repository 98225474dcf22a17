"""What it costs to queue all accounts of a campaign, beside the query that finds them: the same rows, the same file, in turn.

python -m bench.collections [ACCOUNTS] [STORE]     default 100000, and a file of its own

The query gives the eligible accounts to a client, which does nothing with them. Queueing makes a contact of each, committed as
in production. A cycle queues as many as one does at most, and looks besides for accounts to assign, for broken promises and lost
contacts.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from bench.measure import in_turn
from reconciler.app import open_store
from reconciler.kinds.collections.board import Boards
from reconciler.kinds.collections.cycle import QUEUED, Cycle
from reconciler.kinds.messaging.lanes import Lanes
from reconciler.model.accounts import AccountRow
from reconciler.model.canonical import Document
from reconciler.model.ports import Store, Write
from reconciler.model.ref import Ref
from reconciler.store import contact_statements as statements
from reconciler.store.desk import Desk, Sql, seconds

ROUNDS = 5
BATCH = 5000
NOW = datetime(2027, 4, 5, 15, 0, tzinfo=UTC)
_STEP: Mapping[str, Any] = {"channel": "letters", "template": "letter"}
_DOCUMENTS: Mapping[str, Mapping[str, Any]] = {
    "CollectionSettings/organisation": {"timezone": "UTC", "autoEnqueue": True, "schedulerCycle": "1s"},
    "Strategy/medium": {"type": "medium", "steps": [_STEP]},
    "AccountSource/portfolio": {"apiKey": {"env": "KEY"}},
    "CollectionCampaign/quarter": {
        "strategy": "medium", "startDate": "2027-04-01", "endDate": "2027-06-30",
        "accounts": {"source": "portfolio", "where": "account.balance >= 100.0"},
    },
}  # fmt: skip


def measure_collections(count: int, url: str) -> dict[str, float]:
    """Seconds, medians: of the query, of queueing all that it finds, and of a whole cycle that does."""
    with closing(open_store(url, Path.cwd())) as store:
        uid = _filled(store, count)
        desk: Desk = store.ledger._desk  # type: ignore[attr-defined]
        lanes, turns = Lanes(store), [NOW]
        cycle = Cycle(store, Boards(store), lanes, lambda: turns[-1])

        def query() -> float:
            given = (uid, seconds(NOW))
            return _timed(lambda: len(desk.reading(lambda sql: sql.rows(statements.READY, given))), count)

        def queue() -> float:
            taken = _timed(lambda: store.contact_queue.enqueue(uid, NOW), count)
            desk.writing(lambda sql: _emptied(sql, url.startswith("postgres")))
            return taken

        def whole() -> float:
            turns.append(turns[-1] + timedelta(minutes=1))
            taken = _timed(lambda: _turned(cycle, desk), min(count, QUEUED))
            desk.writing(lambda sql: _emptied(sql, url.startswith("postgres")))
            return taken

        found = in_turn(ROUNDS, query, queue, whole)
        return dict(zip(("query", "queue", "cycle"), found, strict=True))


def _filled(store: Store, count: int) -> int:
    """An active campaign with so many accounts; its uid."""
    for text, spec in _DOCUMENTS.items():
        state = "active" if text.startswith("CollectionCampaign") else "present"
        _put(store, Ref.parse(text), state, {"spec": spec})
    source, uid = (
        store.ledger.uid(Ref.parse(one)) for one in ("AccountSource/portfolio", "CollectionCampaign/quarter")
    )
    store.contact_queue.open(uid, NOW)
    for start in range(0, count, BATCH):
        store.accounts.take(source, [_row(number) for number in range(start, min(start + BATCH, count))], NOW)
    after = 0
    while page := store.accounts.page(source, after, BATCH):
        store.accounts.assign(uid, [one.id for one in page], NOW, NOW)
        after = page[-1].id
    return uid


def _put(store: Store, ref: Ref, state: str, document: Document) -> None:
    body = {
        "ref": str(ref),
        "op": "create",
        "to": state,
        "satisfied": (state,),
        "at": "2027-04-01T09:00:00Z",
        "document": document,
    }
    write = Write(ref, 0, state, (state,), (), NOW, body, "d", document, entered=True)
    if store.commit([write]):
        raise RuntimeError(f"{ref} is there already: the store is to be empty")


def _row(number: int) -> AccountRow:
    data = {"number": str(number), "contact": {"email": f"a{number}@debtor.example"}, "daysPastDue": number % 90}
    return AccountRow(
        str(number), "pending_contact", False, False, 0.5, Decimal("120.50"), "USD", "", data, str(number)
    )


def _emptied(sql: Sql, is_postgresql: bool) -> None:
    """As if nobody had queued anything: without what PostgreSQL leaves of rows that are deleted, until it has the time."""
    for table in ("contact_item", "unit"):
        sql.run(f"TRUNCATE {table}" if is_postgresql else f"DELETE FROM {table}")


def _turned(cycle: Cycle, desk: Desk) -> int:
    cycle.turn()
    return int(desk.reading(lambda sql: sql.rows("SELECT count(*) FROM contact_item"))[0][0])


def _timed(work: Callable[[], int], expected: int) -> float:
    began = time.perf_counter()
    found = work()
    taken = time.perf_counter() - began
    if found != expected:
        raise RuntimeError(f"{found:,} accounts instead of {expected:,}")
    return taken


def measured(count: int = 100_000, url: str = "") -> dict[str, float]:
    """The same, in a file of its own where no store is named."""
    with tempfile.TemporaryDirectory(prefix="muster-bench-") as scratch:
        return measure_collections(count, url or f"sqlite:///{scratch}/state.db")


def collection_rows(found: Mapping[str, float], count: int = 100_000) -> Iterator[str]:
    """The table of what queueing costs."""
    query = found["query"]
    yield f"| {count:,} accounts | against | seconds | ratio | promised |"
    yield "|---|---|---|---|---|"
    against = "the query that finds the eligible ones"
    for what, name in (
        ("queueing all of them", "queue"),
        (f"a cycle, which queues {min(count, QUEUED):,} of a campaign at most", "cycle"),
    ):
        yield f"| {what} | {against} | {found[name]:.3f} / {query:.3f} | {found[name] / query:.2f} | 5 |"
    yield ""


def main(count: int = 100_000, url: str = "") -> None:
    """Print the times and their ratios."""
    print("\n".join(collection_rows(measured(count, url), count)))


if __name__ == "__main__":
    main(int(next(iter(sys.argv[1:]), "100000")), next(iter(sys.argv[2:]), ""))
