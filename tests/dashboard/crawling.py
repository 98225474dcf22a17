"""Pages found as people find them: by following links from the first one."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import unescape
from typing import Final
from urllib.parse import urlencode, urljoin, urlsplit

from reconciler.dashboard.navigation import PAGES
from reconciler.dashboard.page import Page
from tests.dashboard.showroom import Page as Came
from tests.dashboard.showroom import Room

SEEN: Final = tuple({page.path: page for page in PAGES if "GET" in page.methods}.values())
DONE: Final = tuple({page.path: page for page in PAGES if "POST" in page.methods}.values())
EACH: Final = 3
"""Addresses of one page and kind that are followed: there is hardly news on more."""
STATES: Final = 14
"""The same of resources' own pages: what is offered there depends on the state."""
MOST: Final = 1200
"""Addresses that are asked for. Beyond that somebody lets links grow without end."""


@dataclass(slots=True)
class Crawled:
    """What was found: addresses by the path of their page, forms that do something by that of theirs, and what is wrong."""

    pages: dict[str, list[str]] = field(default_factory=dict)
    forms: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """By path: the address of the page that has the form, and where the form goes."""
    files: set[str] = field(default_factory=set)
    """Addresses of what a browser keeps instead of showing it."""
    dead: list[str] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    """Paths of pages that forms lead to; they may want more than a crawler fills in."""

    def spread(self, path: str, most: int) -> list[str]:
        """Some addresses of a page, as unlike as may be: of different kinds. No files."""
        by_kind: dict[str, str] = {}
        for one in self.pages.get(path, ()):
            by_kind.setdefault(kind_in(one), one)
        return [one for one in by_kind.values() if one not in self.files][:most]


def pattern(page: Page) -> re.Pattern[str]:
    """What addresses of a page look like."""
    return re.compile(re.sub(r"\{\w+\}", "[^/]+", re.sub(r"\{\w+:path\}", ".+", page.path)))


_PATTERNS: Final = [
    (pattern(page), page.path) for page in sorted(SEEN, key=lambda page: (page.path.count("{"), page.path))
]
_FORMS: Final = [(pattern(page), page.path) for page in sorted(DONE, key=lambda page: page.path.count("{"))]


def path_of(address: str, patterns: Iterable[tuple[re.Pattern[str], str]] = _PATTERNS) -> str:
    """The path of the page at an address; one without names in it before one with."""
    path = urlsplit(address).path
    return next((found for one, found in patterns if one.fullmatch(path)), "")


def kind_in(address: str) -> str:
    """Whatever stands second in its path: the kind, where it is a resource's."""
    return ([*address.split("/"), "", "", ""])[2]


def crawled(room: Room) -> Crawled:
    """Follow links from the first page, those of each page and kind only so far."""
    found, waiting, met = Crawled(), ["/campaigns", "/"], {"/campaigns", "/"}
    taken: dict[tuple[str, str], int] = {}
    asked: set[str] = set()
    while waiting and sum(taken.values()) < MOST:
        address = waiting.pop(0)
        key = path_of(address), kind_in(address)
        if taken.get(key, 0) >= (STATES if key[0] == "/resources/{kind}/{name}" else EACH):
            continue
        taken[key] = taken.get(key, 0) + 1
        came = room.get(address)
        if came.status not in (200, 303) and address not in asked:
            found.dead.append(f"{address}: {came.status} {came.words[:120]}")
        elif came.status == 200:
            found.pages.setdefault(key[0], []).append(address)
            if "text/html" not in came.headers.get("content-type", "") or "content-disposition" in came.headers:
                found.files.add(address)
            for on in _new(came, address, met):
                waiting.append(on)
            for on in _asking(came, address):
                asked.add(on)
                found.asked.add(path_of(on))
                waiting.append(on)
            for action in _forms(came, address):
                found.forms.setdefault(path_of(action, _FORMS), []).append((address, action))
    return found


def _new(came: Came, address: str, met: set[str]) -> Sequence[str]:
    if not came.headers.get("content-type", "").startswith("text/html"):
        return ()
    on = [urlsplit(urljoin(address, link)) for link in came.links]
    here = [one.path + (f"?{one.query}" if one.query else "") for one in on if not one.scheme]
    fresh = [one for one in dict.fromkeys(here) if one not in met and not one.startswith("/static/")]
    met.update(fresh)
    return fresh


def _asking(came: Came, address: str) -> Sequence[str]:
    """Where forms lead that only ask, sent with what stands in them, and something where that is needed."""
    found = []
    for tag, body in re.findall(r"(?s)(<form\b[^>]*>)(.*?)</form>", came.text):
        if 'method="post"' in tag.lower():
            continue
        fields = [(_said(one, "name"), _value(one)) for one in re.findall(r"<input\b[^>]*>", body)]
        for select, options in re.findall(r"(?s)(<select\b[^>]*>)(.*?)</select>", body):
            fields.append((_said(select, "name"), next(filter(None, re.findall(r'\bvalue="([^"]*)"', options)), "")))
        query = urlencode([(name, unescape(value)) for name, value in fields if name and value])
        found.append(urljoin(address, unescape(_said(tag, "action")) or urlsplit(address).path) + f"?{query}")
    return found


def _said(tag: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return found[1] if found else ""


def _value(tag: str) -> str:
    """What stands in an input; something that fits where there has to be something."""
    kind = _said(tag, "type")
    if kind in ("radio", "checkbox"):
        return _said(tag, "value") if " checked" in tag else ""
    needed = {"datetime-local": "2027-03-01T09:00", "date": "2027-03-01", "number": "1"}.get(kind, "test")
    return _said(tag, "value") or (needed if " required" in tag or kind == "datetime-local" else "")


def _forms(came: Came, address: str) -> Sequence[str]:
    tags: Sequence[str] = re.findall(r"<form\b[^>]*>", came.text)
    sent = [tag for tag in tags if re.search(r'method="post"', tag, re.IGNORECASE)]
    actions = [re.search(r'action="([^"]*)"', tag) for tag in sent]
    return [urljoin(address, unescape(one[1])) if one else address for one in actions]
