"""Shapes read off schemas: what they hold, where pointers lead, and what a pattern finds."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.lifecycle.shape import annotated, matches, read_shape, select, values_at
from reconciler.model.change import ABSENT, tokens

SCHEMA: dict[str, Any] = {
    "$defs": {
        "Part": {"type": "object", "properties": {"name": {"type": "string"}, "inner": {"$ref": "#/$defs/Part"}}},
        "Text": {
            "anyOf": [
                {"type": "string", "x-file": "content"},
                {"type": "object", "properties": {"file": {"type": "string", "x-file": "data"}, "lines": {}}},
            ]
        },
    },
    "type": "object",
    "properties": {
        "title": {"type": "string", "default": "untitled"},
        "size": {"type": ["integer", "null"], "default": None},
        "parts": {"type": "array", "x-key": "name", "items": {"$ref": "#/$defs/Part"}},
        "tags": {"type": "array", "x-set": True, "items": {"type": "string"}},
        "prices": {"type": "object", "additionalProperties": {"type": "object", "properties": {"amount": {}}}},
        "text": {"$ref": "#/$defs/Text", "default": ""},
        "when": {"type": "string", "x-cel": ["lead", "now"]},
        "anything": {},
        "closed": {"type": "object", "additionalProperties": False},
        "a/b": {"type": "object", "properties": {"c~d": {"type": "string"}}},
    },
}  # fmt: skip
SHAPE = read_shape(SCHEMA)

LEADS = [
    "", "/title", "/parts", "/parts/*", "/parts/*/name", "/tags/*", "/prices", "/prices/*", "/prices/*/amount",
    "/prices/gold/amount", "/text", "/text/file", "/text/lines", "/anything/at/all", "/a~1b/c~0d",
    "/parts/*/inner/whatever/below",
]  # fmt: skip
NOWHERE = [
    "/titel", "/title/x", "/title/*", "/parts/name", "/parts/0/name", "/parts/*/nam", "/tags/x", "/prices/*/amounts",
    "/text/fil",
    "/closed/x", "/closed/*", "/a/b", "/a~1b/c", "/*/name", "/Title", "//", "/parts/*/", "/ title",
]  # fmt: skip


@pytest.mark.parametrize("pointer", LEADS)
def test_a_pointer_that_leads_somewhere(pointer: str) -> None:
    assert SHAPE.has(pointer)


@pytest.mark.parametrize("pointer", NOWHERE)
def test_a_pointer_that_leads_nowhere(pointer: str) -> None:
    assert not SHAPE.has(pointer)


def test_what_a_schema_says_of_its_members() -> None:
    members = SHAPE.members
    assert (members["title"].default, members["size"].default, members["tags"].default) == ("untitled", None, ABSENT)
    assert (members["parts"].key, members["tags"].is_set, members["parts"].is_set) == ("name", True, False)
    assert members["text"].default == "", "what stands beside a $ref counts"
    assert members["prices"].values is not None
    assert members["anything"].open
    assert not members["closed"].open


def test_files_and_expressions_are_found_with_their_patterns() -> None:
    found = {(path, shape.file, shape.cel) for path, shape in annotated(SHAPE, "/spec")}
    assert found == {
        ("/spec/text", "content", ()), ("/spec/text/file", "data", ()), ("/spec/when", "", ("lead", "now")),
    }  # fmt: skip


def test_annotations_are_found_in_lists_maps_and_unions() -> None:
    file = {"type": "string", "x-file": "content"}
    nested = {
        "type": "array",
        "items": {"type": "object", "additionalProperties": {"oneOf": [file, {"type": "integer"}]}},
    }
    shape = read_shape({"type": "object", "properties": {"x/y": nested}})
    assert [path for path, _ in annotated(shape)] == ["/x~1y/*/*"]


def test_a_recursive_schema_ends_and_is_open_below() -> None:
    tree = {
        "$defs": {"T": {"type": "object", "properties": {"kids": {"type": "array", "items": {"$ref": "#/$defs/T"}}}}}
    }
    shape = read_shape({**tree, "$ref": "#/$defs/T"})
    assert shape.has("/kids/*/kids/*/kids")
    mutual = {
        "A": {"type": "object", "properties": {"b": {"$ref": "#/$defs/B"}}},
        "B": {"type": "object", "properties": {"a": {"$ref": "#/$defs/A"}}},
    }
    assert read_shape({"$defs": mutual, "$ref": "#/$defs/A"}).has("/b/a/b")


SCHEMAS_OF_ALL_SORTS: list[dict[str, Any]] = [
    {},
    {"type": "object"},
    {"type": "object", "properties": {"a": True, "b": False}},
    {"$defs": {"A": True}, "type": "object", "properties": {"a": {"$ref": "#/$defs/A"}}},
    {"type": "array", "items": True},
    {"type": "array", "items": False},
    {"type": "array", "prefixItems": [{"type": "string"}]},
    {"anyOf": [True, {"type": "string"}]},
    {"oneOf": [{"const": 1}, {"enum": ["a"]}, {"required": ["x"]}]},
    {"$ref": "#"},
    {"$ref": "#/$defs/nothing"},
    {"type": "object", "additionalProperties": True},
    {"type": "object", "patternProperties": {"^x": {"type": "string"}}},
]


@pytest.mark.parametrize("schema", SCHEMAS_OF_ALL_SORTS, ids=str)
def test_any_schema_has_a_shape(schema: dict[str, Any]) -> None:
    shape = read_shape(schema)
    assert shape.has("")
    list(annotated(shape))


# Unions.


def union(*branches: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": {"u": {"anyOf": list(branches)}}}


def chosen(value: object, *branches: dict[str, Any]) -> int:
    """Which branch a value belongs to."""
    shape = read_shape(union(*branches)).members["u"]
    return shape.choices.index(shape.choose(value))


TEXT, NUMBER, LIST = {"type": "string"}, {"type": "integer"}, {"type": "array", "items": {"type": "string"}}
ONE = {"type": "object", "required": ["one"], "properties": {"one": {"type": "integer"}, "more": {"type": "integer"}}}
TWO = {"type": "object", "required": ["two"], "properties": {"two": {"type": "integer"}, "more": {"type": "integer"}}}


@pytest.mark.parametrize(
    ("value", "branch"), [("x", 0), ([], 1), (["x"], 1), ({"one": 1}, 2), ({"two": 1}, 3), ({"two": 1, "more": 2}, 3)]
)
def test_a_union_knows_its_branches_by_their_form(value: object, branch: int) -> None:
    assert chosen(value, TEXT, LIST, ONE, TWO) == branch


def kind(name: str, **members: Any) -> dict[str, Any]:
    return {"type": "object", "required": ["is"], "properties": {"is": {"const": name}, **members}}


def test_a_union_knows_its_branches_by_a_constant_member() -> None:
    """The usual way to tell variants apart: they have the same members, and one of them says which it is."""
    count = {"type": "integer", "default": 1}
    branches = (kind("a", n=count), kind("b", n={"type": "integer", "default": 2}))
    assert [chosen({"is": name, "n": 1}, *branches) for name in "ab"] == [0, 1]
    single = (kind("a", n=count), {**kind("b", n=count), "properties": {"is": {"enum": ["b", "c"]}, "n": count}})
    assert [chosen({"is": name}, *single) for name in "abc"] == [0, 1, 1]


def test_a_union_knows_its_branches_by_the_type_of_a_member() -> None:
    branches = ({"type": "object", "properties": {"n": TEXT}}, {"type": "object", "properties": {"n": LIST}})
    assert [chosen({"n": value}, *branches) for value in ("x", ["x"])] == [0, 1]


def test_a_union_takes_members_that_its_schema_leaves_open() -> None:
    """Without additionalProperties: false other members are allowed; the branch is the same."""
    assert chosen({"one": 1, "other": 2}, TEXT, ONE) == 1
    assert chosen({"two": 1, "other": 2}, ONE, TWO) == 1


def test_a_union_within_a_union() -> None:
    shape = read_shape(union(TEXT, {"anyOf": [LIST, ONE]})).members["u"]
    assert shape.choose({"one": 1}).has("/one")
    assert shape.choose([]).item is not None


# Selecting.


VALUE = {
    "parts": [{"name": "a"}, {"name": "b"}, {}],
    "prices": {"x/y": {"amount": 1}, "t~u": {"amount": 2}},
    "*": {"n": 3},
    "n": None,
}


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("", [("", VALUE)]),
        ("/parts/*/name", [("/parts/0/name", "a"), ("/parts/1/name", "b")]),
        ("/prices/*/amount", [("/prices/x~1y/amount", 1), ("/prices/t~0u/amount", 2)]),
        ("/prices/x~1y/amount", [("/prices/x~1y/amount", 1)]),
        ("/n", [("/n", None)]),
        ("/n/m", []),
        ("/parts/name", []),
        ("/nothing", []),
    ],
)
def test_select_finds_values_with_their_pointers(pattern: str, found: list[tuple[str, object]]) -> None:
    assert list(select(VALUE, tokens(pattern))) == found
    assert values_at(VALUE, tokens(pattern)) == [value for _, value in found]


NAMES = st.text("ab/~*0", max_size=3)
TREES = st.recursive(
    st.integers(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=12
)


@given(TREES, st.lists(NAMES | st.just("*"), max_size=4).map(tuple))
def test_what_select_finds_stands_at_its_pointer(tree: Any, pattern: tuple[str, ...]) -> None:
    for pointer, value in select(tree, pattern):
        here = tree
        for token in tokens(pointer):
            here = here[int(token)] if isinstance(here, list) else here[token]
        assert here is value
        assert matches(pattern, tokens(pointer))
    assert values_at(tree, pattern) == [value for _, value in select(tree, pattern)]


@pytest.mark.parametrize(
    ("pattern", "path", "answer"),
    [
        ("", "/a", True), ("/a", "/a", True), ("/a", "/a/b", True), ("/a/b", "/a", False), ("/a/*", "/a", False),
        ("/a/*", "/a/b", True), ("/a/*/c", "/a/b/d", False), ("/a/*/c", "/a/b/c/d", True), ("/a", "/ab", False),
    ],
)  # fmt: skip
def test_a_path_lies_at_or_below_a_pattern(pattern: str, path: str, answer: bool) -> None:
    assert matches(tokens(pattern), tokens(path)) is answer
