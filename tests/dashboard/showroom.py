"""The dashboard of a world, listening for real, at the world's time.

with showroom(world) as room:
    page = room.get("/campaigns")              somebody who is known (an administrator unless told otherwise)
    page.status, page.text, page.one("h1")     what came; the text of the first element that a CSS-like path names
    room.post("/…", {"reason": "…"})           with the seal of the session
    room.browser("/campaigns")                 see tests/dashboard/browsing.py
"""

import http.client
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from shutil import copytree
from urllib.parse import urlencode, urlsplit

from reconciler.commands.showing_dashboard import opened
from reconciler.web.metrics import ServerMetrics
from tests.world import World

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Page:
    """What came."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def words(self) -> str:
        """What a reader sees: no tags, single spaces."""
        body = re.sub(r"(?s)<(script|style|head)\b.*?</\1>", " ", self.text)
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())

    @property
    def links(self) -> list[str]:
        """Where its links lead."""
        return [unescape(one) for one in re.findall(r'href="([^"]*)"', self.text)]


@dataclass(slots=True)
class Room:
    """A dashboard that is open; `told` is what the server said."""

    world: World
    entrance: str
    at: str
    told: list[str] = field(default_factory=list)
    cookie: str = ""

    @property
    def base(self) -> str:
        """Where it is: http://127.0.0.1:PORT."""
        return f"http://{self.at}"

    def ask(self, method: str, path: str, body: str | None = None, **headers: str) -> Page:
        """One request, as it stands."""
        with closing(http.client.HTTPConnection(urlsplit(self.base).netloc, timeout=PATIENCE)) as there:
            there.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            came = there.getresponse()
            return Page(came.status, {name.lower(): value for name, value in came.getheaders()}, came.read().decode())

    def enter(self) -> None:
        """Come in by the address that was printed."""
        parts = urlsplit(self.entrance)
        came = self.ask("GET", f"{parts.path}?{parts.query}")
        assert came.status == 303, came.text
        self.cookie = came.headers["set-cookie"].partition(";")[0]

    def get(self, path: str, **headers: str) -> Page:
        """A page, as somebody who is known."""
        if not self.cookie:
            self.enter()
        return self.ask("GET", path, Cookie=self.cookie, **headers)

    def post(self, path: str, fields: Mapping[str, str], seal: str | None = None) -> Page:
        """A form, with the seal that the page at this path has."""
        if seal is None:
            found = re.search(r'name="seal" value="([^"]*)"', self.get(path).text)
            seal = found[1] if found else ""
        body = urlencode({**fields, "seal": seal})
        kind = "application/x-www-form-urlencoded"
        return self.ask("POST", path, body, Cookie=self.cookie, Content_Type=kind, Origin=self.base)


@contextmanager
def showroom(world: World) -> Iterator[Room]:
    """The dashboard of this world, as `muster serve` opens it."""
    told: list[str] = []

    def say(message: str, /, **data: object) -> None:
        told.append(f"{message} {data}")

    metrics = ServerMetrics(lambda: world.clock.now().timestamp())
    with ExitStack() as open_now:
        app = world.app()
        open_now.callback(app.close)
        shown = opened(app, "127.0.0.1:0", "127.0.0.1", say, metrics, open_now)
        yield Room(world, shown.address, shown.listening.at, told)


def demo(world: World) -> World:
    """The campaigns of this repository, applied at the world's time."""
    copytree(ROOT / "campaigns.d", world.manifests, dirs_exist_ok=True)
    (world.root / "muster.yaml").write_bytes((ROOT / "muster.yaml").read_bytes())
    said = world.cli("apply", "--yes")
    assert said.code in (0, 4, 5), said
    return world
