"""The rows of a source, one after another, in memory that does not grow with the list (E-43)."""

from collections.abc import Iterator, Sequence

from reconciler.feed.csv_rows import csv_rows
from reconciler.feed.jsonl_rows import jsonl_rows
from reconciler.feed.row import Fault, Row, Unusable
from reconciler.feed.source import CsvFile, Inline, JsonLines, Query, Source


def rows(source: Source, required: Sequence[str] = ()) -> Iterator[Row | Fault]:
    """Every row and every fault, in the order of the source; after a fault that is final nothing follows.

    Where a source has a header, it must name the `required` columns.
    """
    try:
        yield from _rows(source, required)
    except Unusable as end:
        yield end.fault


def _rows(source: Source, required: Sequence[str]) -> Iterator[Row | Fault]:
    match source:
        case CsvFile(path):
            return csv_rows(path, required)
        case JsonLines(path):
            return jsonl_rows(path)
        case Inline(written):
            return (Row(number, dict(values)) for number, values in enumerate(written, 1))
        case Query():
            from reconciler.feed.query import query_rows  # drivers are loaded where there is a query

            return query_rows(source, required)
