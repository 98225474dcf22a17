"""Files of rows: what is read, and what is refused, with its line and a way out."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from reconciler.feed.row import Fault, Row, Trouble
from reconciler.feed.rows import rows
from reconciler.feed.source import CsvFile, Inline, JsonLines, Query, source_of


def read(directory: Path, content: bytes, required: tuple[str, ...] = (), suffix: str = "csv") -> list[Row | Fault]:
    path = directory / f"list.{suffix}"
    path.write_bytes(content)
    return list(rows(CsvFile(str(path)) if suffix == "csv" else JsonLines(str(path)), required))


def told(found: Iterable[Row | Fault]) -> list[Any]:
    """Rows as (line, values), faults as (line, code)."""
    return [(one.line, one.values if isinstance(one, Row) else one.code.value) for one in found]


A = {"a": "1", "b": "2"}

WELL = {
    "plain": (b"a,b\n1,2\n", [(2, A)]),
    "no last line end": (b"a,b\n1,2", [(2, A)]),
    "CRLF": (b"a,b\r\n1,2\r\n", [(2, A)]),
    "byte order mark": (b"\xef\xbb\xbfa,b\n1,2\n", [(2, A)]),
    "byte order mark before a quote": (b'\xef\xbb\xbf"a",b\n1,2\n', [(2, A)]),
    "semicolons": (b"a;b\n1;2\n", [(2, A)]),
    "tabs": (b"a\tb\n1\t2\n", [(2, A)]),
    "a comma in a quoted name": (b'"a,x";b\n1;2\n', [(2, {"a,x": "1", "b": "2"})]),
    "spaces around names": (b" a , b\n1,2\n", [(2, A)]),
    "one column": (b"a\n1\n", [(2, {"a": "1"})]),
    "header alone": (b"a,b\n", []),
    "empty lines": (b"a,b\n\n1,2\n\n\n1,2\n", [(3, A), (6, A)]),
    "a line end in quotes": (b'a,b\n"1\n1",2\n1,2\n', [(2, {"a": "1\n1", "b": "2"}), (4, A)]),
    "quotes in quotes": (b'a,b\n"1""1",2\n', [(2, {"a": '1"1', "b": "2"})]),
    "a quote in a bare field": (b'a,b\n1"1,2\n', [(2, {"a": '1"1', "b": "2"})]),
    "empty fields": (b"a,b\n,\n", [(2, {"a": "", "b": ""})]),
    "other scripts": ("a,b\n\u4e2d,\U0001f600\n".encode(), [(2, {"a": "\u4e2d", "b": "\U0001f600"})]),
    "too short and too long": (b"a,b\n1\n1,2,3\n1,2\n", [(2, "width"), (3, "width"), (4, A)]),
    "a formula": (b"a,b\n=1+1,2\n", [(2, {"a": "=1+1", "b": "2"})]),
}
ILL = {
    "empty file": (b"", 1, Trouble.HEADER),
    "an empty first line": (b"\n1,2\n", 1, Trouble.HEADER),
    "a column without a name": (b"a,,c\n", 1, Trouble.HEADER),
    "two columns of one name": (b"a,b, a\n", 1, Trouble.HEADER),
    "a name too long": (b"a," + b"b" * 101 + b"\n", 1, Trouble.HEADER),
    "too many columns": (b",".join(b"c%d" % n for n in range(201)), 1, Trouble.HEADER),
    "two delimiters": (b"a;b,c\n", 1, Trouble.DELIMITER),
    "UTF-16 with a mark": ("a,b\n1,2\n".encode("utf-16"), 1, Trouble.ENCODING),
    "UTF-16, big end first": ("\ufeffa,b\n".encode("utf-16-be"), 1, Trouble.ENCODING),
    "UTF-16 without a mark": ("a,b\n1,2\n".encode("utf-16-le"), 1, Trouble.NUL),
    "Latin-1": ("a,b\n1,2\nJos\u00e9,2\n".encode("latin-1"), 3, Trouble.ENCODING),
    "half a character": (b"a,b\n1,2\n\xe4\xb8,2\n", 3, Trouble.ENCODING),
    "a surrogate": (b"a,b\n\xed\xa0\x80,2\n", 2, Trouble.ENCODING),
    "a workbook": (b"PK\x03\x04\x14\x00", 1, Trouble.ENCODING),
    "gzip": (b"\x1f\x8b\x08\x00", 1, Trouble.ENCODING),
    "NUL": (b"a,b\n1,2\n1\0,2\n", 3, Trouble.NUL),
    "quotes not closed": (b'a,b\n1,2\n"1,2\n1,2\n', 3, Trouble.QUOTES),
    "quotes closed rows later": (b'a,b\n1,2\n"1,2\n"1",2\n', 3, Trouble.QUOTES),
    "text after quotes": (b'a,b\n1,2\n"1"x,2\n', 3, Trouble.QUOTES),
    "a header whose quotes are not closed": (b'"a,b\n1,2\n', 1, Trouble.QUOTES),
    "old line ends": (b"a,b\r1,2\r", 1, Trouble.LINE_ENDS),
    "a bare carriage return": (b"a,b\n1,2\n1\r1,2\n", 3, Trouble.LINE_ENDS),
    "a field too long": (b"a,b\n1,2\n" + b"x" * 131_073 + b",2\n", 3, Trouble.TOO_LONG),
    "quotes that swallow much": (b'a,b\n1,2\n"' + b"1,2\n" * 40_000, 3, Trouble.TOO_LONG),
    "a line too long": (b"a,b\n1,2\n" + b"x," * 600_000 + b"\n", 3, Trouble.TOO_LONG),
    "no line end for long": (b"x" * 3_000_000, 1, Trouble.TOO_LONG),
}


@pytest.mark.parametrize(("content", "expected"), WELL.values(), ids=WELL)
def test_rows_of_a_csv_file(content: bytes, expected: list[Any], tmp_path: Path) -> None:
    """E-43: a list is read row by row, with lines."""
    assert told(read(tmp_path, content)) == expected


@pytest.mark.parametrize(("content", "line", "code"), ILL.values(), ids=ILL)
def test_what_ends_the_reading_of_a_csv_file(content: bytes, line: int, code: Trouble, tmp_path: Path) -> None:
    *before, last = read(tmp_path, content)
    assert isinstance(last, Fault)
    assert (last.line, last.code, last.final) == (line, code, True)
    assert last.help
    assert all(isinstance(one, Row) and one.values == A for one in before)


def test_a_fault_of_one_row_does_not_end_the_reading(tmp_path: Path) -> None:
    short, long, _ = read(tmp_path, b"a,b\n1\n1,2,3\n1,2\n")
    assert isinstance(short, Fault)
    assert isinstance(long, Fault)
    assert (short.detail, short.final) == ("the row has 1 field, the header 2", False)
    assert "quotes" in long.help


def test_a_column_that_the_manifest_names_must_be_there(tmp_path: Path) -> None:
    (fault,) = read(tmp_path, b"e_mail,name\nx@y.example,X\n", required=("email",))
    assert isinstance(fault, Fault)
    assert fault.code is Trouble.NO_COLUMN
    assert fault.detail == "there is no column 'email'; the columns are e_mail, name"
    assert fault.help.startswith("did you mean 'e_mail'?")


def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    assert told(rows(CsvFile(str(tmp_path / "pipe.csv")))) == [(0, "not-a-file")]


@pytest.mark.parametrize(("path", "code"), [("none.csv", "missing-data"), ("", "not-a-file"), ("a\0b", "unreadable")])
def test_what_is_no_file(path: str, code: str, tmp_path: Path) -> None:
    assert told(rows(CsvFile(f"{tmp_path}/{path}"))) == [(0, code)]


def test_a_device_is_refused() -> None:
    assert told(rows(CsvFile("/dev/zero"))) == [(0, "not-a-file")]


@pytest.mark.parametrize("change", ["grow", "touch", "shrink"])
def test_a_file_that_changes_while_it_is_read_is_refused(change: str, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"a,b\n" + b"1,2\n" * 50_000)
    found = rows(CsvFile(str(path)))
    next(found)
    match change:
        case "grow":
            with path.open("ab") as file:
                file.write(b"1,2\n")
        case "touch":
            os.utime(path, ns=(1, 1))
        case _:
            os.truncate(path, 100_000)
    *_, last = found
    assert isinstance(last, Fault)
    assert (last.code, last.final) == (Trouble.CHANGED, True)


def test_a_file_that_is_replaced_while_it_is_read_is_read_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"a,b\n" + b"1,2\n" * 50_000)
    found = rows(CsvFile(str(path)))
    next(found)
    (tmp_path / "new.csv").write_bytes(b"a,b\n3,4\n")
    (tmp_path / "new.csv").replace(path)
    assert [one for one in found if not isinstance(one, Row) or one.values != A] == []


JSON_LINES = {
    "an object": (b'{"a": "x", "n": 1, "d": 1.5, "t": true}\n', [(1, {"a": "x", "n": 1, "d": 1.5, "t": True})]),
    "null is no value": (b'{"a": null, "b": 1}', [(1, {"b": 1})]),
    "empty lines": (b'\n \n{"a": 1}\n', [(3, {"a": 1})]),
    "a byte order mark": (b'\xef\xbb\xbf{"a": 1}\n', [(1, {"a": 1})]),
    "no object": (b'[1]\n{"a": 1}\n', [(1, "not-json"), (2, {"a": 1})]),
    "cut off": (b'{"a": \n{"a": 1}\n', [(1, "not-json"), (2, {"a": 1})]),
    "two on a line": (b'{"a": 1} {"a": 1}\n', [(1, "not-json")]),
    "nested": (b'{"a": {"b": 1}}\n{"a": [1]}\n', [(1, "not-scalar"), (2, "not-scalar")]),
    "nested deeply": (b'{"a":' + b"[" * 100_000 + b"\n", [(1, "not-scalar")]),
    "no number": (b'{"a": NaN}\n', [(1, "not-json")]),
    "half a pair": (b'{"a": "\\ud800"}\n', [(1, "not-json")]),
    "NUL": (b'{"a": "x\\u0000"}\n{"a\\u0000": 1}\n', [(1, "nul"), (2, "nul")]),
    "no NUL": (b'{"a": "\\\\u0000"}\n', [(1, {"a": "\\u0000"})]),
    "too many columns": (b"{" + b",".join(b'"c%d":1' % n for n in range(201)) + b"}\n", [(1, "too-long")]),
    "Latin-1": ('{"a": "\u00e9"}\n'.encode("latin-1"), [(1, "encoding")]),
}


@pytest.mark.parametrize(("content", "expected"), JSON_LINES.values(), ids=JSON_LINES)
def test_rows_of_json_lines(content: bytes, expected: list[Any], tmp_path: Path) -> None:
    assert told(read(tmp_path, content, suffix="jsonl")) == expected


def test_rows_of_a_manifest() -> None:
    assert told(rows(Inline(({"a": "1", "b": 2}, {"a": True})))) == [(1, {"a": "1", "b": 2}), (2, {"a": True})]


def test_a_source_as_manifests_write_it() -> None:
    """Every form that `Source` of the shapes declares; a secret is asked for, and not shown."""
    secret = {"CRM": "postgresql://u:p4ss@h/d"}
    assert source_of({"csv": "lists/a.csv"}, "dir", str) == CsvFile("dir/lists/a.csv")
    assert source_of({"jsonl": "a.jsonl"}, "dir", str) == JsonLines("dir/a.jsonl")
    assert source_of({"inline": [{"a": 1}]}, "dir", str) == Inline(({"a": 1},))
    query = source_of({"sql": {"url": {"env": "CRM"}, "query": "SELECT 1"}}, "dir", lambda ref: secret[ref["env"]])
    assert query == Query(secret["CRM"], "SELECT 1")
    assert "p4ss" not in repr(query)
