"""Links that are counted: found once in a letter's templates, and given each recipient's address when it is filled in.

A link whose address holds a placeholder is left as it is: what it leads to is not known before a recipient is.
"""

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from reconciler.mail.placeholders import VEIL, veiled

PIXEL: Final = "_pixel"
PREHEADER: Final = "_preheader"
"""Names that stand in a marked template; `_link_3` is the address of the link with number 3."""


class Links(Protocol):
    """The addresses on our own server that stand for what a recipient may do. They are signed; this room does not know how."""

    def click(self, recipient_key: str, link_number: int) -> str:
        """Leads on to `Marked.urls[link_number]`, and counts."""
        ...

    def open(self, recipient_key: str) -> str:
        """An image of one pixel, that counts."""
        ...

    def unsubscribe(self, recipient_key: str) -> str:
        """A page to leave on; a POST of `List-Unsubscribe=One-Click` leaves at once (RFC 8058)."""
        ...


@dataclass(frozen=True, slots=True)
class Marked:
    """Templates whose links are placeholders. `urls` are the links' own addresses, by number; each stands there once."""

    html: str | None
    text: str | None
    urls: tuple[str, ...]

    @property
    def names(self) -> frozenset[str]:
        """The placeholders that were put in."""
        return frozenset({PIXEL, PREHEADER, *(link_name(n) for n in range(len(self.urls)))})


def link_name(number: int) -> str:
    """What stands for a link in a marked template."""
    return f"_link_{number}"


_HREF = re.compile(r"<(?:a|area)\s[^<>]*?(?<![\w-])href\s*=\s*(?:\"([^\"<>]*)\"|'([^'<>]*)')", re.IGNORECASE)
_URL = re.compile(r"https?://[^\s<>\"'" + VEIL + r"]++" + f"(?!{VEIL})", re.IGNORECASE)
_WHOLE = re.compile(r"https?://[!-~\u00a1-\ud7ff\uf900-\ufffd]+", re.IGNORECASE)
_BODY = re.compile(r"<body(?:\s[^<>]*)?>", re.IGNORECASE)
_BODY_END = re.compile(r"</body\s*>", re.IGNORECASE)

_PREHEADER = (
    '<div style="display:none;max-height:0;max-width:0;overflow:hidden;opacity:0;font-size:1px;line-height:1px">'
    f"{{{{ {PREHEADER} }}}}</div>"
)
_PIXEL = f'<img src="{{{{ {PIXEL} }}}}" width="1" height="1" alt="" style="display:block;border:0">'


def marked(html_: str | None, text: str | None, *, clicks: bool) -> Marked:
    """Both templates with their links marked, where `clicks` are counted; the same address has one number in both."""
    if not clicks:
        return Marked(html_, text, ())
    numbers: dict[str, int] = {}

    def mark(url: str) -> str:
        return f"{{{{ {link_name(numbers.setdefault(url, len(numbers)))} }}}}"

    if html_ is not None:
        html_ = _replaced(html_, _HREF, lambda written: mark(url) if (url := _address(written)) else None)
    if text is not None:
        text = _replaced(
            text, _URL, lambda written: mark(url) + written[len(url) :] if (url := _bare(written)) else None
        )
    return Marked(html_, text, tuple(numbers))


def with_preheader(source: str) -> str:
    """`source` with the preheader hidden at the head of its body; no line is added, so faults name the lines of the file."""
    found = _BODY.search(veiled(source))
    at = found.end() if found else 0
    return source[:at] + _PREHEADER + source[at:]


def with_pixel(source: str) -> str:
    """`source` with the pixel at the end of its body."""
    ends = [found.start() for found in _BODY_END.finditer(veiled(source))]
    at = ends[-1] if ends else len(source)
    return source[:at] + _PIXEL + source[at:]


def addresses(links: Links, recipient_key: str, marked_: Marked, *, opens: bool) -> Mapping[str, str]:
    """What the placeholders of `marked_` are for one recipient."""
    given = {link_name(n): links.click(recipient_key, n) for n in range(len(marked_.urls))}
    if opens:
        given[PIXEL] = links.open(recipient_key)
    return given


def _replaced(source: str, pattern: re.Pattern[str], instead: Callable[[str], str | None]) -> str:
    parts, at = [], 0
    for found in pattern.finditer(veiled(source)):
        group = found.lastindex or 0
        start, end = found.span(group)
        new = instead(found[group])
        if new is not None:
            parts += [source[at:start], new]
            at = end
    return "".join([*parts, source[at:]])


def _address(written: str) -> str | None:
    url = html.unescape(written).strip()
    return url if _WHOLE.fullmatch(url) else None


def _bare(written: str) -> str | None:
    url = written.rstrip(".,;:!?)]}>*_")
    return url if _WHOLE.fullmatch(url) else None
