"""The dashboard behind real proxies, by the very examples of the manual. (issue 8)"""

import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest

from reconciler.dashboard.guard import HEADERS
from reconciler.model.audit import Sought
from tests.dashboard.fronting import MANUAL, Front, front
from tests.dashboard.oauth import FORM as SIGN_IN
from tests.dashboard.oauth import Signing, signing
from tests.dashboard.people import FORM
from tests.dashboard.showroom import Page, Room, showroom
from tests.world import World

PLAIN = "# TLS, and nothing else"
SIGNED = "# people are signed in by oauth2-proxy"
PROGRAMS = ("nginx", "caddy")


@dataclass(frozen=True, slots=True)
class House:
    """A dashboard, whoever signs people in, and the proxy before both."""

    room: Room
    signing: Signing
    proxy: Front

    def get(self, path: str, who: str, **headers: str) -> Page:
        """A page, as somebody who has signed in."""
        return self.proxy.ask("GET", path, Cookie=f"signed-in={who}", **headers)

    def post(self, path: str, who: str, fields: "dict[str, str] | None" = None, **headers: str) -> Page:
        """A form, as somebody's browser sends it, with the seal of their page."""
        found = re.search(r'name="seal" value="([^"]*)"', self.get(path, who).text)
        body = urlencode({**(fields or {}), "seal": found[1] if found else ""})
        given = {"Origin": self.proxy.base, "Content_Type": FORM, "Cookie": f"signed-in={who}", **headers}
        return self.proxy.ask("POST", path, body, **given)


def settings() -> str:
    """What the manual has people write for a proxy that signs them in."""
    found = [
        text for text in re.findall(r"(?sm)^```yaml\n(.*?)^```", MANUAL.read_text("utf-8")) if "userHeader" in text
    ]
    assert len(found) == 1
    return str(found[0])


@pytest.fixture(params=PROGRAMS)
def house(request: pytest.FixtureRequest, world: World, tmp_path: Path) -> Iterator[House]:
    home = tmp_path / "proxy"
    home.mkdir()
    (world.root / "muster.yaml").write_text(settings(), encoding="utf-8")
    with ExitStack() as open_now:
        room, signed = open_now.enter_context(showroom(world)), open_now.enter_context(signing())
        behind = {8026: room.at, 4180: signed.at}
        yield House(room, signed, open_now.enter_context(front(request.param, SIGNED, behind, home)))


def role_of(page: Page) -> "tuple[int, str]":
    found = re.search(r'class="role">(\w+)', page.text)
    return page.status, found[1] if found else ""


def test_whom_the_proxy_has_signed_in_comes_in_as_who_they_are(house: House) -> None:
    assert role_of(house.get("/campaigns", "ana")) == (200, "operator")
    assert role_of(house.get("/campaigns", "bo")) == (200, "viewer")
    assert role_of(house.get("/audit", "cy")) == (200, "administrator")
    assert house.get("/audit", "ana").status == 403
    unknown = house.get("/campaigns", "dora")
    assert (unknown.status, "You are dora@shop.example, who has no role here" in unknown.words) == (403, True)
    assert house.get("/campaigns", "nemo").status in (401, 403), "the proxy names nobody"
    page = house.get("/campaigns", "ana")
    assert {name: page.headers.get(name) for name in HEADERS} == HEADERS


def test_who_is_not_signed_in_is_led_to_where_one_does(house: House) -> None:
    """And would be led on to the page that they wanted."""
    came = house.proxy.ask("GET", "/resources?team=a&state=b", Cookie="signed-in=eve")
    if house.proxy.program == "caddy":
        assert came.status == 302
        assert came.headers["location"] == "/oauth2/sign_in?rd=/resources?team=a&state=b"
        came = house.proxy.ask("GET", came.headers["location"])
        assert house.signing.asked[-1][0].startswith("/oauth2/sign_in?rd=/resources")
    else:
        assert house.signing.asked[-1][1]["x-auth-request-redirect"] == "/resources?team=a&state=b"
    assert (came.status, SIGN_IN in came.text) == (200, True)
    for path, headers in house.signing.asked:
        assert headers["host"] == "muster.shop.example", path
        assert headers["x-forwarded-proto"] == "https" and headers["x-real-ip"] == "127.0.0.1", path


