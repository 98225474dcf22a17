"""The dashboard behind real proxies, by the very examples of the manual. (issue 8)"""

import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import BrowserContext, expect

from reconciler.dashboard.guard import HEADERS
from reconciler.dashboard.visitor import Role
from reconciler.model.audit import Sought
from tests.dashboard.browsing import browsing
from tests.dashboard.fronting import MANUAL, Front, front
from tests.dashboard.oauth import FORM as SIGN_IN
from tests.dashboard.oauth import Signing, signing
from tests.dashboard.people import FORM, TOKENS, staffed
from tests.dashboard.showroom import Page, Room, showroom
from tests.dashboard.smuggling import CHUNKED, HEAD, ODD
from tests.world import World

PLAIN = "# TLS, and nothing else"
SIGNED = "# people are signed in by oauth2-proxy"
CUSTOMERS = """\
apiVersion: muster/v1
kind: RecipientList
metadata: {name: customers}
spec: {source: {inline: [{email: ada@shop.example}]}}
"""
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


def test_odd_requests_let_nobody_be_somebody_else(house: House) -> None:
    """Nor does what follows on the proxy's own connection come from anybody but who has sent it."""
    for odd, request in ODD.items():
        answer = house.proxy.raw(request.encode("latin-1"), patience=1.0)
        statuses = set(re.findall(r"HTTP/1\.[01] (\d+)", answer))
        assert statuses <= {"200", "400", "403", "404", "405", "411", "421", "431", "501", "502", "505"}, (
            odd,
            answer[:500],
        )
        assert "administrator</span>" not in answer and "audit is" not in answer, (odd, answer)
        assert role_of(house.get("/campaigns", "bo")) == (200, "viewer"), odd
    assert house.room.told == []


def test_other_methods_and_versions_are_answered_as_they_should_be(house: House) -> None:
    page = house.get("/campaigns", "bo")
    head = house.proxy.ask("HEAD", "/campaigns", Cookie="signed-in=bo")
    assert (head.status, head.text) == (200, "")
    assert head.headers["content-security-policy"] == page.headers["content-security-policy"]
    for method in ("OPTIONS", "PUT", "DELETE", "PATCH"):
        assert house.proxy.ask(method, "/campaigns", "x=1", Cookie="signed-in=bo").status == 405, method
    for line in ("GET /campaigns HTTP/1.0", "GET https://muster.shop.example/campaigns HTTP/1.1"):
        answer = house.proxy.raw(f"{line}\r\n{HEAD}Connection: close\r\n\r\n".encode())
        assert role_of(Page(int(answer.split(" ")[1]), {}, answer)) == (200, "viewer"), line


def test_who_dribbles_through_the_proxy_keeps_nobody_out(house: House) -> None:
    """Heads and bodies that do not come to an end."""
    with ExitStack() as open_now:
        for begun in (
            f"GET /campaigns HTTP/1.1\r\n{HEAD}",
            f"POST /leave HTTP/1.1\r\n{HEAD}Content-Length: 100\r\n\r\na",
            f"POST /leave HTTP/1.1\r\n{HEAD}{CHUNKED}\r\n1\r\na",
        ) * 10:
            open_now.enter_context(closing(house.proxy.opened())).sendall(begun.encode())
        assert role_of(house.get("/campaigns", "bo")) == (200, "viewer")


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_token_through_a_proxy_that_is_only_for_tls(program: str, world: World, tmp_path: Path) -> None:
    """The cookie travels by TLS alone, and to that very name; who guesses is told apart from others behind the proxy."""
    staffed(world, "  url: https://muster.shop.example\n")
    with showroom(world) as room, front(program, PLAIN, {8026: room.at}, tmp_path) as proxy:
        shown = urlencode({"token": TOKENS[Role.VIEWER]})
        assert proxy.ask("POST", "/enter", shown, Content_Type=FORM, Origin="https://evil.example").status == 403
        came = proxy.ask("POST", "/enter", shown, Content_Type=FORM, Origin=proxy.base)
        assert (came.status, came.headers["location"]) == (303, "/campaigns")
        kept, *attributes = came.headers["set-cookie"].split("; ")
        assert kept.startswith("__Host-muster=") and {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(attributes)
        page = proxy.ask("GET", "/campaigns", Cookie=kept)
        assert role_of(page) == (200, "viewer")
        found = re.search(r'name="seal" value="([^"]*)"', page.text)
        assert found
        long = urlencode({"objective": "ж" * 1500})
        assert proxy.ask("GET", f"/campaigns?{long}", Cookie=kept).status == 200, "a long text"
        claims = {"X_Forwarded_For": "192.0.2.7", "X_Auth_Request_Email": "ana@shop.example"}
        assert proxy.ask("GET", "/campaigns", **claims).status == 401
        form = urlencode({"seal": found[1]})
        given = {"Cookie": kept, "Content_Type": FORM}
        assert proxy.ask("POST", "/leave", form, Origin="https://evil.example", **given).status == 403
        assert proxy.ask("POST", "/leave", form, Origin=proxy.base, **given).status == 303
        assert proxy.ask("GET", "/campaigns", Cookie=kept).status == 401
        with world.store() as store:
            assert {one.client for one in store.audit.find(Sought(), 100)} == {"127.0.0.1"}


def test_a_real_browser_works_through_the_proxy(world: World, tmp_path: Path) -> None:
    """A form of a page, and a page that stands open when the provider knows its visitor no more: its own page is shown whole."""
    world.write("customers.yaml", CUSTOMERS)
    (world.root / "muster.yaml").write_text(settings(), encoding="utf-8")
    with ExitStack() as open_now:
        room, signed = open_now.enter_context(showroom(world)), open_now.enter_context(signing())
        behind = {8026: room.at, 4180: signed.at}
        proxy = open_now.enter_context(front("nginx", SIGNED, behind, tmp_path))
        rules = f"--host-resolver-rules=MAP {proxy.name}:443 127.0.0.1:{proxy.port}"
        chromium = open_now.enter_context(browsing(rules))
        context = chromium.new_context(ignore_https_errors=True)
        _signs_in(context, proxy)
        page = context.new_page()
        page.goto(f"{proxy.base}/execution/pause")
        page.get_by_label("Reason").fill("wrong balances")
        page.get_by_role("button", name="Pause").click()
        page.wait_for_url(lambda url: url.partition("?")[0] == f"{proxy.base}/execution")
        assert page.get_by_text("wrong balances").count() > 0
        page.goto(f"{proxy.base}/plan")
        page.wait_for_selector("#plan", state="attached")
        context.clear_cookies()
        page.evaluate("htmx.trigger('#plan', 'sse:changed')")
        expect(page).to_have_title(SIGN_IN, timeout=15_000)
        assert page.locator("#plan, .top").count() == 0
        _signs_in(context, proxy)
        page.reload()
        page.wait_for_selector("#plan", state="attached")


def _signs_in(context: BrowserContext, proxy: Front) -> None:
    context.add_cookies([{"name": "signed-in", "value": "ana", "url": proxy.base}])
