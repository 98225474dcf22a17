"""Whole sources, read by plans, the daemon and commands: what they name, what they leave out, what is gone. (AMB-I6, C-31)"""

import json
import os
import sqlite3
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from reconciler.feed.row import Trouble
from reconciler.kinds.collections import loading as collections
from reconciler.kinds.taking_in import EVERY
from reconciler.model.errors import Permanent
from reconciler.model.intake import Taken
from tests.intake.sources import HEAD, Sources

AWAITING = "awaiting_payment"


def test_a_source_is_read_whole(sources: Sources, any_store: str) -> None:
    sources.rows("a,Awaiting Payment,10\nb,paid,0\n")
    sources.ledger(currency="EUR")
    assert sources.load().taken == Taken(added=2)
    assert sources.load().taken == Taken(same=2)
    sources.rows("b,paid,1\nc,voided,0\n")
    assert sources.load("ledger").taken == Taken(added=1, changed=1, unlisted=1)
    assert sources.listed() == "b c"
    assert sources.invoices()["b"].row.amount_due == Decimal("1.00")
    assert sources.invoices()["a"].row.currency == "EUR"


def test_a_row_with_a_fault_is_left_out_and_counts_as_not_named(sources: Sources) -> None:
    """Whoever may have paid is not written to by what was known before; the others are taken."""
    sources.rows(f"a,{AWAITING},10\nb,{AWAITING},10\n")
    sources.ledger()
    sources.load()
    sources.rows(f"a,paid,?\nb,{AWAITING},10\nc,{AWAITING}\nd,{AWAITING},1\n")
    found = sources.load()
    assert (found.taken, found.left_out, found.is_whole) == (Taken(added=1, same=1, unlisted=1), 2, True)
    assert [(one.line, one.code) for one in found.faults] == [(2, Trouble.BAD_VALUE), (4, Trouble.WIDTH)]
    assert "line 2: column 'amountDue': '?' is no amount" in found.trouble
    assert sources.listed() == "b d"
    sources.rows("a,paid,0\n")
    assert sources.load().taken == Taken(changed=1, unlisted=2)


def test_of_two_rows_with_one_number_the_first_counts(sources: Sources) -> None:
    rows = "".join(f"n{number},{AWAITING},1\n" for number in range(700))
    sources.rows(f"a,{AWAITING},10\n{rows}a,paid,0\na,paid,0\n")
    sources.ledger()
    found = sources.load()
    assert (found.taken.added, found.left_out) == (701, 2)
    assert [(one.line, one.code) for one in found.faults] == [(703, Trouble.TWICE), (704, Trouble.TWICE)]
    assert "'a' stands in line 2 already" in found.faults[0].detail
    assert sources.invoices()["a"].row.status == AWAITING


@pytest.mark.parametrize(
    "broken",
    [
        HEAD + 'a,paid,0\n"b,paid,0\n',
        HEAD + "a,paid,0\nb,paid,\0\n",
        "number,state,amountDue\na,paid,0\n",
        "",
        "number,status,status,amountDue\n",
    ],
)
def test_a_source_that_is_not_whole_lists_nothing_as_gone(sources: Sources, broken: str) -> None:
    sources.rows(f"a,{AWAITING},10\nz,{AWAITING},10\n")
    sources.ledger()
    sources.load()
    sources.rows(broken, "")
    found = sources.load()
    assert not found.is_whole
    assert found.taken.unlisted == 0
    assert sources.listed() == "a z"
    with pytest.raises(Permanent, match="InvoiceSource/ledger"):
        sources.refresh()


def test_a_source_with_a_head_alone_lists_everything_as_gone(sources: Sources) -> None:
    """It is whole: it says that nothing is open. Nothing is lost: the rows come back as they are named again."""
    sources.rows(f"a,{AWAITING},10\n")
    sources.ledger()
    sources.load()
    sources.rows("")
    assert sources.load().taken == Taken(unlisted=1)
    assert list(sources.invoices()) == ["a"]


def test_what_has_not_changed_is_not_read_again(sources: Sources) -> None:
    sources.rows(f"a,{AWAITING},10\n")
    sources.ledger()
    sources.refresh()
    assert sources.listed() == "a"
    path = sources.world.manifests / "data/invoices.csv"
    before = path.stat()
    path.write_text(HEAD + f"b,{AWAITING},10\n")  # as long as before, in the same file
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    sources.refresh()
    assert sources.listed() == "a", "nobody could see that"
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    sources.refresh()
    assert sources.listed() == "b"


def test_a_manifest_that_reads_its_rows_otherwise_reads_them_again(sources: Sources) -> None:
    sources.rows(f"a,{AWAITING},10\n")
    sources.ledger(currency="EUR")
    sources.refresh()
    sources.ledger(currency="USD")
    sources.refresh()
    assert sources.invoices()["a"].row.currency == "USD"