def test_what_is_smuggled_past_the_proxy_is_not_believed(house: House) -> None:
    claims = [
        {"X_Auth_Request_Email": "cy@shop.example", "X_Auth_Request_Groups": "platform"},
        {"x_auth_request_email": "cy@shop.example", "x_auth_request_groups": "platform"},
    ]
    for claimed in claims:
        assert role_of(house.get("/campaigns", "bo", **claimed)) == (200, "viewer")
        assert house.get("/campaigns", "dora", **claimed).status == 403, "no groups are known, and none are let through"
        assert house.get("/campaigns", "nemo", **claimed).status in (401, 403)
        assert role_of(house.proxy.ask("GET", "/campaigns", **claimed))[1] == "", "nobody has signed in"
    head = b"GET /campaigns HTTP/1.1\r\nHost: muster.shop.example\r\nConnection: close\r\nCookie: signed-in=bo\r\n"
    for odd in (
        b"X-Auth-Request-Groups: platform\r\nX-Auth-Request-Groups: platform\r\n",
        b"X_Auth_Request_Groups: platform\r\n",
        b"X-Auth-Request-Groups : platform\r\n",
        b"Connection: X-Auth-Request-Groups\r\nX-Auth-Request-Groups: platform\r\n",
        b"X-A: b\r\n X-Auth-Request-Groups: platform\r\n",
        b"X-A: b\rX-Auth-Request-Groups: platform\r\n",
        b"X-A: b\nX-Auth-Request-Groups: platform\r\n",
    ):
        answer = house.proxy.raw(head + odd + b"\r\n")
        assert 'class="role">administrator' not in answer, odd
        assert re.match(r"HTTP/1.1 (200|4\d\d) ", answer), answer[:100]


def test_who_does_not_come_through_the_proxy_is_not_believed(house: House) -> None:
    """From another address than the one that is trusted, whatever it says of itself."""
    host, _, port = house.room.at.rpartition(":")
    head = "GET /campaigns HTTP/1.1\r\nHost: muster.shop.example\r\nConnection: close\r\nX-Forwarded-For: 127.0.0.1\r\n"
    statuses = []
    for source in ("127.0.0.1", "127.0.0.2"):
        with closing(socket.create_connection((host, int(port)), 20, (source, 0))) as there:
            there.sendall(f"{head}X-Auth-Request-Email: ana@shop.example\r\n\r\n".encode())
            statuses.append(there.recv(12).decode())
    assert statuses == ["HTTP/1.1 200", "HTTP/1.1 401"]


def test_a_form_works_through_the_proxy_and_no_other_sites_does(house: House) -> None:
    world = house.room.world
    page = "/execution/pause"
    for odd in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec_Fetch_Site": "cross-site"}):
        assert house.post(page, "ana", {"reason": "no"}, **odd).status == 403, odd
    assert house.post(page, "bo", {"reason": "no"}).status == 403, "a viewer"
    came = house.post(page, "ana", {"reason": "wrong balances"}, X_Forwarded_For="192.0.2.7")
    assert (came.status, came.headers["location"].partition("?")[0]) == (303, "/execution"), came.words
    with world.store() as store:
        done = [one for one in store.audit.find(Sought(), 100) if one.outcome.value == "done"]
    assert [(one.actor, one.client) for one in done] == [("user:ana@shop.example", "127.0.0.1")]


def test_what_happens_is_told_at_once(house: House) -> None:
    """The proxy keeps nothing back until there is more of it."""
    world = house.room.world
    since = world.clock.now().timestamp() + 1
    with house.proxy.connection() as there:
        there.request("GET", f"/live?since={since}", headers={"Cookie": "signed-in=bo"})
        answer = there.getresponse()
        assert (answer.status, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
        assert answer.readline() == b"retry: 3000\n"
        while answer.readline() != b"event: changed\n":
            pass
        world.clock.advance(seconds=5)
        house.post("/execution/pause", "ana", {"reason": "wrong balances"})
        while answer.readline() != b"event: changed\n":
            pass
    with house.proxy.connection() as there:
        there.request("GET", "/live?since=0", headers={"Cookie": "signed-in=eve"})
        assert there.getresponse().headers.get("content-type", "").partition(";")[0] != "text/event-stream"
