"""Which test proves which requirement: the one that names its id.

A test of Python names it in its docstring, its own lines or its module's docstring; a case in its fields; a story in its
text. Examples of manifests prove nothing, and neither do tests about the list of requirements itself.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

ID: Final = re.compile(r"\b(?:AMB-)?[LERICX]-?[0-9]{1,2}\b")
_NO_PROOF: Final = ("manifests", "architecture", "docs")
"""Folders of tests that list requirements, or are examples of them, and prove none."""
SHOWN: Final = 2
"""Tests that a requirement's line names; the others are counted."""
_RANGE: Final = re.compile(r"\b((?:AMB-)?[LERICX]-?)([0-9]{1,2}) ?(?:…|\.\.\.| to ) ?(?:\1)?([0-9]{1,2})\b")


def proofs(tests: Path) -> Mapping[str, Sequence[str]]:
    """By requirement: the tests that name it, as paths from the folder above `tests`, sorted."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in sorted(
        one for one in tests.rglob("*") if one.is_file() and one.relative_to(tests).parts[0] not in _NO_PROOF
    ):
        for ids, test in _named(path, path.relative_to(tests.parent).as_posix()):
            for one in ids:
                found[one].add(test)
    return {one: sorted(tests) for one, tests in found.items()}


def ids_of(text: str) -> set[str]:
    """Every requirement that a text names; a range names all that lie in it."""
    found = set(ID.findall(text))
    for start, first, last in _RANGE.findall(text):
        found |= {f"{start}{number:0{len(first)}d}" for number in range(int(first), int(last) + 1)}
    return found


def cell(tests: Sequence[str]) -> str:
    """What a requirement's line says of its tests."""
    links = [f"[{name.rpartition('/')[2]}](../../{name.partition('::')[0]})" for name in tests[:SHOWN]]
    more = len(tests) - SHOWN
    return "<br>".join([*links, f"and {more} more"] if more > 0 else links)


def _named(path: Path, name: str) -> Iterator[tuple[set[str], str]]:
    match path.suffix:
        case ".py" if path.name.startswith("test_"):
            yield from _of_python(path.read_text("utf-8"), name)
        case ".yaml" | ".md":
            yield ids_of(path.read_text("utf-8")), name


def _of_python(text: str, name: str) -> Iterator[tuple[set[str], str]]:
    tree = ast.parse(text)
    yield ids_of(ast.get_docstring(tree) or ""), name
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield ids_of(ast.get_source_segment(text, node) or ""), f"{name}::{node.name}"
