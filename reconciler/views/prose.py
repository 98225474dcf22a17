"""Pages of words: headings, entries and notes, laid out for a terminal or as Markdown."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from reconciler.views.style import Style, safe

WIDTH: Final = 100
"""Columns of a terminal that a page fills at most."""
_GAP: Final = 2


class Tone(Enum):
    """How a piece of text is meant."""

    PLAIN = auto()
    NAME = auto()
    CODE = auto()
    GOOD = auto()
    WARN = auto()
    NOTE = auto()


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of text in one tone; lines may break at its spaces."""

    text: str
    tone: Tone = Tone.PLAIN


Line = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that a section tells of: what it is, and notes, each under a label."""

    head: Line
    notes: tuple[tuple[str, Line], ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it."""

    title: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A title, a sentence or two, and the sections that are not empty."""

    title: Line
    intro: tuple[Line, ...] = ()
    sections: tuple[Section, ...] = ()


def name(text: str) -> Span:
    """The name of the thing that is explained."""
    return Span(text, Tone.NAME)


def code(text: str) -> Span:
    """Something to be typed, or a rule."""
    return Span(text, Tone.CODE)


def ids(known: Iterable[str]) -> Line:
    """The requirements that a line carries, in brackets; nothing where it carries none."""
    text = ", ".join(known)
    return (Span(f"[{text}]", Tone.NOTE),) if text else ()


def between(lines: Iterable[Line]) -> Line:
    """Several pieces as one line, with a dot between them."""
    dot = Span("·", Tone.NOTE)
    return tuple(span for number, line in enumerate(lines) for span in ((dot, *line) if number else line))


def text_page(page: Page, style: Style) -> str:
    """The page for a terminal: wrapped, aligned, coloured where `style` has colour."""
    labels = [label for section in page.sections for entry in section.entries for label, _ in entry.notes]
    indent = 4 + max(map(len, labels), default=0) + _GAP
    lines = [*_wrap(page.title, 0, style)]
    for line in page.intro:
        lines += _wrap(line, 0, style)
    for section in page.sections:
        if section.entries:
            lines += ["", style.bold(section.title)]
            lines += _entries_text(section.entries, indent, style)
    return "\n".join(lines) + "\n"


def _entries_text(entries: Sequence[Entry], indent: int, style: Style) -> Iterator[str]:
    airy = any(entry.notes for entry in entries)
    for index, entry in enumerate(entries):
        if airy and index:
            yield ""
        yield from _entry(entry, indent, style)


def _entry(entry: Entry, indent: int, style: Style) -> Iterator[str]:
    first, *more = _wrap(entry.head, 4, style, start=2)
    yield from ("  " + first, *more)
    before = ""
    for label, body in entry.notes:
        shown = "" if label == before else label
        before = label
        first, *more = _wrap(body, indent, style)
        yield from (f"    {style.dim(shown.ljust(indent - 4))}{first}", *more)


def _wrap(line: Line, indent: int, style: Style, start: int | None = None) -> Iterator[str]:
    """The lines of at most `WIDTH` columns that a text fills; all but the first begin with `indent` spaces.

    The first will be put at column `start`, or at `indent`.
    """
    shown: list[str] = []
    width = begin = indent if start is None else start
    for text, tone in _words(line):
        if shown and width + 1 + len(text) > WIDTH:
            yield " ".join(shown)
            # The indent takes the place of the first word's gap.
            shown, width = [" " * (indent - 1)] if indent else [], indent - 1 if indent else begin
        shown.append(_toned(text, tone, style))
        width += len(text) + (len(shown) > 1)
    yield " ".join(shown)


def _words(line: Line) -> Iterator[tuple[str, Tone]]:
    for span in line:
        for word in span.text.split():
            yield safe(word), span.tone


def _toned(text: str, tone: Tone, style: Style) -> str:
    match tone:
        case Tone.NAME:
            return style.bold(text)
        case Tone.CODE:
            return style.change(text)
        case Tone.GOOD:
            return style.good(text)
        case Tone.WARN:
            return style.warn(text)
        case Tone.NOTE:
            return style.dim(text)
        case Tone.PLAIN:
            return text


def markdown_page(page: Page) -> str:
    """The page as Markdown, with headings and lists."""
    parts = [f"# {_inline(page.title)}", *(_inline(line) for line in page.intro)]
    for section in page.sections:
        if section.entries:
            parts += [f"## {_escape(section.title)}", *_entries(section.entries)]
    return "\n\n".join(parts) + "\n"


def _entries(entries: Sequence[Entry]) -> Iterator[str]:
    if not any(entry.notes for entry in entries):
        yield "\n".join(f"- {_inline(entry.head)}" for entry in entries)
        return
    for entry in entries:
        yield f"### {_inline(entry.head)}"
        if entry.notes:
            yield "\n".join(f"- *{_escape(label)}:* {_inline(body)}" for label, body in entry.notes)


def _inline(line: Line) -> str:
    return " ".join(_span(span) for span in line)


def _span(span: Span) -> str:
    if span.tone is Tone.CODE:
        return code_span(span.text)
    if span.tone is Tone.WARN:
        return f"**{_escape(span.text)}**"
    return _escape(span.text)


def code_span(text: str) -> str:
    """Code in Markdown, between more backticks than stand in it."""
    text = " ".join(safe(word) for word in text.split())
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def _escape(text: str) -> str:
    """Text that Markdown and the HTML around it take literally."""
    return re.sub(r"([\\`*_\[\]<>|&#])", r"\\\1", " ".join(safe(word) for word in text.split()))


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. Width in letters, longer cells are wrapped; 0 is as wide as its widest cell."""

    title: str
    width: int = 0


def text_table(columns: Sequence[Column], rows: Iterable[Sequence[Span]], style: Style) -> str:
    """Rows under headings, each cell wrapped in its column."""
    rows = list(rows)
    columns = [
        column if column.width else Column(column.title, max(len(safe(row[index].text)) for row in rows))
        for index, column in enumerate(columns)
    ]
    heads = [style.bold(column.title.upper().ljust(column.width)) for column in columns]
    lines = ["  ".join(heads).rstrip()]
    for row in rows:
        cells = [_cell(span, column.width) for span, column in zip(row, columns, strict=True)]
        for number in range(max(map(len, cells))):
            parts = [
                _toned(cell[number], span.tone, style) + " " * (column.width - len(cell[number]))
                if number < len(cell)
                else " " * column.width
                for span, cell, column in zip(row, cells, columns, strict=True)
            ]
            lines.append("  ".join(parts).rstrip())
    return "\n".join(lines) + "\n"


def _cell(span: Span, width: int) -> list[str]:
    lines = [""]
    for word in map(safe, span.text.split()):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def markdown_table(columns: Sequence[Column], rows: Iterable[Sequence[Span]]) -> str:
    """Rows as a Markdown table."""
    lines = ["| " + " | ".join(column.title for column in columns) + " |", "|" + " --- |" * len(columns)]
    lines += ["| " + " | ".join(map(_span, row)) + " |" for row in rows]
    return "\n".join(lines) + "\n"
