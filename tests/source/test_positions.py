"""Marks point at the value: whatever the pointer, what stands at the place that is shown is what the reader read."""

import json
import random
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.lifecycle.shape import Shape
from reconciler.model.change import escape
from reconciler.source.definitions import load_kinds
from reconciler.source.marks import Mark, locate
from reconciler.source.strict_yaml import YamlProblem, read_documents

REPOSITORY = Path(__file__).parent.parent.parent
FILES = sorted(
    [
        *(REPOSITORY / "campaigns.d").rglob("*.yaml"),
        *(REPOSITORY / "tests/manifests/binding").glob("*.yaml"),
        *(REPOSITORY / "reconciler/kinds").rglob("kind.yaml"),
        *(REPOSITORY / "examples").rglob("*.yaml"),
    ]
)
KINDS = load_kinds((), Path("/"))[0].table
Value: TypeAlias = Any
BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


def pointers(value: Value, at: str = "") -> Iterator[tuple[str, Value]]:
    """Every pointer into a document, by index, with its value."""
    yield at, value
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from pointers(inner, f"{at}/{escape(name)}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from pointers(inner, f"{at}/{index}")


def text_at(data: bytes, mark: Mark) -> str:
    """What stands in the file from a position on."""
    text = data.decode("utf-8").removeprefix("\ufeff")
    for _ in range(mark.line - 1):
        found = BREAK.search(text)
        assert found, "the line exists"
        text = text[found.end() :]
    line = BREAK.split(text, maxsplit=1)[0]
    assert 1 <= mark.column <= len(line) + 1, "the column exists"
    return text[mark.column - 1 :]


def first_scalar(text: str) -> str:
    """The first scalar of a text, by PyYAML's own scanner in Python; what follows may be cut off anywhere."""
    for token in yaml.scan(text, Loader=yaml.SafeLoader):
        if isinstance(token, yaml.ScalarToken):
            return str(token.value)
    raise AssertionError(f"no scalar: {text[:40]!r}")


def says(text: str, value: Value) -> bool:
    """Whether `text` begins with `value`."""
    text = re.sub(r"^(&[^\s,\[\]{}]+\s+)", "", text)
    if text.startswith("*") or value is None:
        return True  # an alias: the value stands at its anchor; a null may be written as nothing at all
    if isinstance(value, dict | list):
        return begins_collection(text, value)
    if isinstance(value, str):
        folded = " ".join(text[: 3 * len(value) + 200].split())
        return first_scalar(text) == value if text[:1] in "'\"|>" else folded.startswith(" ".join(value.split()))
    word = re.match(r"[^\s,\]}]+", text)
    return word is not None and bool(read_documents(word[0].encode())[0].value == value)


def begins_collection(text: str, value: Value) -> bool:
    """Whether a mapping or list begins here: by its bracket, its dash, or its first key."""
    if isinstance(value, list):
        return text.startswith("[") or bool(re.match(r"-\s", text))
    return text.startswith("{") or says(re.sub(r"^\?\s+", "", text), next(iter(value)))


@cache
def read(file: Path) -> tuple[bytes, tuple[Value, ...]]:
    data = file.read_bytes()
    return data, tuple(document.value for document in read_documents(data))


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(REPOSITORY)))
def test_every_pointer_of_every_real_file(file: Path) -> None:
    data, documents = read(file)
    chance = random.Random(str(file))
    for index, document in enumerate(documents):
        every = list(pointers(document))
        for pointer, value in chance.sample(every, min(25, len(every))):
            assert says(text_at(data, locate(data, index, pointer)), value), pointer
            parent, _, last = pointer.rpartition("/")
            if pointer and isinstance(dict(every).get(parent), dict):
                key = locate(data, index, pointer, on_key=True)
                assert says(text_at(data, key), last.replace("~1", "/").replace("~0", "~")), pointer


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(REPOSITORY)))
def test_what_is_not_there_is_shown_at_its_nearest_ancestor(file: Path) -> None:
    data, documents = read(file)
    for index, document in enumerate(documents):
        every = list(pointers(document))
        for pointer, _ in random.Random(str(file)).sample(every, min(5, len(every))):
            there = locate(data, index, pointer)
            for missing in ("/no~1where", "/no/where/at/all", "/999", "/-1", "/"):
                assert locate(data, index, pointer + missing) == there
                assert locate(data, index, pointer + missing, on_key=True) == there
    assert locate(data, len(documents), "/kind") == Mark()


def keyed(value: Value, shape: Shape, at: str = "", by_key: str = "") -> Iterator[tuple[str, str]]:
    """Pointers by index, and by key or value where the shape keys a list; only keys that are texts."""
    shape = shape.choose(value)
    yield at, by_key
    if isinstance(value, dict):
        for name, inner in value.items():
            step = f"/{escape(name)}"
            yield from keyed(inner, shape.members.get(name) or shape.values or Shape(), at + step, by_key + step)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            name = inner.get(shape.key) if shape.key and isinstance(inner, dict) else inner if shape.is_set else None
            if isinstance(name, str) or not (shape.key or shape.is_set):
                step = f"/{escape(name)}" if isinstance(name, str) else f"/{index}"
                yield from keyed(inner, shape.item or Shape(), f"{at}/{index}", by_key + step)


