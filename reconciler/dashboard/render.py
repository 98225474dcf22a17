"""The one door of Jinja for pages: everything that is somebody's is escaped, and cannot reorder or hide what stands by it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import jinja2
from markupsafe import Markup

from reconciler.dashboard.static import Assets
from reconciler.model import canonical
from reconciler.model.canonical import Document
from reconciler.model.change import ABSENT
from reconciler.model.instant import from_text
from reconciler.model.listing import title_of
from reconciler.model.ref import Ref
from reconciler.views.style import safe

TEMPLATES: Final = Path(__file__).parent / "templates"
_LONGEST: Final = 300
"""Characters of one side of a change."""
_MOST_TITLE: Final = 140
_SCALES: Final = ((60, "s"), (3600, "min"), (86400, "h"), (86400 * 60, "d"))


class Renderer:
    """Draws pages from templates. Threads may share it."""

    def __init__(self, assets: Assets, navigation: tuple[tuple[str, str], ...], zone: str) -> None:
        self._jinja = jinja2.Environment(
            loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined,
            trim_blocks=True, lstrip_blocks=True, finalize=_shown, auto_reload=False,
        )  # fmt: skip
        self._jinja.filters.update(
            number=number, instant=instant, ago=ago, href=href, picture=picture, side=side, sentence=sentence
        )
        self._jinja.globals.update(asset=assets.address, navigation=navigation, zone=zone)

    def render(self, template: str, data: Mapping[str, Any]) -> str:
        """The page as text."""
        return self._jinja.get_template(template).render(data)


def _shown(value: object) -> object:
    """What stands in {{ }}: nothing for None, and no character that nobody sees (controls, bidi overrides)."""
    if value is None:
        return ""
    return safe_lines(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def safe_lines(text: str) -> str:
    """As `views.style.safe`, but lines end, and tabs and the gaps of numbers stay."""
    return "".join(char if char in "\n\t\u202f" else safe(char) for char in text)


def number(value: int | float | Decimal) -> str:
    """With a thin gap between thousands: 12 345."""
    return f"{value:,}".replace(",", "\u202f")


def sentence(text: str) -> str:
    """As a sentence begins, all else as somebody wrote it: names, codes and times keep their capitals."""
    return text[:1].upper() + text[1:]


def money(value: Decimal, currency: str) -> str:
    """An amount as every page writes it: 12 345.00 EUR; the figure alone where nobody says in what."""
    return f"{number(value)} {currency}".rstrip()


def instant(value: datetime | str | None) -> Markup:
    """A time as people read it, and as machines do: in UTC, to the minute."""
    if not value:
        return Markup("")
    at = from_text(value) if isinstance(value, str) else value.astimezone(UTC)
    return Markup('<time datetime="{}">{}</time>').format(f"{at:%Y-%m-%dT%H:%M:%SZ}", f"{at:%Y-%m-%d %H:%M}\u202fUTC")


def ago(value: datetime | str | None, now: datetime) -> str:
    """How long before or after `now`: "3 h ago", "in 2 d". What is counted for a page may be a little younger than the page."""
    if not value:
        return ""
    seconds = (now - (from_text(value) if isinstance(value, str) else value)).total_seconds()
    away, least = abs(seconds), 1
    if away < 1:
        return "just now"
    for most, unit in _SCALES:
        if away < most:
            return f"{int(away / least)} {unit} ago" if seconds >= 0 else f"in {int(away / least)} {unit}"
        least = most if most < 86400 * 60 else least
    return f"{int(away / 86400)} d ago" if seconds >= 0 else f"in {int(away / 86400)} d"


def titled(document: Document) -> str:
    """What a row calls a resource: its title or, where its kind has none, how its description begins."""
    text = title_of(document)
    return text if len(text) <= _MOST_TITLE else f"{text[: _MOST_TITLE - 1].rstrip()}…"


def href(ref: Ref, *more: str) -> str:
    """The address of a resource's page, or of one below it."""
    return "/".join(["/resources", quote(ref.kind), quote(f"{ref.name}@{ref.version}", safe="@"), *map(quote, more)])


def side(value: object) -> str:
    """One side of a change as it is written, in short; empty where nothing is there."""
    if value is ABSENT:
        return ""
    text = canonical.encode(value).decode()
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def picture(svg: str) -> Markup:
    """A picture of ours, to stand in a page, without its own style: pages may have none, and pictures.css has it."""
    before, begin, rest = svg.partition("<style>")
    if not begin:
        return Markup(svg)
    return Markup(before + rest.partition("</style>")[2])
