"""Where rows come from, as a manifest's `source` says it."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A CSV file with a header line. The path has been checked: it lies within the tree of manifests (ADR 8)."""

    path: str


@dataclass(frozen=True, slots=True)
class JsonLines:
    """A file with one JSON object a line."""

    path: str


@dataclass(frozen=True, slots=True)
class Inline:
    """Rows that stand in the manifest."""

    rows: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Query:
    """A query against a database. The URL holds a password: it is never shown, not even by `repr`."""

    url: str = field(repr=False)
    query: str


Source: TypeAlias = CsvFile | JsonLines | Inline | Query


def source_of(written: Mapping[str, Any], folder: str, secret: Callable[[Mapping[str, str]], str]) -> Source:
    """The source that a manifest in `folder` writes.

    `secret` finds what `{env: NAME}` or `{file: PATH}` stands for; empty where it is not there, which is a fault of the list.
    """
    if "csv" in written:
        return CsvFile(os.path.join(folder, written["csv"]))
    if "jsonl" in written:
        return JsonLines(os.path.join(folder, written["jsonl"]))
    if "sql" in written:
        return Query(secret(written["sql"]["url"]), written["sql"]["query"])
    return Inline(tuple(written["inline"]))
