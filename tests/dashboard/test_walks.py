"""Every page, in a real browser, over a project in which everything happens. (Issue 8)

The pages are found as people find them: by following links from the first one. A page that no link leads to fails, and so
does a link that leads to nothing.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from reconciler.dashboard.navigation import PAGES
from reconciler.dashboard.page import Page
from tests.dashboard.browsing import DESK, PHONE, SMALL, Tab, browsing, tab
from tests.dashboard.showroom import Room, showroom
from tests.dashboard.staging import Staged

SEEN = tuple(page for page in PAGES if "GET" in page.methods)
SAMPLES = 3
"""Addresses of one page that are looked at: different kinds, different states."""
MOST = 700
"""Addresses that are asked for. Beyond that somebody lets links grow without end."""
GRAVE = ("serious", "critical")


@pytest.fixture(scope="module")
def room(staged_project: Staged) -> Iterator[Room]:
    with showroom(staged_project) as found:
        yield found


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browsing() as found:
        yield found


def _pattern(page: Page) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{\w+\}", "[^/]+", re.sub(r"\{\w+:path\}", ".+", page.path)))


@cache
def _page_of(path: str) -> str:
    """The page at an address: one without names in its path before one with."""
    for page in sorted(SEEN, key=lambda page: (page.path.count("{"), page.path)):
        if _pattern(page).fullmatch(path):
            return page.name
    return ""


def _kind(address: str) -> str:
    """Whatever stands second in its path: the kind, where it is a resource's."""
    return ([*address.split("/"), "", "", ""])[2]


def _crawled(room: Room) -> tuple[Mapping[str, Sequence[str]], Sequence[str]]:
    """Addresses by page, and the links that lead nowhere. Of each page, so many are followed as there may be news on."""
    waiting, met, found, dead = ["/campaigns", "/"], {"/campaigns", "/"}, {}, []
    taken: dict[tuple[str, str], int] = {}
    while waiting:
        address = waiting.pop(0)
        path = urlsplit(address).path
        name, kind = _page_of(path), _kind(path)
        if taken.setdefault((name, kind), 0) >= 5 or sum(taken.values()) >= MOST:
            continue
        taken[name, kind] += 1
        came = room.get(address)
        if came.status not in (200, 303):
            dead.append(f"{address}: {came.status}")
            continue
        if came.status == 200:
            found.setdefault(name, []).append(address)
        if not came.headers.get("content-type", "").startswith("text/html"):
            continue
        for link in came.links:
            whole = urlsplit(urljoin(address, link))
            on = whole.path + (f"?{whole.query}" if whole.query else "")
            if not whole.scheme and on not in met and not on.startswith("/static/"):
                met.add(on)
                waiting.append(on)
    return found, dead


@pytest.fixture(scope="module")
def crawled(room: Room) -> tuple[Mapping[str, Sequence[str]], Sequence[str]]:
    return _crawled(room)


def _spread(addresses: Sequence[str]) -> list[str]:
    """Some of them, as unlike as may be: of different kinds."""
    by_kind: dict[str, str] = {}
    for one in addresses:
        by_kind.setdefault(_kind(one), one)
    return [*by_kind.values()][:SAMPLES]


def test_no_link_leads_to_nothing(crawled: tuple[Mapping[str, Sequence[str]], Sequence[str]]) -> None:
    _, dead = crawled
    assert not dead, "\n".join(dead)


@pytest.mark.parametrize("page", SEEN, ids=lambda page: page.name)
def test_a_page(
    page: Page, room: Room, chromium: Browser, crawled: tuple[Mapping[str, Sequence[str]], Sequence[str]]
) -> None:
    """It is found; nothing fails on it; it asks for nothing from elsewhere; axe finds nothing serious; it fits a phone."""
    found, _ = crawled
    if page.path == "/":
        return  # it leads on to the campaigns
    assert page.name in found, f"no link leads to {page.path}"
    with tab(chromium, room) as seen:
        for address in _spread(found[page.name]):
            _looks(seen, address)
        seen.settled()


def _looks(seen: Tab, address: str) -> None:
    if not _is_page(seen.room, address):
        return
    seen.page.set_viewport_size(DESK)
    seen.page.emulate_media(color_scheme="light")
    assert seen.open(address).status == 200, address
    assert seen.page.locator("h1").count() == 1, address
    problems = _axe(seen, address, "light")
    seen.page.emulate_media(color_scheme="dark")
    problems += _axe(seen, address, "dark", "color-contrast")
    seen.page.set_viewport_size(PHONE)
    problems += _axe(seen, address, "phone", "color-contrast", "scrollable-region-focusable", "target-size")
    seen.page.set_viewport_size(SMALL)
    if seen.is_wider_than_the_window():
        problems.append(f"{address} has to be scrolled sideways at 360 px: {_widest(seen)}")
    assert not problems, "\n".join(problems)


def _is_page(room: Room, address: str) -> bool:
    came = room.get(address)
    return came.headers.get("content-type", "").startswith("text/html")


def _axe(seen: Tab, address: str, where: str, *rules: str) -> list[str]:
    options = {"runOnly": {"type": "rule", "values": list(rules)}} if rules else {}
    found = Axe().run(seen.page, options=options).response["violations"]
    return [
        f"{address} ({where}): {one['id']}: {one['help']}: {node['target']} {node['html'][:160]}"
        for one in found if one["impact"] in GRAVE for node in one["nodes"][:3]
    ]  # fmt: skip


def _widest(seen: Tab) -> str:
    return str(
        seen.page.evaluate(
            """() => [...document.querySelectorAll("body *")]
              .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
              .filter((one) => !one.closest(".scroll, .picture, pre, .tabs, .top nav"))
              .slice(0, 4).map((one) => one.outerHTML.slice(0, 120))"""
        )
    )


@contextmanager
def _acting(project: Staged, tmp_path: Path) -> Iterator[Room]:
    """A copy, on which somebody acts."""
    copy = Staged(project.copy(tmp_path / "copy").root)
    copy.clock.moment = project.clock.moment
    with showroom(copy) as room:
        yield room
