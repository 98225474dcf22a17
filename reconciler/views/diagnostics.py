"""Diagnostics as text: severity and code, place, the line with a caret, and the way out."""

from collections.abc import Callable, Iterable

from reconciler.model.diagnostic import Diagnostic, Severity, in_order
from reconciler.views.style import Style


def render(found: Iterable[Diagnostic], lines: Callable[[str], list[str]], color: bool) -> str:
    """All of them, in order, with a count at the end. `lines(file)` gives the lines of a file, or none."""
    style = Style(color)
    ordered = in_order(found)
    cache: dict[str, list[str]] = {}
    parts = []
    secret = {(one.place.file, one.place.line) for one in ordered if one.code == "literal-secret"}
    for one in ordered:
        if one.place.file not in cache:
            cache[one.place.file] = lines(one.place.file) if one.place.line else []
        # A line that may hold a secret is not shown, whatever else is wrong with it.
        hidden = (one.place.file, one.place.line) in secret
        parts.append(_one(one, [] if hidden else cache[one.place.file], style))
    if not ordered:
        return ""
    return "\n".join(parts) + f"\n{_count(ordered)}\n"


def _one(one: Diagnostic, lines: list[str], style: Style) -> str:
    mark = style.bad if one.severity is Severity.ERROR else style.warn
    text = [f"{mark(f'{one.severity}[{one.code}]')}: {style.bold(one.summary)}"]
    if one.place.file:
        text.append(f"  {style.dim('-->')} {_printable(str(one.place))}")
    if 0 < one.place.line <= len(lines):
        text += _excerpt(lines[one.place.line - 1].removeprefix("\ufeff"), one, style)
    if one.detail:
        text.append(f"  {_printable(one.detail)}")
    if one.help:
        text.append(f"  {style.good('help')}: {_printable(one.help)}")
    return "\n".join(text) + "\n"


def _printable(text: str) -> str:
    """Names of files and values from them, with escapes for what would move the terminal's cursor."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def _excerpt(line: str, one: Diagnostic, style: Style) -> list[str]:
    # Long lines are cut around the caret, so that it is seen; control characters would move the terminal's cursor.
    start = max(0, one.place.column - 60)
    shown = "".join(char if char.isprintable() else "·" for char in line[start : start + 110])
    number = f"{one.place.line:>5}"
    caret = " " * (one.place.column - 1 - start) + "^"
    return [f"{style.dim(number + ' |')} {shown}", f"{style.dim('      |')} {style.bad(caret)}"]


def _count(found: tuple[Diagnostic, ...]) -> str:
    errors = sum(one.severity is Severity.ERROR for one in found)
    words = [f"{errors} error{'s' if errors != 1 else ''}"] if errors else []
    warnings = len(found) - errors
    words += [f"{warnings} warning{'s' if warnings != 1 else ''}"] if warnings else []
    return ", ".join(words)