def test_what_was_left_out_is_told_until_it_is_corrected(sources: Sources) -> None:
    """Also by a refresh that has nothing to read: nobody is to believe that all is well."""
    sources.rows(f"a,{AWAITING},10\nb,{AWAITING},x\nc,,1\n")
    sources.ledger()
    for _ in range(2):
        with pytest.raises(Permanent, match=r"ledger@1 line 3: column 'amountDue': 'x' is no amount.*\(and 1 more\)"):
            sources.refresh()
    assert sources.listed() == "a"
    sources.rows(f"a,{AWAITING},10\n")
    sources.refresh()


def test_one_broken_source_keeps_no_other_from_being_read(sources: Sources) -> None:
    sources.put("InvoiceSource", "before", {"source": {"csv": "data/none.csv"}})
    sources.world.write("data/none.csv", "id,status,amountDue\nx,paid,0\n")
    sources.put("InvoiceSource", "posted", {"apiKey": {"env": "NOBODY"}})
    sources.rows("a,paid,0\n")
    sources.ledger()
    (sources.world.manifests / "data/none.csv").unlink()
    with pytest.raises(Permanent, match=r"none\.csv"):
        sources.refresh()
    assert sources.listed() == "a"


def test_of_a_source_out_of_use_nothing_is_listed_until_it_is_back(sources: Sources) -> None:
    sources.rows(f"a,{AWAITING},10\n")
    sources.ledger()
    sources.refresh()
    sources.put("InvoiceSource", "ledger", {"source": {"csv": "data/invoices.csv"}, "id": "number"}, state="deleted")
    sources.apply()
    sources.refresh()
    change = sources.change()
    assert sources.listed() == ""
    sources.refresh()
    assert sources.change() == change
    with pytest.raises(Permanent, match="not in use"):
        sources.load("ledger")
    sources.ledger()
    sources.refresh()
    assert sources.listed() == "a"


def test_a_database_is_asked_again_when_its_turn_has_come(
    sources: Sources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    books = tmp_path / "books.db"
    monkeypatch.setenv("BOOKS", f"sqlite://{books}")
    with closing(sqlite3.connect(books)) as db:
        db.execute("CREATE TABLE invoice (id, state, total REAL, due)")
        db.execute("INSERT INTO invoice VALUES (98, 'paid', 5.94, '2027-01-01'), (99, 'voided', 0.99, NULL)")
        db.commit()
    query = "SELECT id AS number, state AS status, total AS amountDue, due AS dueDate FROM invoice"
    sources.ledger(source={"sql": {"url": {"env": "BOOKS"}, "query": query}})
    sources.refresh()
    assert [(one.row.number, str(one.row.amount_due)) for one in sources.invoices().values()] == [
        ("98", "5.94"),
        ("99", "0.99"),
    ]
    with closing(sqlite3.connect(books)) as db:
        db.execute("DELETE FROM invoice WHERE id = 98")
        db.commit()
    sources.refresh()
    assert sources.listed() == "98 99"
    sources.world.clock.advance(seconds=EVERY.total_seconds())
    sources.refresh()
    assert sources.listed() == "99"
    books.unlink()
    sources.world.clock.advance(seconds=timedelta(hours=1).total_seconds())
    with pytest.raises(Permanent, match="SQLite says"):
        sources.refresh()
    assert sources.listed() == "99"


def test_rows_may_stand_in_the_manifest_or_in_json_lines(sources: Sources) -> None:
    sources.ledger(source={"inline": [{"number": 1, "status": "paid", "amountDue": 0.1}]})
    assert sources.load().taken == Taken(added=1)
    lines = [{"number": "2", "status": "paid", "amountDue": "7", "contact.name": "Ü"}, {"number": "3"}]
    sources.world.write("data/invoices.jsonl", "\n".join(map(json.dumps, lines)))
    sources.ledger(source={"jsonl": "data/invoices.jsonl"})
    found = sources.load()
    assert (found.taken, found.left_out) == (Taken(added=1, unlisted=1), 1)
    assert sources.invoices()["2"].row.data["contact"] == {"name": "Ü"}


def test_accounts_come_in_likewise(sources: Sources, any_store: str) -> None:
    """C-31."""
    sources.put("AccountSource", "portfolio", {"source": {"csv": "data/accounts.csv"}, "id": "account_id"})
    sources.world.write("data/accounts.csv", "account_id,balance,timezone\nA-1,10,America/Chicago\nA-2,x,\n")
    sources.apply()
    with closing(sources.world.app()) as app:
        store, now = app.store(), sources.world.clock.now()
        (found,) = collections.load(store, app.shelf(store), (), now, lambda: None)
        assert (found.taken, found.left_out) == (Taken(added=1), 1)
        with pytest.raises(Permanent, match="column 'balance'"):
            collections.refresh(store, app.shelf(store), now, lambda: None)
        (one,) = store.accounts.page(0, 0, 10)
    assert (one.row.number, one.row.zone, one.listed) == ("A-1", "America/Chicago", True)