def test_lists_are_pointed_into_by_key_and_sets_by_value() -> None:
    seen = 0
    for file in FILES:
        data, documents = read(file)
        for index, document in enumerate(documents):
            if isinstance(document.get("spec"), dict) and document.get("kind") in KINDS:
                shape = KINDS[document["kind"]].shape
                for by_index, by_key in keyed(document["spec"], shape.members["spec"], "/spec", "/spec"):
                    assert locate(data, index, by_key, shape=shape) == locate(data, index, by_index), by_key
                    seen += by_index != by_key
    assert seen > 100, "the repository holds keyed lists and sets"


# The same documents, written otherwise.


def rewritten(data: bytes, chance: random.Random) -> bytes:
    """The same file with other line breaks, a mark, comments, and odd characters in front."""
    text = data.decode("utf-8")
    if chance.random() < 0.5:
        text = text.replace("\n", chance.choice(["\r\n", "\r"]))
    if chance.random() < 0.5:
        text = (
            chance.choice(["# é€😀\n", "# one\u2028# two\n", "# one\x85# two\n", "\n\n\n", "%YAML 1.2\n---\n"]) + text
        )
    if chance.random() < 0.5:
        text = "\ufeff" + text
    return text.encode()


@given(st.sampled_from(FILES), st.integers(), st.booleans(), st.sampled_from([None, True, False]))
@settings(max_examples=150, deadline=None)
def test_other_spellings_of_real_manifests(file: Path, seed: int, dumped: bool, flow: bool | None) -> None:
    data, documents = read(file)
    chance = random.Random(seed)
    if dumped:
        text = yaml.safe_dump_all(
            documents, default_flow_style=flow, allow_unicode=chance.random() < 0.5, width=chance.choice([20, 80, 999])
        )
        data = text.encode()
    data = rewritten(data, chance)
    try:
        values = [document.value for document in read_documents(data)]
    except YamlProblem:
        assert dumped or b"%YAML" in data, "PyYAML writes what 1.2 reads as another number now and then"
        return
    for index, value in enumerate(values):
        every = list(pointers(value))
        for pointer, inner in chance.sample(every, min(6, len(every))):
            mark = locate(data, index, pointer)
            assert says(text_at(data, mark), inner), (pointer, mark)


# Without the separators of lines and paragraphs: YAML ends a line there, and a key stands on one line.
NAMES = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), min_size=1, max_size=6) | st.sampled_from(
    ["a/b", "a~b", "~1", "0", "*", ""]
)
TREES = st.recursive(
    st.integers(-99, 99) | st.booleans() | st.text("ab é😀:#'\"-", max_size=8),
    lambda inner: st.lists(inner, min_size=1, max_size=4) | st.dictionaries(NAMES, inner, min_size=1, max_size=4),
    max_leaves=15,
)


@given(st.lists(TREES, min_size=1, max_size=3), st.sampled_from([None, 2]))
@settings(max_examples=300, deadline=None)
def test_json_documents_of_all_sorts(trees: list[Value], indent: int | None) -> None:
    """In JSON the value at a place can be read by another program: the json module."""
    data = "\n---\n".join(json.dumps(tree, ensure_ascii=False, indent=indent) for tree in trees).encode()
    decoder = json.JSONDecoder()
    for index, tree in enumerate(trees):
        for pointer, value in pointers(tree):
            found, _ = decoder.raw_decode(text_at(data, locate(data, index, pointer)))
            assert (type(found), found) == (type(value), value), pointer
            parent = dict(pointers(tree))[pointer.rpartition("/")[0]] if pointer else None
            if isinstance(parent, dict):
                key, _ = decoder.raw_decode(text_at(data, locate(data, index, pointer, on_key=True)))
                assert pointer.endswith(f"/{escape(key)}")
                assert key in parent


def test_columns_are_characters() -> None:
    data = "é😀: {ü: x, 名: y}\n".encode()
    assert locate(data, 0, "/é😀/名") == Mark(1, 15)
    assert text_at(data, locate(data, 0, "/é😀/名")).startswith("y")


def test_aliases_are_shown_where_they_are_used() -> None:
    data = b"a: &x {n: 1}\nb: *x\nc: &x [2]\nd: *x\n"
    assert locate(data, 0, "/b") == Mark(2, 4)
    assert locate(data, 0, "/b/n") == Mark(1, 11)
    assert locate(data, 0, "/d/0") == Mark(3, 8)


def test_many_positions_in_a_large_file_cost_one_reading() -> None:
    """2,000 diagnostics of one file; a reading each took a quarter of a minute."""
    import time

    from reconciler.source.marks import Locator

    data = "".join(f"k{number}: {number}\n" for number in range(20_000)).encode()
    start = time.process_time()
    locator = Locator(data)
    assert [locator.mark(0, f"/k{number}").line for number in range(20_000)] == list(range(1, 20_001))
    assert time.process_time() - start < 20
