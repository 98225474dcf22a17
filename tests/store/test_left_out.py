"""Whom a launch left out, and what was brought up to date with it: passes of daemons, titles of before the list."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from reconciler.model.bulletin import Passed
from reconciler.model.listing import Filter, Order, Slice
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.model.returns import Suppression
from reconciler.model.work import Phase
from tests.store.stores import STORES, url_of
from tests.store.test_contract import AT, SPRING, write


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with closing(STORES[request.param](tmp_path)) as made:
        made.commit([write(SPRING, 0, "draft")])
        yield made


def staged(store: Store, count: int) -> int:
    """A job that begins, with so many units."""
    uid = store.ledger.uid(SPRING)
    store.ledger.prepare(uid, "running", lambda: None)
    store.ledger.add(uid, [(f"u{number}", {}) for number in range(count)])
    return uid


def keys(store: Store, uid: int, *place: int) -> list[str]:
    return [one.key for one in store.returns.left_out(uid, *place)]


def test_each_who_is_left_out_is_kept_with_the_reason(store: Store) -> None:
    """E-43: once each, for the first reason that was found, in pages that turn both ways."""
    uid = staged(store, 8)
    assert store.returns.drop_listed(uid, ["u1", "u1", "nobody", "u2"], "news") == 2
    store.returns.suppress([Suppression("u3", "hard_bounce", AT), Suppression("u1", "complaint", AT)])
    store.returns.suppress([Suppression(f"u{number}", "unsubscribed", AT, "letters") for number in (3, 4, 5)])
    store.returns.suppress([Suppression("u6", "unsubscribed", AT, "another")])
    assert store.returns.drop_suppressed(uid, ["letters"]) == {"hard_bounce": 1, "unsubscribed": 2}
    found = store.returns.left_out(uid)
    assert [(one.key, one.reason, one.list) for one in found] == [
        ("u1", "list_import", "news"), ("u2", "list_import", "news"), ("u3", "hard_bounce", ""),
        ("u4", "unsubscribed", "letters"), ("u5", "unsubscribed", "letters"),
    ]  # fmt: skip
    assert keys(store, uid, found[0].id, 2) == ["u2", "u3"]
    assert keys(store, uid, 0, 2, found[4].id) == ["u3", "u4"]
    assert store.ledger.size(uid) == 3


def test_a_launch_that_begins_anew_forgets_whom_the_first_left_out(store: Store) -> None:
    uid = staged(store, 2)
    store.returns.drop_listed(uid, ["u1"], "news")
    assert keys(store, staged(store, 2)) == []
    store.ledger.assign(uid, ["relay"], lambda _position: 0, lambda: None)
    store.ledger.enter(uid, Phase.OPEN, AT)
    assert store.returns.drop_listed(uid, ["u1"], "news") == 0
    assert keys(store, uid) == [], "what is under way is left out of nothing"


def test_the_latest_pass_of_any_daemon_stays(store: Store) -> None:
    assert store.bulletin.last_pass() is None
    for minutes, actor in ((5, "daemon:a"), (7, "daemon:b"), (6, "daemon:a")):
        store.bulletin.enter(Passed(AT + timedelta(minutes=minutes), actor))
    assert store.bulletin.last_pass() == Passed(AT + timedelta(minutes=7), "daemon:b")


def _as_of_before(kind: str, folder: Path, title: str) -> None:
    """The store as the version before this one has left it: titles in small letters of ASCII."""
    if kind == "sqlite":
        with closing(sqlite3.connect(folder / "state.db", isolation_level=None)) as file:
            for statement in ("DROP TABLE left_out", "DROP TABLE daemon_pass", "PRAGMA user_version = 18"):
                file.execute(statement)
            file.execute("UPDATE resource SET title = ?", (title,))
        return
    with psycopg.connect(url_of(folder)) as db:
        db.execute("DROP TABLE left_out, daemon_pass")
        db.execute("UPDATE muster SET version = 14")
        db.execute("UPDATE resource SET title = %s", (title,))


@pytest.mark.parametrize("kind", STORES)
def test_titles_of_before_the_list_are_found(kind: str, tmp_path: Path) -> None:
    """E-38: in whatever case, as those that are written today."""
    document = {"spec": {"title": "FRÜHLING in der Straße"}}
    with closing(STORES[kind](tmp_path)) as store:
        store.commit([write(SPRING, 0, "draft", document=document), write(Ref("Template", "x"), 0, "present")])
    _as_of_before(kind, tmp_path, "frÜhling in der straße")
    with closing(STORES[kind](tmp_path)) as store:
        for word in ("frühling", "FRÜHLING", "STRASSE"):
            found = store.listing.page(Filter(text=word), Slice(9), Order.NAME, AT)
            assert SPRING in found.refs, word
