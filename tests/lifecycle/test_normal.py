"""The normal form: equal meanings are equal bytes, nothing is lost, and normalising twice is normalising once."""

import copy
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.lifecycle.normal import fill, normaliser
from reconciler.lifecycle.shape import Shape, read_shape
from reconciler.model.canonical import encode
from reconciler.source.definitions import load_kinds
from reconciler.source.schema import Validator
from reconciler.source.strict_yaml import read_documents

REPOSITORY = Path(__file__).parent.parent.parent
KINDS = load_kinds((), Path("/"))[0].table


def obj(**members: Any) -> dict[str, Any]:
    return {"type": "object", "properties": members}


def lst(items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": items, **more}


TEXT, NUMBER, TRUTH = {"type": "string"}, {"type": "integer"}, {"type": "boolean"}
NAMED = obj(name=TEXT, n={**NUMBER, "default": 1}, tags=lst(TEXT, **{"x-set": True}))


def normal(schema: dict[str, Any], value: Any) -> Any:
    function = normaliser(read_shape(schema))
    return function(copy.deepcopy(value)) if function else value


EQUAL: dict[str, tuple[dict[str, Any], Any, Any]] = {
    "a default": (obj(a={**NUMBER, "default": 1}, b=TEXT), {"a": 1, "b": "x"}, {"b": "x"}),
    "a default that is null": (obj(a={"type": ["integer", "null"], "default": None}), {"a": None}, {}),
    "a default that is false": (obj(a={**TRUTH, "default": False}), {"a": False}, {}),
    "a default that is empty": (obj(a={**lst(TEXT), "default": []}), {"a": []}, {}),
    "a default that is an object": (obj(a={**obj(b=NUMBER), "default": {"b": 1}}), {"a": {"b": 1}}, {}),
    "a default inside a list": (obj(a=lst(NAMED)), {"a": [{"name": "x", "n": 1}]}, {"a": [{"name": "x"}]}),
    "a default inside a map": (
        {"type": "object", "additionalProperties": NAMED}, {"k": {"name": "x", "n": 1}}, {"k": {"name": "x"}},
    ),
    "a default that holds defaults": (
        obj(a={**obj(b={**NUMBER, "default": 1}), "default": {"b": 1}}), {"a": {"b": 1}}, {},
    ),
    "a default that is empty, written out": (
        obj(a={**obj(b={**NUMBER, "default": 1}), "default": {}}), {"a": {"b": 1}}, {},
    ),
    "a default that is a set in another order": (
        obj(a={**lst(TEXT, **{"x-set": True}), "default": ["b", "a"]}), {"a": ["a", "b"]}, {},
    ),
    "a default that is a keyed list in another order": (
        obj(a={**lst(NAMED, **{"x-key": "name"}), "default": [{"name": "b"}, {"name": "a"}]}),
        {"a": [{"name": "a", "n": 1}, {"name": "b"}]}, {},
    ),
    "a set": (obj(a=lst(TEXT, **{"x-set": True})), {"a": ["b", "a", "c"]}, {"a": ["a", "c", "b"]}),
    "a set of mixed scalars": (obj(a=lst({}, **{"x-set": True})), {"a": [2, "1", True, 10]}, {"a": [True, 10, 2, "1"]}),
    "a keyed list": (
        obj(a=lst(NAMED, **{"x-key": "name"})),
        {"a": [{"name": "b"}, {"name": "a", "n": 1}]}, {"a": [{"name": "a"}, {"name": "b", "n": 1}]},
    ),
    "a set within a keyed list": (
        obj(a=lst(NAMED, **{"x-key": "name"})),
        {"a": [{"name": "a", "tags": ["x", "y"]}]}, {"a": [{"tags": ["y", "x"], "name": "a"}]},
    ),
    "a default within a union": (
        obj(a={"anyOf": [TEXT, NAMED]}), {"a": {"name": "x", "n": 1}}, {"a": {"name": "x"}},
    ),
    "a default of the variant that it is": (
        obj(a={"anyOf": [
            obj(is_={"const": "one"}, n={**NUMBER, "default": 1}),
            obj(is_={"const": "two"}, n={**NUMBER, "default": 2}),
        ]}),
        {"a": {"is_": "two", "n": 2}}, {"a": {"is_": "two"}},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("schema", "one", "other"), EQUAL.values(), ids=EQUAL)
def test_what_means_the_same_is_the_same(schema: dict[str, Any], one: object, other: object) -> None:
    assert encode(normal(schema, one)) == encode(normal(schema, other))


DIFFERENT: dict[str, tuple[dict[str, Any], Any, Any]] = {
    "true and 1": (obj(a={"default": 1}), {"a": True}, {}),
    "1 and true": (obj(a={"default": True}), {"a": 1}, {}),
    "0 and false": (obj(a={"default": False}), {"a": 0}, {}),
    "true and 1 inside a default": (obj(a={"default": [1]}), {"a": [True]}, {}),
    "true and 1 deep inside a default": (obj(a={"default": {"b": [{"c": 1}]}}), {"a": {"b": [{"c": True}]}}, {}),
    "null and nothing": (obj(a={"type": ["integer", "null"]}), {"a": None}, {}),
    "empty and nothing": (obj(a=lst(TEXT)), {"a": []}, {}),
    "a list's order": (obj(a=lst(TEXT)), {"a": ["a", "b"]}, {"a": ["b", "a"]}),
    "a list's length": (obj(a=lst(TEXT, **{"x-set": True})), {"a": ["a", "a"]}, {"a": ["a"]}),
    "an order beside a map of sets": (
        {"type": "object", "properties": {"a": lst(TEXT)}, "additionalProperties": lst(TEXT, **{"x-set": True})},
        {"a": ["b", "a"]}, {"a": ["a", "b"]},
    ),
    "the defaults of two variants": (
        obj(a={"anyOf": [
            obj(is_={"const": "one"}, n={**NUMBER, "default": 1}),
            obj(is_={"const": "two"}, n={**NUMBER, "default": 2}),
        ]}),
        {"a": {"is_": "two", "n": 1}}, {"a": {"is_": "two"}},
    ),
    "an order in one variant, a set in the other": (
        obj(a={"anyOf": [
            obj(is_={"const": "one"}, n=lst(TEXT, **{"x-set": True})), obj(is_={"const": "two"}, n=lst(TEXT)),
        ]}),
        {"a": {"is_": "two", "n": ["b", "a"]}}, {"a": {"is_": "two", "n": ["a", "b"]}},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("schema", "one", "other"), DIFFERENT.values(), ids=DIFFERENT)
def test_what_differs_stays_different(schema: dict[str, Any], one: object, other: object) -> None:
    assert encode(normal(schema, one)) != encode(normal(schema, other))


def test_values_that_do_not_fit_are_left_alone() -> None:
    """The schema refuses them elsewhere; the normal form does not fall over them."""
    schema = obj(a=lst(NAMED, **{"x-key": "name"}), b=obj(c=TEXT))
    odd: list[Any] = [
        7,
        "x",
        None,
        [],
        {"a": 7},
        {"a": [7, {"n": 1}]},
        {"b": [1]},
        {"a": [{"name": 7}, {"name": "7"}, {}]},
    ]
    for value in odd:
        once = normal(schema, value)
        assert normal(schema, once) == once


def test_nothing_to_do_is_no_function() -> None:
    assert normaliser(read_shape(obj(a=TEXT, b=lst(TEXT), c=obj(d=NUMBER)))) is None


def test_the_value_given_is_not_changed() -> None:
    schema = obj(a=lst(NAMED, **{"x-key": "name"}), n={**NUMBER, "default": 1})
    value: dict[str, Any] = {"n": 1, "a": [{"name": "b", "n": 1, "tags": ["b", "a"]}, {"name": "a"}]}
    before = copy.deepcopy(value)
    function = normaliser(read_shape(schema))
    assert function is not None
    function(value)
    assert value == before


# Over the real kinds: random documents of their shapes, and what the repository holds.


def documents() -> Iterator[tuple[str, str, Any]]:
    """Every spec in the repository: where it stands, its kind, the spec."""
    files = [*(REPOSITORY / "campaigns.d").rglob("*.yaml"), *(REPOSITORY / "tests/manifests/binding").glob("*.yaml")]
    for file in sorted(files):
        for document in read_documents(file.read_bytes()):
            if document.value is not None:
                yield f"{file.name}:{document.line}", document.value["kind"], document.value.get("spec", {})


REAL = list(documents())


def values(shape: Shape) -> st.SearchStrategy[Any]:
    """Values of a shape: members come and go, defaults are written out now and then."""
    if shape.choices:
        return st.one_of([values(choice) for choice in shape.choices])
    if shape.members:
        required = {name: values(member) for name, member in shape.members.items() if name in shape.required}
        optional = {name: values(member) for name, member in shape.members.items() if name not in shape.required}
        return st.fixed_dictionaries(required, optional=optional)
    if shape.values is not None:
        return st.dictionaries(st.sampled_from("abc"), values(shape.values), max_size=2)
    if shape.item is not None:
        return st.lists(values(shape.item), max_size=3)
    scalars: st.SearchStrategy[Any] = st.sampled_from([0, 1, 2, True, False, "a", "b", "", 1.5, "1"])
    return (
        scalars
        if shape.default is None or not isinstance(shape.default, str | int | float)
        else scalars | st.just(shape.default)
    )


@pytest.mark.parametrize("kind", sorted(KINDS))
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_normalising_twice_is_normalising_once(kind: str, data: st.DataObject) -> None:
    one = KINDS[kind]
    value = data.draw(values(one.shape.members["spec"]))
    once = one.normalise_spec(value)
    assert encode(one.normalise_spec(once)) == encode(once)


@pytest.mark.parametrize("kind", sorted(KINDS))
@given(data=st.data(), seed=st.integers())
@settings(max_examples=40, deadline=None)
def test_order_does_not_matter_where_it_means_nothing(kind: str, data: st.DataObject, seed: int) -> None:
    one = KINDS[kind]
    shape = one.shape.members["spec"]
    value = data.draw(values(shape))
    mixed = shuffled(value, shape, random.Random(seed))
    assert encode(one.normalise_spec(mixed)) == encode(one.normalise_spec(value))


def shuffled(value: Any, shape: Shape, chance: random.Random) -> Any:
    """The same meaning: members, sets and keyed lists (with distinct keys) in another order."""
    shape = shape.choose(value)
    if isinstance(value, dict):
        names = list(value)
        chance.shuffle(names)
        return {
            name: shuffled(value[name], shape.members.get(name) or shape.values or Shape(), chance) for name in names
        }
    if isinstance(value, list):
        items = [shuffled(one, shape.item or Shape(), chance) for one in value]
        keys = [str(one.get(shape.key)) if isinstance(one, dict) else "" for one in items]
        if shape.is_set or (shape.key and len(set(keys)) == len(keys)):
            chance.shuffle(items)
        return items
    return value


@pytest.mark.parametrize("kind", sorted(KINDS))
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_writing_the_defaults_out_changes_nothing(kind: str, data: st.DataObject) -> None:
    one = KINDS[kind]
    shape = one.shape.members["spec"]
    value = data.draw(values(shape))
    filled = fill(value, shape)
    assert encode(one.normalise_spec(filled)) == encode(one.normalise_spec(value))
    assert encode(fill(filled, shape)) == encode(filled), "filling twice is filling once"


@pytest.mark.parametrize(
    ("kind", "spec"), [(kind, spec) for _, kind, spec in REAL], ids=[where for where, _, _ in REAL]
)
def test_real_specs_keep_their_meaning(kind: str, spec: Any) -> None:
    """Normalised, a spec is accepted still; and filled again it says what it said."""
    one = KINDS[kind]
    shape, validator = one.shape.members["spec"], Validator(one.spec_schema)
    brief, full = one.normalise_spec(spec), fill(spec, one.shape.members["spec"])
    assert validator.problems(brief) == []
    assert ordered(fill(brief, shape), shape) == ordered(full, shape)


def ordered(value: Any, shape: Shape) -> bytes:
    """Comparable, sets and keyed lists in one order, defaults kept: an independent sort of what `normaliser` sorts."""

    def order(one: Any, within: Shape) -> Any:
        within = within.choose(one)
        if isinstance(one, dict):
            return {
                name: order(inner, within.members.get(name) or within.values or Shape()) for name, inner in one.items()
            }
        if isinstance(one, list):
            items = [order(inner, within.item or Shape()) for inner in one]
            return sorted(items, key=encode) if within.key or within.is_set else items
        return one

    return encode(order(value, shape))


# Filling.


FILLED: dict[str, tuple[dict[str, Any], Any, Any]] = {
    "a member": (obj(a={**NUMBER, "default": 1}), {}, {"a": 1}),
    "a member that is there": (obj(a={**NUMBER, "default": 1}), {"a": 2}, {"a": 2}),
    "a member that is null": (obj(a={"type": ["integer", "null"], "default": 1}), {"a": None}, {"a": None}),
    "within a list": (obj(a=lst(NAMED)), {"a": [{}]}, {"a": [{"n": 1}]}),
    "within a map": ({"type": "object", "additionalProperties": NAMED}, {"k": {}}, {"k": {"n": 1}}),
    "within what is there": (obj(a=obj(b={**NUMBER, "default": 1})), {"a": {}}, {"a": {"b": 1}}),
    "not within what is absent": (obj(a=obj(b={**NUMBER, "default": 1})), {}, {}),
    "within a default": (obj(a={**obj(b={**NUMBER, "default": 1}), "default": {}}), {}, {"a": {"b": 1}}),
    "of the variant that it is": (
        obj(a={"anyOf": [
            obj(is_={"const": "one"}, n={**NUMBER, "default": 1}),
            obj(is_={"const": "two"}, n={**NUMBER, "default": 2}),
        ]}),
        {"a": {"is_": "two"}}, {"a": {"is_": "two", "n": 2}},
    ),
    "what does not fit": (obj(a={**NUMBER, "default": 1}), [1], [1]),
}  # fmt: skip


@pytest.mark.parametrize(("schema", "value", "filled"), FILLED.values(), ids=FILLED)
def test_defaults_are_filled_in(schema: dict[str, Any], value: object, filled: object) -> None:
    assert encode(fill(value, read_shape(schema))) == encode(filled)


def test_a_filled_value_shares_nothing_that_could_be_changed() -> None:
    """A rule or runtime that changes what it was given must not change the kind's defaults."""
    shape = read_shape(obj(a={**lst(TEXT), "default": []}))
    first: dict[str, list[str]] = fill({}, shape)
    first["a"].append("x")
    assert fill({}, shape) == {"a": []}


def test_deep_values_do_not_exhaust_the_stack() -> None:
    deep: Any = []
    for _ in range(64):
        deep = [deep]
    shape = read_shape(obj(a={}))
    function: Callable[[Any], Any] = normaliser(shape) or (lambda value: value)
    assert fill(function({"a": deep}), shape) == {"a": deep}
