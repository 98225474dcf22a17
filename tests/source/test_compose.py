"""What is stored, written as a manifest: read back it is the same, and `fmt` leaves it as it is."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model.errors import MusterError
from reconciler.source.compose import WIDTH, compose
from reconciler.source.layout import lay_out
from reconciler.source.strict_yaml import read_documents

_TEXT = st.one_of(
    st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=40),
    st.lists(st.text("ab #:-'\"\t{}[]|>\\", max_size=30), min_size=1, max_size=5).map("\n".join),
    st.sampled_from(
        ("no", "1e3", "null", "~", "- a", "2027-01-01", "", " ", "\n", "a\n", "a\n\n", "---\na", "x" * 300)
    ),
)
_NUMBER = st.one_of(st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False))
_VALUE = st.recursive(
    st.one_of(st.none(), st.booleans(), _NUMBER, _TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text("aB1-_. ", min_size=1), inner, max_size=4)),
    max_leaves=15,
)  # fmt: skip


@given(st.dictionaries(st.text("abc", min_size=1), _VALUE, max_size=5))
@settings(max_examples=300, deadline=None)
def test_what_is_read_back_is_what_was_meant(spec: dict[str, Any]) -> None:
    manifest = {"kind": "X", "metadata": {"name": "x"}, "spec": spec}
    try:
        text = compose(manifest)
    except MusterError:
        return  # a value that YAML does not take, which is said and never written otherwise
    assert read_documents(text.encode())[0].value == {"apiVersion": "muster/v1", **manifest}


@pytest.mark.parametrize(
    "value",
    [
        "Hello,\n\nhow are you?\nBye\n",
        "one\ntwo",
        "  leading\nspace",
        "trailing \nspace",
        ["a" * 60, "b" * 60],
        [{"name": "x" * 60, "title": "y" * 60, "list": ["z" * 60, "z" * 60]}],
        [["a" * 60], ["b" * 60]],
        {"a": {"b": {"c": "d" * 120}}},
        {"no": "no", "1": 1, "a b": None, "": ""},
        [],
        {},
    ],
)
def test_the_layout_is_that_of_fmt(value: Any) -> None:
    text = compose({"kind": "X", "metadata": {"name": "x"}, "spec": {"value": value}})
    assert lay_out(text.encode()) == text


def test_short_values_stand_on_one_line() -> None:
    text = compose({"kind": "X", "metadata": {"name": "x"}, "spec": {"a": {"b": [1, 2]}, "c": "w" * WIDTH}})
    assert text.splitlines()[3:] == ["spec:", "  a: {b: [1, 2]}", f"  c: {'w' * WIDTH}"]


def test_text_of_several_lines_is_a_block() -> None:
    text = compose({"kind": "X", "metadata": {"name": "x"}, "spec": {"text": "Hello,\n\n  you\n", "more": "a\nb"}})
    assert text.splitlines()[3:] == [
        "spec:",
        "  text: |",
        "    Hello,",
        "",
        "      you",
        "  more: |-",
        "    a",
        "    b",
    ]
