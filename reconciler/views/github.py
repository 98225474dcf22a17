"""Remarks as workflow commands, which GitHub shows as annotations beside the lines of the files."""

from collections.abc import Iterable, Iterator

from reconciler.views.remarks import Remark
from reconciler.views.report import Roots
from reconciler.views.style import safe


def remarks_to_github(found: Iterable[Remark], roots: Roots) -> str:
    """One command a line. GitHub shows the first ten of each level a step, so the most urgent must come first."""
    return "".join(f"{_command(one, roots)}\n" for one in found)


def _command(one: Remark, roots: Roots) -> str:
    properties = ",".join(f"{name}={_property(value)}" for name, value in _properties(one, roots))
    return f"::{one.level} {properties}::{_data(one.message)}"


def _properties(one: Remark, roots: Roots) -> Iterator[tuple[str, str]]:
    if one.place.file:
        yield "file", roots.file(one.place)
        if one.place.line:
            yield "line", str(one.place.line)
            yield "col", str(one.place.column)
    yield "title", one.title


def _data(text: str) -> str:
    """A message: a line end would begin a command of its own."""
    lines = (safe(line).replace("%", "%25") for line in text.split("\n"))
    return "%0A".join(lines)


def _property(text: str) -> str:
    """A property: its end must not be mistaken either."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
