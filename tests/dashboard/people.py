"""People who come into a dashboard, each with a browser of their own.

ana = came_in(room, "ana's token …")      by the form
ana.get("/audit").status                  with what her browser keeps
ana.post("/leave", {})                    with the seal of her pages
"""

import re
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from reconciler.dashboard.visitor import Role
from tests.dashboard.showroom import PATIENCE, Page, Room
from tests.world import World

FORM: Final = "application/x-www-form-urlencoded"
TOKENS: Final = {role: f"the token of one {role.value}" for role in Role}
NAMES: Final = {Role.VIEWER: "vi", Role.OPERATOR: "olga", Role.ADMINISTRATOR: "ada"}


@dataclass(slots=True)
class Person:
    """Somebody at a browser."""

    room: Room
    cookie: str = ""

    def get(self, path: str, **headers: str) -> Page:
        """A page."""
        return self.room.ask("GET", path, **self._kept(), **headers)

    def seal(self) -> str:
        """What stands in the forms of their pages."""
        found = re.search(r'name="seal" value="([^"]*)"', self.get("/campaigns").text)
        return found[1] if found else ""

    def post(self, path: str, fields: Mapping[str, str] | None = None, **headers: str) -> Page:
        """A form, with the seal of their pages unless it brings one."""
        sent = {"seal": self.seal(), **(fields or {})}
        given = {"Content_Type": FORM, "Origin": self.room.base, **self._kept(), **headers}
        return self.room.ask("POST", path, urlencode(sent), **given)

    def _kept(self) -> dict[str, str]:
        return {"Cookie": self.cookie} if self.cookie else {}


def shows(room: Room, token: str, **fields: str) -> Page:
    """What is answered to whoever shows this token."""
    body = urlencode({"token": token, **fields})
    return room.ask("POST", "/enter", body, Content_Type=FORM, Origin=room.base)


def came_in(room: Room, token: str) -> Person:
    """Somebody who has shown their token."""
    came = shows(room, token)
    assert came.status == 303, came.words
    return Person(room, came.headers["set-cookie"].partition(";")[0])


def in_role(room: Room, role: Role) -> Person:
    """Somebody of a role, in a world that `staffed` has set up."""
    return came_in(room, TOKENS[role])


def raw(room: Room, request: str | bytes) -> str:
    """What is answered to these very bytes; empty where the connection is cut."""
    host, _, port = room.at.rpartition(":")
    with socket.create_connection((host, int(port)), PATIENCE) as there, suppress(ConnectionError):
        there.sendall(request if isinstance(request, bytes) else request.encode())
        found = b""
        while chunk := there.recv(65536):
            found += chunk
        return found.decode("utf-8", "replace")
    return ""


def staffed(world: World, more: str = "") -> World:
    """One person of each role may come in. Their tokens stand in files; `more` are further settings, indented by two."""
    lines = ["dashboard:", "  tokens:"]
    for role, token in TOKENS.items():
        file = world.root / f"token-of-{role.value}"
        file.write_text(f"{token}\n", encoding="utf-8")
        lines.append(f"    - {{name: {NAMES[role]}, role: {role.value}, token: {{file: {file}}}}}")
    file = world.root / "muster.yaml"
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    file.write_text(before + "\n".join(lines) + "\n" + more, encoding="utf-8")
    return world
