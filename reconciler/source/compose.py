"""A manifest as text, from what is stored: what `fmt` would leave as it is, in the order in which people write it."""

import re
from collections.abc import Iterator
from typing import Any, Final

from reconciler.lifecycle.kind import API_VERSION
from reconciler.model import canonical
from reconciler.model.errors import MusterError
from reconciler.source.edit import Value, render
from reconciler.source.strict_yaml import YamlProblem, read_documents

WIDTH: Final = 100
"""Characters up to which a value stands on one line."""

_LITERAL: Final = re.compile(r"\S(?:[^\n]*\S)?(?:\n(?:[^\n]*\S)?)*(?<!\n)\n?")
"""Text of several lines that a literal block says as it is: no space where it begins, and none at the end of a line."""

_BREAKS: Final = frozenset("\r\x85\u2028\u2029\ufeff")


def compose(manifest: dict[str, Any]) -> str:
    """The text of a manifest; `apiVersion` is put before. MusterError where it would not be read as what was meant."""
    value = {"apiVersion": API_VERSION, **manifest}
    text = "".join(f"{line}\n" for line in _mapping(value, "", top=True))
    try:
        read = [document.value for document in read_documents(text.encode())]
    except YamlProblem as problem:
        raise MusterError(f"what is stored cannot be written as YAML: {problem.message}") from None
    if canonical.encode(read) != canonical.encode([value]):
        raise MusterError("what is stored cannot be written as YAML without a change")
    return text


def _mapping(value: dict[str, Any], indent: str, top: bool = False) -> Iterator[str]:
    for name, inner in value.items():
        spread = top and name in ("spec", "schedule")  # these are read member by member
        yield from _member(f"{indent}{render(name)}:", inner, indent, spread)


def _member(head: str, value: Value, indent: str, spread: bool) -> Iterator[str]:
    if isinstance(value, str) and "\n" in value and _is_literal(value):
        yield f"{head} |" + ("" if value.endswith("\n") else "-")
        yield from (f"{indent}  {line}".rstrip() for line in value.removesuffix("\n").split("\n"))
        return
    line = f"{head} {render(value)}"
    if not value or not isinstance(value, dict | list) or (len(line) <= WIDTH and not spread):
        yield line
        return
    yield head
    yield from _mapping(value, indent + "  ") if isinstance(value, dict) else _items(value, indent + "  ")


def _items(value: list[Any], indent: str) -> Iterator[str]:
    for item in value:
        line = f"{indent}- {render(item)}"
        if not item or not isinstance(item, dict) or len(line) <= WIDTH:
            yield line
            continue
        first, *rest = _mapping(item, indent + "  ")
        yield f"{indent}- {first.lstrip(' ')}"
        yield from rest


def _is_literal(text: str) -> bool:
    printable = all(char.isprintable() or char in "\n\t" for char in text)
    return printable and _BREAKS.isdisjoint(text) and _LITERAL.fullmatch(text) is not None
