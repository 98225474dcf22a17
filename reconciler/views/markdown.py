"""Markdown that hostile names cannot break out of, and a page that never grows beyond its limit."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final, TypeVar

from reconciler.views.style import safe

T = TypeVar("T")

MOST_CHARACTERS: Final = 60_000
"""What a page may have; comments of the large forges end at 65,536. Counted as JavaScript does, two for an emoji."""

_RESERVE: Final = 3_000
"""Kept free for the words about what was left out."""

_PUNCTUATION: Final = re.compile(r"[&<>\\`*_~\[\]!|$]")
"""What means something within a line. A sentence never begins one, so the marks of lists and headings do not count."""

_LINKS: Final = re.compile(r"(?<=[@#])|(?=://)|(?<=www)|(?<=GH)", re.IGNORECASE)
"""Between which characters a forge must not read on, or it finds a person, an issue or an address."""

_BREAK: Final = "\N{ZERO WIDTH SPACE}"


def size(text: str) -> int:
    """The characters of a text, as forges count them."""
    return len(text) + sum(char > "\uffff" for char in text)


def short(text: str, most: int) -> str:
    """The text on one line, cut where it is too long. To be done before anything is escaped."""
    line = safe(text.replace("\n", " "))
    return line if len(line) <= most else f"{line[: most - 1]}…"


def code(text: str, most: int = 120) -> str:
    """A name or value as a code span: in it nothing is Markdown, HTML, a mention or a link."""
    line = short(text, most)
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", line)), default=0))
    padded = f" {line} " if not line.strip() or line[0] in "` " or line[-1] in "` " else line
    return f"{fence}{padded}{fence}"


def words(text: str, most: int = 600) -> str:
    """A sentence: nothing in it is Markdown or HTML, mentions anybody, or becomes a link."""
    line = _LINKS.sub(_BREAK, short(text, most).strip())
    return _PUNCTUATION.sub(lambda found: f"&#{ord(found[0])};", line)


def summary_line(mark: str, name: str, rest: str) -> str:
    """The line of a fold. It is HTML, in which Markdown is not read; a forge looks for mentions outside `code` alone."""
    return f"<summary>{mark} <code>{escape(short(name, 200))}</code> {words(rest, 300)}</summary>"


def fold(summary: str, lines: Iterable[str]) -> str:
    """Lines behind a summary, which must be whole."""
    return "\n".join(("<details>", summary, "", *lines, "", "</details>", ""))


@dataclass(frozen=True, slots=True)
class Section:
    """Elements under a title. An element is whole or not there; `folded` sections are closed at first."""

    title: str
    count: int
    elements: Iterable[str]
    """In order; made when they are asked for, because of a large plan most are not."""
    folded: bool = False

    @classmethod
    def of(cls, title: str, found: Sequence[T], element: Callable[[T], str], folded: bool = False) -> "Section":
        """A section with an element for each of these."""
        return cls(title, len(found), map(element, found), folded)

    @property
    def opening(self) -> str:
        """What stands before the elements."""
        title = f"{self.title} ({self.count:,})"
        return f"<details>\n<summary>{title}</summary>\n\n" if self.folded else f"#### {title}\n\n"

    @property
    def closing(self) -> str:
        """What stands after them."""
        return "\n</details>\n\n" if self.folded else "\n"


@dataclass(frozen=True, slots=True)
class Omission:
    """What there was no room for."""

    title: str
    count: int


def page(head: str, sections: Iterable[Section], foot: Callable[[Sequence[Omission]], str]) -> str:
    """Head, sections in the order given, and foot, within the limit.

    Once an element finds no room, nothing that comes after it is shown, only counted: what is shown is the most urgent.
    """
    room = MOST_CHARACTERS - size(head) - size(foot(())) - _RESERVE
    body: list[str] = []
    omitted: list[Omission] = []
    for section in sections:
        room -= size(section.opening) + size(section.closing)
        shown = list(_fitting(section.elements, room)) if not omitted else []
        room -= sum(map(size, shown))
        rest = section.count - len(shown)
        if shown:
            body += [section.opening, *shown, *([f"\n… and {rest:,} more\n"] if rest else []), section.closing]
        if rest:
            omitted.append(Omission(section.title, rest))
    return "".join((head, *body, foot(omitted)))


def _fitting(elements: Iterable[str], room: int) -> Iterator[str]:
    """The first elements, as many as there is room for."""
    for element in elements:
        room -= size(element)
        if room < 0:
            return
        yield element


def first(found: Sequence[T], most: int, line: Callable[[T], str]) -> list[str]:
    """A line for each of the first, and how many there are besides."""
    rest = [f"- … and {len(found) - most:,} more"] if len(found) > most else []
    return [*map(line, found[:most]), *rest]
