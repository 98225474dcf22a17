"""Positions: of values, keys and ancestors, by index, key or value, whatever anchors the file has."""

import pytest

from reconciler.lifecycle.shape import Shape, read_shape
from reconciler.source.marks import Locator, Mark, locate
from reconciler.source.strict_yaml import yaml_reader

TEXT = b"""\
a: &x [1, {b: two}]
c/d: {e~f: 3}
again: &x
  - 4
used: *x
parts:
  - {name: zebra, size: 1}
  - {name: ant, size: 2}
tags: [red, blue]
"""
SHAPE = read_shape(
    {
        "type": "object",
        "properties": {
            "parts": {"type": "array", "x-key": "name", "items": {"type": "object", "properties": {"size": {}}}},
            "tags": {"type": "array", "x-set": True, "items": {"type": "string"}},
        },
    }
)


@pytest.mark.parametrize(
    ("pointer", "shape", "on_key", "line", "column"),
    [
        ("", None, False, 1, 1),
        ("/a", None, False, 1, 4),
        ("/a", None, True, 1, 1),
        ("/a/1/b", None, False, 1, 15),
        ("/a/1/b", None, True, 1, 12),
        ("/a/7/b", None, False, 1, 4),
        ("/nothing/below", None, True, 1, 1),
        ("/c~1d/e~0f", None, False, 2, 12),
        ("/used/0", None, False, 4, 5),
        ("/used", None, False, 5, 7),
        ("/parts/1/size", None, False, 8, 23),
        ("/parts/ant/size", SHAPE, False, 8, 23),
        ("/parts/0", SHAPE, False, 7, 3),
        ("/tags/blue", SHAPE, False, 9, 13),
        ("/tags/green", SHAPE, False, 9, 7),
    ],
)
def test_a_pointer_has_a_place(pointer: str, shape: Shape | None, on_key: bool, line: int, column: int) -> None:
    assert locate(TEXT, 0, pointer, shape=shape, on_key=on_key) == Mark(line, column)


def test_documents_have_places_of_their_own() -> None:
    marks = Locator(b"a: 1\n---\na: 2\n---\n")
    assert [marks.mark(index, "/a") for index in range(4)] == [Mark(1, 4), Mark(3, 4), Mark(5, 1), Mark()]


def test_what_yaml_cannot_read_has_no_places() -> None:
    assert locate(rb'{"a": "\ud83d\ude00"}', 0, "/a") == Mark()
    assert locate(b"[" * 5_000 + b"]" * 5_000, 0, "/0") == Mark()


def test_places_can_be_asked_for_in_the_midst_of_reading() -> None:
    with yaml_reader() as read:
        assert read(b"a: 1")[0].value == {"a": 1}
        assert locate(b"b: 2", 0, "/b") == Mark(1, 4)
        assert read(b"c: 3")[0].value == {"c": 3}
