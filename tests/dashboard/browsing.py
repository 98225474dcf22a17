"""Pages in a real browser: Debian's Chromium, driven by Playwright, with an eye on all that a page must never do.

with browsing() as chromium, tab(chromium, room) as seen:
    seen.open("/campaigns")               somebody who is known; whatever the page does wrong is in `seen.faults`
    seen.page.get_by_role(…)              Playwright's own page
"""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, Response, Route, sync_playwright

from tests.dashboard.showroom import Room

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE: Final = 60_000
"""Milliseconds in which a page is there, or what is waited for on it."""
DESK: Final = {"width": 1280, "height": 800}
PHONE: Final = {"width": 390, "height": 844}
SMALL: Final = {"width": 360, "height": 740}
HEADERS: Final = ("content-security-policy", "x-content-type-options", "referrer-policy", "cache-control")


def path_of_chromium() -> str:
    """The machine's own. A test that cannot have it fails: nobody looks at what was skipped."""
    for name in NAMES:
        if found := shutil.which(name):
            return found
    pytest.fail("there is no Chromium: apt-get install --no-install-recommends chromium fonts-dejavu-core")


@contextmanager
def browsing(*arguments: str) -> Iterator[Browser]:
    """A browser, closed afterwards. One at a time in a thread: Playwright keeps a loop of its own there."""
    with sync_playwright() as playwright:
        # A container has no user namespaces to lock it in, and little shared memory.
        chromium = playwright.chromium.launch(
            executable_path=path_of_chromium(), args=["--no-sandbox", "--disable-dev-shm-usage", *arguments]
        )
        try:
            yield chromium
        finally:
            chromium.close()


@dataclass
class Tab:
    """A page that is looked at; `faults` are what it did that no page may do, in plain words."""

    room: Room
    context: BrowserContext
    page: Page
    faults: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()
    """What a console may say: part of a line."""

    def open(self, path: str) -> Response:
        """Go there; the answer."""
        answer = self.page.goto(self.room.base + path, wait_until="load")
        assert answer is not None
        return answer

    def settled(self) -> None:
        """Nobody has found a fault."""
        assert not self.faults, "\n".join(self.faults)

    def is_wider_than_the_window(self) -> bool:
        """Whether the page itself has to be scrolled sideways."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))

    def _console(self, said: ConsoleMessage) -> None:
        if said.type in ("error", "warning") and not any(one in said.text for one in self.expected):
            self.faults.append(f"console at {self.page.url}: {said.text}")

    def _error(self, error: Exception) -> None:
        self.faults.append(f"script at {self.page.url}: {error}")

    def _dialog(self, dialog: Dialog) -> None:
        self.faults.append(f"a dialog at {self.page.url}: {dialog.message}")
        dialog.dismiss()

    def _request(self, route: Route) -> None:
        if route.request.url.startswith(self.room.base + "/"):
            route.continue_()
        else:
            self.faults.append(f"{self.page.url} asks {route.request.url}")
            route.abort()

    def _response(self, answer: Response) -> None:
        if not answer.url.startswith(self.room.base):
            return
        missing = [name for name in HEADERS if name not in answer.headers]
        is_page = answer.headers.get("content-type", "").startswith("text/html")
        if is_page and missing:
            self.faults.append(f"{answer.url} has no {', '.join(missing)}")
        if answer.status >= 500:
            self.faults.append(f"{answer.url} answers {answer.status}: {self.room.told[-1:]}")


@contextmanager
def tab(chromium: Browser, room: Room, *, path: str = "/campaigns", **given: Any) -> Iterator[Tab]:
    """A tab of a fresh visitor, who came in by the address that was printed. `given` goes to the context."""
    context = chromium.new_context(**{"viewport": DESK, "reduced_motion": "reduce", **given})
    context.set_default_timeout(PATIENCE)
    try:
        seen = Tab(room, context, context.new_page())
        context.route("**/*", seen._request)
        for event, heard in _heard(seen).items():
            seen.page.on(event, heard)  # type: ignore[call-overload]  # each event has an overload of its own
        seen.page.goto(room.entrance)
        yield seen
    finally:
        context.close()


def _heard(seen: Tab) -> Mapping[str, Any]:
    return {
        "console": seen._console, "pageerror": seen._error, "dialog": seen._dialog, "response": seen._response,
    }  # fmt: skip
