"""People with roles of their own in the dashboard of a world: `settings` for its muster.yaml, and how each comes in."""

import re
from urllib.parse import urlencode

import pytest

from tests.dashboard.showroom import Page, Room
from tests.world import World

ROLES = {"vera": "viewer", "olga": "operator", "otto": "operator", "ada": "administrator"}
_FORM = "application/x-www-form-urlencoded"


def named(world: World, monkeypatch: pytest.MonkeyPatch, more: str = "") -> None:
    """Let them all in, each by a token."""
    for name in ROLES:
        monkeypatch.setenv(f"TOKEN_{name.upper()}", f"the token of {name}, long enough")
    tokens = "\n".join(
        f"    - {{name: {name}, role: {role}, token: {{env: TOKEN_{name.upper()}}}}}" for name, role in ROLES.items()
    )
    (world.root / "muster.yaml").write_text(f"{more}dashboard:\n  tokens:\n{tokens}\n", encoding="utf-8")


class Person:
    """Somebody in the room."""

    def __init__(self, room: Room, name: str) -> None:
        self.room = room
        body = urlencode({"token": f"the token of {name}, long enough"})
        came = room.ask("POST", "/enter", body, Content_Type=_FORM, Origin=room.base)
        assert came.status == 303, came.text
        self.cookie = came.headers["set-cookie"].partition(";")[0]

    def get(self, path: str) -> Page:
        return self.room.ask("GET", path, Cookie=self.cookie)

    def form(self, page: Page, **fields: str) -> dict[str, str]:
        """The hidden fields of the page's first form, and these."""
        hidden = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', page.text)
        return {**dict(hidden), **fields}

    def send(self, path: str, fields: dict[str, str]) -> Page:
        return self.room.ask(
            "POST", path, urlencode(fields), Cookie=self.cookie, Content_Type=_FORM, Origin=self.room.base
        )

    def does(self, path: str, **fields: str) -> Page:
        """Look at a page, and send its form."""
        return self.send(path, self.form(self.get(path), **fields))

    def goes_on(self, came: Page) -> Page:
        """The page that comes next."""
        assert came.status == 303, came.words
        return self.get(came.headers["location"])
