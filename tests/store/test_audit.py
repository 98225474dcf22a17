"""The audit: lines that nobody changes, found page by page. (issue 8)"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reconciler.model.audit import Entry, Outcome, Sought
from reconciler.model.errors import MusterError
from reconciler.model.ports import Store
from tests.store.stores import STORES

AT = datetime(2027, 1, 4, 9, 0, tzinfo=UTC)
PAUSED = Entry(AT, "user:dana", "operator", "192.0.2.7", "pause", "EmailCampaign/spring@1", Outcome.DONE, "Grüße\t\\N'")
DENIED = Entry(AT, "user:ana", "viewer", "2001:db8::1", "pause", "EmailCampaign/spring@1", Outcome.DENIED, "no")
WRONG = Entry(AT + timedelta(hours=1), "", "", "192.0.2.9", "enter", outcome=Outcome.DENIED)


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    opened = STORES[request.param](tmp_path)
    yield opened
    opened.close()


def test_what_was_written_is_found_the_latest_first(store: Store) -> None:
    numbers = [store.audit.write(one) for one in (PAUSED, DENIED, WRONG)]
    assert numbers == sorted(numbers)
    wanted = [replace(one, id=number) for one, number in zip((PAUSED, DENIED, WRONG), numbers, strict=True)]
    assert store.audit.find(Sought(), 10) == wanted[::-1]
    assert store.audit.line(numbers[1]) == wanted[1]
    for none in (0, -1, numbers[2] + 1, 1 << 80):
        assert store.audit.line(none) is None


@pytest.mark.parametrize(
    ("sought", "found"),
    [
        (Sought(actor="user:dana"), [PAUSED]),
        (Sought(action="pause"), [DENIED, PAUSED]),
        (Sought(action="pause", outcome="denied"), [DENIED]),
        (Sought(target="EmailCampaign/spring@1"), [DENIED, PAUSED]),
        (Sought(actor="user:dana' OR 1=1 --"), []),
        (Sought(before=1 << 80), [WRONG, DENIED, PAUSED]),
    ],
)
def test_lines_are_sought_by_what_stands_in_them(store: Store, sought: Sought, found: list[Entry]) -> None:
    for one in (PAUSED, DENIED, WRONG):
        store.audit.write(one)
    assert [replace(one, id=0) for one in store.audit.find(sought, 10)] == found


def test_pages_follow_one_another_whatever_is_written_meanwhile(store: Store) -> None:
    numbers = [store.audit.write(replace(PAUSED, detail=str(number))) for number in range(25)]
    met: list[int] = []
    before = 0
    while page := store.audit.find(Sought(before=before), 10):
        met.extend(one.id for one in page)
        before = page[-1].id
        store.audit.write(DENIED)
    assert met == numbers[::-1]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'user:somebody else'",
        "DELETE FROM audit",
        "DELETE FROM audit WHERE id = 1",
    ],
)
def test_nobody_changes_a_line(store: Store, statement: str) -> None:
    store.audit.write(PAUSED)
    with pytest.raises(MusterError, match="append-only"):
        store.audit._desk.writing(lambda sql: sql.run(statement))  # type: ignore[attr-defined]
    assert [replace(one, id=0) for one in store.audit.find(Sought(), 10)] == [PAUSED]


def test_no_line_takes_the_place_of_another(tmp_path: Path) -> None:
    """REPLACE, which SQLite alone has, takes a row away without deleting it."""
    store = STORES["sqlite"](tmp_path)
    number = store.audit.write(PAUSED)
    values = (number, 0.0, "", "", "", "", "", "done", "")
    with pytest.raises(MusterError, match="append-only"):
        store.audit._desk.writing(  # type: ignore[attr-defined]
            lambda sql: sql.run("INSERT OR REPLACE INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
        )
    assert [replace(one, id=0) for one in store.audit.find(Sought(), 10)] == [PAUSED]


def test_the_log_and_its_mark_do_not_know_of_it(store: Store) -> None:
    """What was planned before a line was written is no staler for it."""
    before = store.mark(), store.serial()
    store.audit.write(PAUSED)
    assert (store.mark(), store.serial()) == before
