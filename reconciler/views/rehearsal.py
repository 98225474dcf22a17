"""What came of a team's cases, as text and JSON."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from reconciler.model import canonical
from reconciler.model.case import Case, Failure, Happened, Result, as_written
from reconciler.model.instant import to_text
from reconciler.views.style import Style, safe


def render_results(results: Sequence[Result], color: bool) -> str:
    """A line for each case, file by file; of those that failed what was expected, and what really happened."""
    style = Style(color)
    lines: list[str] = []
    for file, of in groupby(results, lambda one: one.case.file):
        lines.append(style.bold(safe(file)))
        for one in of:
            lines += _case(one, style)
    failed = sum(not one.passed for one in results)
    counts = [f"{len(results) - failed:,} passed", *([style.bad(f"{failed:,} failed")] if failed else [])]
    seconds = sum(one.seconds for one in results)
    return "\n".join([*lines, "", f"{', '.join(counts)} in {seconds:.1f} s"])


def _case(one: Result, style: Style) -> Iterator[str]:
    if one.passed:
        yield f"  {style.good('ok')}    {safe(one.case.name)}"
        return
    yield f"  {style.bad('FAIL')}  {style.bold(safe(one.case.name))}"
    for failure in one.failures:
        yield from _failure(failure, style)
    if one.happened:
        yield f"        {style.dim('what happened')}"
        yield from (f"          {line}" for line in _happened(one))


def _failure(one: Failure, style: Style) -> Iterator[str]:
    yield f"        {style.dim(safe(str(one.place)))}  {safe(one.what)}"
    for word, text in (("expected", one.expected), ("got", one.got)):
        for number, line in enumerate(text.split("\n") if text else ()):
            yield f"          {style.dim((word if not number else '').ljust(8))}  {safe(line)}"


def _happened(one: Result) -> Iterator[str]:
    """The log in columns."""
    rows = [_row(line, one.case) for line in one.happened]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        yield "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), *row[3:]]).rstrip()


def _row(line: Happened, case: Case) -> list[str]:
    way = f"{line.origin} → {line.target}" if line.origin else line.target
    why = f"({line.by}: {line.reason})" if line.reason else f"({line.by})"
    return [as_written(line.at, case.zone), str(line.ref), line.event, safe(f"{way} {why}")]


def results_to_json(results: Sequence[Result]) -> str:
    """All of it, with what happened in each case."""
    failed = sum(not one.passed for one in results)
    return canonical.encode_pretty(
        {
            "format_version": "1.0",
            "summary": {
                "passed": len(results) - failed,
                "failed": failed,
                "seconds": round(sum(one.seconds for one in results), 3),
            },
            "cases": [_to_json(one) for one in results],
        }
    )


def _to_json(one: Result) -> dict[str, Any]:
    return {
        "test": one.case.name,
        "file": one.case.file,
        "line": one.case.place.line,
        "requirements": list(one.case.requirements),
        "passed": one.passed,
        "seconds": round(one.seconds, 3),
        "failures": [
            {
                "file": failure.place.file,
                "line": failure.place.line,
                "column": failure.place.column,
                "what": failure.what,
                "expected": failure.expected,
                "got": failure.got,
            }
            for failure in one.failures
        ],
        "happened": [
            {
                "at": to_text(line.at),
                "ref": str(line.ref),
                "event": line.event,
                "from": line.origin,
                "to": line.target,
                "by": line.by,
                "reason": line.reason,
            }
            for line in one.happened
        ],
    }
