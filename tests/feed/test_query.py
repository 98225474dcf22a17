"""Rows of queries, from real databases: nothing can be written, nothing runs for ever, no password is shown."""

import datetime
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from reconciler.feed.query import query_rows
from reconciler.feed.row import Fault, Row, Trouble, Unusable
from reconciler.feed.rows import rows
from reconciler.feed.source import Query, source_of
from tests.postgres import Server

TABLE = "CREATE TABLE people (email TEXT, name TEXT, age INTEGER)"
PEOPLE = "INSERT INTO people VALUES ('a@x.example', 'A', 30), ('b@x.example', NULL, 40)"


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with two people."""
    if request.param == "sqlite":
        db = sqlite3.connect(tmp_path / "people ?#.db")
        db.execute(TABLE)
        db.execute(PEOPLE)
        db.commit()
        db.close()
        yield f"sqlite:///{tmp_path}/people ?#.db"
        return
    server: Server = request.getfixturevalue("postgres")
    name = server.database()
    with psycopg.connect(server.url(name)) as connection:
        connection.execute(TABLE)
        connection.execute(PEOPLE)
    yield server.url(name)
    server.drop(name)


def people(url: str) -> list[Row | Fault]:
    return list(rows(Query(url, "SELECT * FROM people ORDER BY email"), ("email",)))


def only_fault(url: str, query: str, required: tuple[str, ...] = ()) -> Fault:
    (fault,) = rows(Query(url, query), required)
    assert isinstance(fault, Fault)
    assert fault.final
    return fault


def test_rows_of_a_query(url: str) -> None:
    """E-43: a list may be a query; what is NULL is no value."""
    assert people(url) == [
        Row(1, {"email": "a@x.example", "name": "A", "age": 30}),
        Row(2, {"email": "b@x.example", "age": 40}),
    ]


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM people",
        "DELETE FROM people RETURNING *",
        "INSERT INTO people SELECT * FROM people",
        "DROP TABLE people",
        "SELECT 1; DROP TABLE people",
        "SELECT 1; COMMIT; DROP TABLE people",
        "COMMIT",
        "UPDATE people SET age = 0",
        "SELECT 1 AS a, 2 AS a",
        "SELECT nothing",
        "",
        "-- SELECT 1",
    ],
)
def test_a_query_can_change_nothing(query: str, url: str) -> None:
    before = people(url)
    fault = only_fault(url, query)
    assert fault.code in (Trouble.DATABASE, Trouble.HEADER)
    assert fault.help
    assert people(url) == before


def test_a_column_that_the_manifest_names_must_be_in_the_answer(url: str) -> None:
    fault = only_fault(url, "SELECT name, 'x' AS e_mail FROM people", ("email",))
    assert fault.code is Trouble.NO_COLUMN
    assert "'e_mail'" in fault.help


def test_an_empty_answer_has_its_columns_checked_too(url: str) -> None:
    assert list(rows(Query(url, "SELECT email FROM people WHERE age > 99"), ("email",))) == []
    assert only_fault(url, "SELECT name FROM people WHERE age > 99", ("email",)).code is Trouble.NO_COLUMN


def test_a_percent_sign_stands_for_itself(url: str) -> None:
    found = rows(Query(url, "SELECT email FROM people WHERE email LIKE 'a%' -- 100% s %s"))
    assert list(found) == [Row(1, {"email": "a@x.example"})]


ENDLESS = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) AS c FROM t"


def test_a_query_without_end_is_stopped(url: str) -> None:
    with pytest.raises(Unusable) as stopped:
        list(query_rows(Query(url, ENDLESS), (), patience=0.3))
    assert stopped.value.fault.detail == "the query takes too long"


def test_many_rows_come_by_and_by(url: str) -> None:
    """A query without end whose rows come at once: the first are there, and nobody waits for the last."""
    endless = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT n FROM t"
    found = rows(Query(url, endless))
    numbers = [next(found) for _ in range(2500)]
    assert numbers[-1] == Row(2500, {"n": 2500})
    found.close()  # type: ignore[attr-defined]  # it is a generator
    assert people(url)


def test_a_function_of_postgresql_changes_nothing_either(database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("CREATE SEQUENCE numbers")
    assert "read-only" in only_fault(database, "SELECT nextval('numbers')").detail


def test_values_of_postgresql(database: str) -> None:
    query = (
        "SELECT 12.50::numeric AS amount, 1e3::float8 AS f, true AS b, '2027-01-31'::date AS d,"
        " '2027-01-31 10:00+02'::timestamptz AS t, '2027-01-31 10:00'::timestamp AS l,"
        " '00000000-0000-0000-0000-000000000001'::uuid AS u, NULL AS n"
    )
    expected: dict[str, Any] = {"amount": "12.50", "f": 1000.0, "b": True, "d": "2027-01-31"}
    expected |= {"l": "2027-01-31T10:00:00", "u": "00000000-0000-0000-0000-000000000001"}
    (row,) = rows(Query(database, query))
    assert isinstance(row, Row)
    instant = datetime.datetime.fromisoformat(str(row.values.pop("t")))
    assert instant == datetime.datetime(2027, 1, 31, 8, tzinfo=datetime.UTC)
    assert row.values == expected


@pytest.mark.parametrize("value", ["ARRAY[1]", "'{}'::jsonb", "'x'::bytea", "'NaN'::float8", "'NaN'::numeric"])
def test_what_a_row_cannot_hold_is_a_fault_of_that_row(value: str, database: str) -> None:
    (fault,) = rows(Query(database, f"SELECT {value} AS v"))
    assert isinstance(fault, Fault)
    assert (fault.code, fault.line, fault.final) == (Trouble.NOT_SCALAR, 1, False)


@pytest.mark.parametrize("query", ["SELECT 'infinity'::timestamptz AS t", "SELECT '0044-03-15 BC'::date AS d"])
def test_times_outside_the_calendar_do_not_crash(query: str, database: str) -> None:
    assert only_fault(database, query).code is Trouble.DATABASE


def test_sqlite_reads_no_other_file_and_no_library(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "a.db").execute("CREATE TABLE t (x)")
    for query in (f"ATTACH '{tmp_path}/b.db' AS b", "PRAGMA journal_mode", "SELECT load_extension('libx')"):
        assert only_fault(f"sqlite:///{tmp_path}/a.db", query).code is Trouble.DATABASE
    assert not (tmp_path / "b.db").exists()


def test_values_of_sqlite(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "a.db").close()
    query = "SELECT 'a' || char(0) AS v UNION ALL SELECT x'00' UNION ALL SELECT 9e999 UNION ALL SELECT 1.5"
    found = list(rows(Query(f"sqlite:///{tmp_path}/a.db", query)))
    codes = [one.code if isinstance(one, Fault) else one.values["v"] for one in found]
    assert codes == [Trouble.NUL, Trouble.NOT_SCALAR, Trouble.NOT_SCALAR, 1.5]


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///none/such.db",
        "sqlite:relative.db",
        "sqlite::memory:",
        "mysql://u:p4ss@h/d",
        "p4ss",
        "",
        "postgresql://u:p4ss@127.0.0.1:1/d",
        "postgresql://u:p4ss@/d?host=/none&port=x",
        "postgresql://u:p4ss@[/d",
    ],
)
def test_no_way_in_is_told_without_the_password(url: str) -> None:
    fault = only_fault(url, "SELECT 1")
    assert fault.code is Trouble.DATABASE
    assert "p4ss" not in fault.detail + fault.help


def test_a_secret_that_is_not_there_is_a_fault_of_the_list() -> None:
    source = source_of({"sql": {"url": {"env": "CRM"}, "query": "SELECT 1"}}, "", lambda _: "")
    (fault,) = rows(source)
    assert isinstance(fault, Fault)
    assert (fault.detail, fault.final) == ("there is no database URL", True)


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    only_fault(f"sqlite:///{tmp_path}/none.db", "SELECT 1")
    assert list(tmp_path.iterdir()) == []
