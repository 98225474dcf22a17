"""A letter's templates, read once, and what they say to one recipient."""

from dataclasses import dataclass
from typing import Final, NamedTuple

from reconciler.mail.fault import Unfit, Why
from reconciler.mail.fuel import MAX_TEXT
from reconciler.mail.headers import one_line
from reconciler.mail.letter import Letter, Recipient
from reconciler.mail.links import PREHEADER, Links, Marked, addresses, marked, with_pixel, with_preheader
from reconciler.mail.plain import text_of
from reconciler.mail.template import Template, read
from reconciler.mail.values import longest
from reconciler.model.errors import Permanent

MAX_LINE: Final = 2_000
"""Longest subject or preheader once filled in, in characters."""


class Said(NamedTuple):
    """What the templates say to one recipient. Html and text are in the pieces in which they were made."""

    subject: str
    html: list[str] | None
    text: list[str]


@dataclass(frozen=True, slots=True)
class Reading:
    """The templates of a letter, with links marked, preheader and pixel put in. `links` is None where nobody is tracked."""

    letter: Letter
    links: Links | None
    marks: Marked
    subject: Template
    preheader: Template | None
    html: Template | None
    text: Template

    def said(self, recipient: Recipient, unsubscribe_url: str | None) -> Said | Unfit:
        """The texts for `recipient`, or why they cannot be made."""
        given = self._given(recipient, unsubscribe_url)
        if longest(given.values()):
            return Unfit(Why.TOO_MUCH, f"a value of more than {MAX_TEXT:,} characters")
        subject = self.subject.text(given, MAX_LINE)
        if isinstance(subject, Unfit):
            return subject
        if self.preheader:
            hidden = self.preheader.text(given, MAX_LINE)
            if isinstance(hidden, Unfit):
                return hidden
            given[PREHEADER] = one_line(hidden)
        html = self.html.chunks(given) if self.html else None
        if isinstance(html, Unfit):
            return html
        text = self.text.chunks(given)
        return text if isinstance(text, Unfit) else Said(one_line(subject), html, text)

    def _given(self, recipient: Recipient, unsubscribe_url: str | None) -> dict[str, object]:
        given: dict[str, object] = {"email": recipient.address, **self.letter.variables, **recipient.values}
        if unsubscribe_url is not None:
            given["unsubscribe_url"] = unsubscribe_url
        if self.links:
            given |= addresses(self.links, recipient.handle, self.marks, opens=self.letter.track_opens)
        return given


def reading(letter: Letter, links: Links | None) -> Reading:
    """The templates of `letter`, which check.py has found without fault. Without `links` nothing is tracked."""
    marks = marked(letter.html, letter.text, clicks=letter.track_clicks and links is not None)
    html, text = marks.html, marks.text if marks.text is not None else text_of(marks.html or "")
    if html is not None and letter.preheader is not None:
        html = with_preheader(html)
    if html is not None and letter.track_opens and links:
        html = with_pixel(html)
    names = marks.names
    return Reading(
        letter,
        links,
        marks,
        _read(letter.subject, "subject"),
        None if letter.preheader is None else _read(letter.preheader, "preheader"),
        None if html is None else _read(html, "html", names, markup=True),
        _read(text, "text", names),
    )


def _read(source: str, part: str, names: frozenset[str] = frozenset(), *, markup: bool = False) -> Template:
    found = read(source, part, markup=markup, own=names)
    if isinstance(found, list):
        raise Permanent(str(found[0]))
    return found


def links_of(letter: Letter) -> tuple[str, ...]:
    """Where the counted links of a letter without faults lead, by number: what the server must know to lead on."""
    return marked(letter.html, letter.text, clicks=letter.track_clicks).urls
