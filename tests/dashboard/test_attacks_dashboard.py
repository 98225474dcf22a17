"""The dashboard, attacked: from other sites, with other people's cookies, with names and paths that are no good. (issue 8)"""

import re
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlencode

import pytest
from starlette.routing import compile_path

from reconciler.dashboard import building
from reconciler.dashboard.guard import HEADERS
from reconciler.dashboard.limits import ACTS
from reconciler.dashboard.navigation import PAGES
from reconciler.dashboard.page import Page, Refused
from reconciler.dashboard.visit import Visit
from reconciler.dashboard.visitor import Role
from reconciler.model.audit import Sought
from reconciler.web.door import Answer
from tests.dashboard import showroom as rooms
from tests.dashboard.people import FORM, TOKENS, Person, in_role, raw, shows, staffed
from tests.dashboard.showroom import Room, demo, showroom
from tests.world import World

EVIL = "https://evil.example"
DONE: list[str] = []


def _act(visit: Visit) -> Answer:
    DONE.append(visit.visitor.name)
    return visit.to("/campaigns")


def _break(visit: Visit) -> Answer:
    raise ZeroDivisionError(f"the password of {visit.visitor.name} is hunter2")


def _refuse(visit: Visit) -> Answer:
    raise Refused(f"not {visit.asked('x')}")


OWN = (
    Page("act", "/try/act", _act, Role.OPERATOR, ("POST",), 4096),
    Page("break", "/try/break", _break),
    Page("refuse", "/try/refuse", _refuse),
)


@pytest.fixture
def room(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    """A dashboard with one person of each role, and pages to try things on."""
    monkeypatch.setattr(building, "PAGES", (*building.PAGES, *OWN))
    DONE.clear()
    with showroom(staffed(world)) as found:
        yield found


def given(page: Page) -> str:
    """A path of this page."""
    return re.sub(r"\{\w+\}", "x", page.path.replace("{kind}", "EmailCampaign").replace("{name}", "winter-check@1"))


def test_another_site_cannot_send_a_form(room: Room) -> None:
    """Neither with the visitor's cookie, which Lax withholds anyway, nor with a seal that it has got hold of."""
    olga, other = in_role(room, Role.OPERATOR), in_role(room, Role.OPERATOR)
    for seal in ("", "x", olga.seal()[:-1], other.seal(), in_role(room, Role.ADMINISTRATOR).seal()):
        assert olga.post("/try/act", {"seal": seal}).status == 403, seal
    for origin in (EVIL, "null", "", "http://127.0.0.1:1", f"{room.base}.evil.example", "http://localhost", "file://"):
        assert olga.post("/try/act", Origin=origin).status == 403, origin
    for site in ("cross-site", "same-site", "none", "", "same-origin, cross-site"):
        assert olga.post("/try/act", Sec_Fetch_Site=site).status == 403, site
    head = f"POST /try/act HTTP/1.1\r\nHost: {room.at}\r\nCookie: {olga.cookie}\r\nContent-Type: {FORM}\r\nConnection: close\r\n"
    body = urlencode({"seal": olga.seal()})
    for more in (
        "",
        f"Origin: {EVIL}\r\nOrigin: {room.base}\r\n",
        "Sec-Fetch-Site: none\r\nSec-Fetch-Site: same-origin\r\n",
    ):
        assert raw(room, f"{head}{more}Content-Length: {len(body)}\r\n\r\n{body}").startswith("HTTP/1.1 403"), more
    assert DONE == []
    assert olga.post("/try/act").status == 303
    assert olga.post("/try/act", Origin=EVIL, Sec_Fetch_Site="same-origin").status == 303, (
        "a proxy has changed the host"
    )
    assert DONE == ["olga", "olga"]


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_cannot_take_a_page_in(room: Room, site: str) -> None:
    """Not to measure it either; a link to it is followed."""
    vi = in_role(room, Role.VIEWER)
    for mode in ("no-cors", "cors", "same-origin", ""):
        for path in ("/campaigns", "/live"):
            assert vi.get(path, Sec_Fetch_Site=site, Sec_Fetch_Mode=mode).status == 403
    for frame in ("iframe", "frame", "embed", "object"):
        headers = {"Sec_Fetch_Site": site, "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": frame}
        assert vi.get("/campaigns", **headers).status == 403, frame
    assert vi.get("/campaigns", Sec_Fetch_Site=site, Sec_Fetch_Mode="navigate", Sec_Fetch_Dest="document").status == 200
    assert vi.get("/campaigns", Sec_Fetch_Site="same-origin", Sec_Fetch_Mode="cors").status == 200
    assert vi.get("/campaigns", Sec_Fetch_Site="none", Sec_Fetch_Mode="navigate").status == 200


def test_another_site_cannot_sign_somebody_in(room: Room) -> None:
    body = urlencode({"token": TOKENS[Role.VIEWER]})
    for headers in ({"Origin": EVIL}, {"Origin": "null"}, {}, {"Origin": room.base, "Sec_Fetch_Site": "cross-site"}):
        came = room.ask("POST", "/enter", body, Content_Type=FORM, **headers)
        assert (came.status, "set-cookie" in came.headers) == (403, False), headers


def test_another_site_cannot_have_somebody_locked_out(room: Room) -> None:
    """Its pictures of wrong addresses do not count as tries of whoever looks at them."""
    for _ in range(25):
        came = room.ask("GET", "/enter?token=x", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="no-cors")
        assert came.status == 403
    assert shows(room, TOKENS[Role.VIEWER]).status == 303


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "multipart/form-data; boundary=x", ""])
def test_only_a_form_is_a_form(room: Room, kind: str) -> None:
    olga = in_role(room, Role.OPERATOR)
    assert olga.post("/try/act", Content_Type=kind).status == 415
    assert DONE == []


def test_every_page_is_found_at_its_address() -> None:
    """None stands before another, whose role would not be asked for then."""
    places = [(page, compile_path(page.path)[0]) for page in PAGES]
    for page in PAGES:
        for method in page.methods:
            met = [one.name for one, place in places if method in one.methods and place.match(given(page))]
            assert met[0] == page.name and len(set(met)) == len(met), (page.path, method, met)
    assert len({page.name for page in PAGES}) == len(PAGES)


@pytest.mark.parametrize("role", Role)
def test_nobody_does_what_their_role_may_not(world: World, role: Role) -> None:
    """Every page, by every method."""
    with showroom(staffed(world)) as room:
        somebody = in_role(room, role)
        seal = somebody.seal()
        for page in PAGES:
            if not role.may(page.role):
                for method in page.methods:
                    path = given(page)
                    came = somebody.post(path, {"seal": seal}) if method == "POST" else somebody.get(path)
                    assert came.status == 403, (page.name, method)
        for path in sorted({given(page) for page in PAGES}):
            for method in ("PUT", "DELETE", "PATCH", "OPTIONS"):
                came = room.ask(method, path, "x=1", Cookie=somebody.cookie)
                assert (came.status, came.headers.get("allow") is None) == (405, False), (method, path)
        with world.store() as store:
            assert {one.outcome.value for one in store.audit.find(Sought(), 1000) if one.action != "enter"} <= {
                "denied"
            }


def test_to_look_changes_nothing(world: World) -> None:
    """Every page, as an administrator: nothing is written into the store, whatever stands behind the question mark."""
    world.clock.set("2026-11-23T09:00:00Z")
    with showroom(staffed(demo(world))) as room:
        ada = in_role(room, Role.ADMINISTRATOR)
        with closing(sqlite3.connect(world.root / ".muster" / "state.db")) as watched:
            before = watched.execute("PRAGMA data_version").fetchone()
            for page in PAGES:
                if "GET" in page.methods:
                    for more in ("", "?action=delete&_method=POST&seal=x&confirm=yes&done=1"):
                        came = ada.get(given(page) + more, X_HTTP_Method_Override="POST", X_Method_Override="DELETE")
                        assert came.status < 500, (page.name, came.words)
            assert watched.execute("PRAGMA data_version").fetchone() == before


def test_other_peoples_cookies_open_nothing(room: Room) -> None:
    vi, ada = in_role(room, Role.VIEWER), in_role(room, Role.ADMINISTRATOR)
    name, _, key = ada.cookie.partition("=")
    for tampered in (
        f"{name}={key[:-1]}", f"{name}={key}A", f"{name}={key.swapcase()}", f"{name}=", f"{name}", f"{name}=%00",
        f"{name}=administrator", f"x{name}={key}", f"{name}x={key}", f"{name}={'A' * 8000}", f'{name}="{key}"', "; ; =;",
    ):  # fmt: skip
        assert Person(room, tampered).get("/campaigns").status == 401, tampered
    for beside in (
        f"{name}=x; {ada.cookie}",
        f"{ada.cookie}; {name}=x",
        f"a=b;{ada.cookie};c",
        f"\xc3\xa9=1; {ada.cookie}",
    ):
        assert Person(room, beside).get("/audit").status == 200, beside
    assert Person(room, f"{vi.cookie}; role=administrator").get("/audit").status == 403


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", f"evil.example:{80}", "", "127.0.0.1@evil.example"]
)
def test_whoever_calls_it_otherwise_hears_nothing(room: Room, host: str) -> None:
    """A site that has its own name lead here is none of ours: DNS rebinding."""
    vi = in_role(room, Role.VIEWER)
    for path in ("/campaigns", "/enter", "/live", "/healthz", "/nowhere", "/static/x/muster.css"):
        came = vi.get(path, Host=host)
        assert (came.status, "Campaigns" in came.text, host and host in came.text) == (421, False, host and False), path
    assert shows(room, TOKENS[Role.VIEWER]).status == 303
    assert vi.get("/campaigns", X_Forwarded_Host="evil.example").status == 200
    assert "evil.example" not in vi.get("/campaigns", X_Forwarded_Host="evil.example").text


@pytest.mark.parametrize(
    ("head", "statuses"),
    [
        ("GET /campaigns HTTP/1.1\r\nHost: {at}\r\nHost: evil.example\r\n", {400, 421}),
        ("GET /campaigns HTTP/1.0\r\n", {421}),
        ("GET http://evil.example/campaigns HTTP/1.1\r\nHost: {at}\r\n", {401, 404}),
        ("GET //evil.example/ HTTP/1.1\r\nHost: {at}\r\n", {401}),
        ("CONNECT evil.example:443 HTTP/1.1\r\nHost: {at}\r\n", {400, 401, 404, 405}),
        ("TRACE / HTTP/1.1\r\nHost: {at}\r\nCookie: x\r\n", {405}),
        ("GET /campaigns HTTP/1.1\r\nHost: {at}\r\nX-A: b\r\n folded: c\r\n", {400, 401}),
        ("POST /enter HTTP/1.1\r\nHost: {at}\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n", {400, 403}),
    ],
)
def test_odd_requests_come_to_nothing(room: Room, head: str, statuses: set[int]) -> None:
    answer = raw(room, head.format(at=room.at) + "Connection: close\r\n\r\n")
    assert int(answer.split(" ")[1]) in statuses, answer
    assert "location:" not in answer.lower() and "Cookie: x" not in answer


@pytest.mark.parametrize(
    "path",
    [
        "/static/../../visit.py", "/static/%2e%2e/visit.py", "/static/x/..%2f..%2fvisit.py", "/static/x/%00", "/%00",
        "/campaigns/", "/campaigns/../audit", "/campaigns%2f..%2faudit", "/audit/", "/audit;x=1", "/AUDIT", "/audit%20",
        "//audit", "/./audit", "/audit%2ejsonl", "/%61udit", "/resources/EmailCampaign/..%2f..%2faudit", "/audit\\",
        "/resources/EmailCampaign/%ff%fe", "/resources/EmailCampaign/a%0d%0aSet-Cookie:b=c@1", "/enter/../audit",
        "/resources/EmailCampaign/{{7*7}}@1", "/resources/EmailCampaign/" + "x" * 5000 + "@1",
    ],
)  # fmt: skip
def test_no_path_leads_around_a_role(room: Room, path: str) -> None:
    came = in_role(room, Role.VIEWER).get(path)
    assert came.status in (403, 404, 400), came.words
    assert "audit is" not in came.text and "import" not in came.text and "49" not in came.words[:200]
    assert "set-cookie" not in came.headers and "location" not in came.headers


def test_what_is_too_much_is_refused(room: Room) -> None:
    olga = in_role(room, Role.OPERATOR)
    assert olga.post("/try/act", {"x": "y" * 5000}).status == 413
    assert olga.post("/leave", {f"f{number}": "" for number in range(300)}).status == 403, "too many fields"
    assert room.ask("POST", "/enter", "&".join("abcdefghijklmnop"), Content_Type=FORM, Origin=room.base).status == 400
    assert olga.get("/campaigns?" + "a" * 17_000).status == 431
    assert olga.get("/campaigns", X_Long="a" * 17_000).status == 431
    assert olga.get("/campaigns?" + "&".join(f"q{number}=1" for number in range(1500))).status == 200
    assert DONE == []


def test_no_store_is_asked_for_a_nul(room: Room) -> None:
    """PostgreSQL refuses it as if the store were broken: the page was 503, and the desk let its connection go."""
    olga = in_role(room, Role.OPERATOR)
    for path in (
        "/leads?after=a%00b",
        "/leads?a%00b=1",
        "/leads/inbound/a%00b",
        "/accounts/a/b%00",
        "/leads/queue/%00/discard",
    ):
        assert olga.get(path).status == 400, path
    assert olga.post("/try/act", {"x": "a\0b"}).status == 403
    assert olga.post("/leads/queue/%00/discard").status == 400
    assert DONE == []


def test_strangers_cannot_make_it_wait_for_them(room: Room) -> None:
    """They are answered before they have sent what they say that they will."""
    host, _, port = room.at.rpartition(":")
    for path in ("/try/act", "/leave", "/nowhere"):
        with socket.create_connection((host, int(port)), rooms.PATIENCE) as there:
            there.sendall(f"POST {path} HTTP/1.1\r\nHost: {room.at}\r\nContent-Length: 1000\r\n\r\n".encode())
            assert there.recv(4096).startswith(b"HTTP/1.1 401"), path


def test_one_who_asks_too_much_stops_nobody_else(room: Room) -> None:
    olga, ada = in_role(room, Role.OPERATOR), in_role(room, Role.ADMINISTRATOR)
    seal = olga.seal()
    statuses = [olga.post("/try/act", {"seal": seal}).status for _ in range(ACTS[0] + 1)]
    assert (statuses[0], statuses[-1]) == (303, 429)
    assert olga.get("/campaigns").status == 200, "to look is another matter"
    assert ada.post("/try/act").status == 303


def test_every_answer_has_its_headers(room: Room) -> None:
    """Pages, files, and whatever goes wrong."""
    vi, olga = in_role(room, Role.VIEWER), in_role(room, Role.OPERATOR)
    style = next(one for one in vi.get("/campaigns").links if one.endswith("muster.css"))
    answers = {
        200: vi.get("/campaigns"), 401: room.ask("GET", "/campaigns"), 404: vi.get("/nowhere"), 403: vi.get("/audit"),
        405: room.ask("PUT", "/campaigns", Cookie=vi.cookie), 413: olga.post("/try/act", {"x": "y" * 5000}),
        421: vi.get("/", Host="evil.example"), 431: vi.get("/?" + "a" * 17_000), 500: vi.get("/try/break"),
        303: vi.get("/"), 409: vi.get("/try/refuse"), 415: olga.post("/try/act", Content_Type="text/plain"),
    }  # fmt: skip
    for status, page in answers.items():
        assert page.status == status
        assert page.headers["cache-control"].startswith("no-store"), status
    for page in (
        *answers.values(),
        vi.get(style),
        vi.get("/healthz"),
        room.ask("BREW", "/"),
        vi.get("/static/x/y.css"),
    ):
        assert {name: page.headers[name] for name in HEADERS} == HEADERS
        assert "unsafe" not in page.headers["content-security-policy"] and "server" not in page.headers


def test_no_page_has_what_its_policy_forbids(room: Room) -> None:
    vi = in_role(room, Role.VIEWER)
    for page in (vi.get("/campaigns"), room.ask("GET", "/"), vi.get("/nowhere"), vi.get("/try/break")):
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:", page.text), page.text


def test_errors_tell_nothing_of_what_is_behind(room: Room) -> None:
    vi = in_role(room, Role.VIEWER)
    page = vi.get("/try/break")
    assert (page.status, "hunter2" in page.text, "Traceback" in page.text, "Zero" in page.text) == (
        500,
        False,
        False,
        False,
    )
    assert "Something went wrong" in page.words
    hostile = vi.get("/try/refuse?" + urlencode({"x": "<img src=x onerror=alert(1)>{{ 7*7 }}\u202e"}))
    assert (
        "<img" not in hostile.text.partition("<main")[2]
        and "{{ 7*7 }}" in hostile.text
        and "\u202e" not in hostile.text
    )


def test_a_head_says_what_a_get_would(room: Room) -> None:
    vi = in_role(room, Role.VIEWER)
    for path in ("/campaigns", "/nowhere", "/audit", "/enter"):
        asked, got = room.ask("HEAD", path, Cookie=vi.cookie), vi.get(path)
        assert (asked.status, asked.text) == (got.status, ""), path
    assert room.ask("HEAD", "/try/act", Cookie=vi.cookie).status == 405
    assert room.ask("HEAD", "/campaigns").status == 401


def test_neither_the_log_nor_a_page_has_a_secret(room: Room) -> None:
    people = [in_role(room, role) for role in Role]
    shows(room, "somebody's token, with a slip")
    seen = "".join(one.get(path).text for one in people for path in ("/campaigns", "/audit", "/enter", "/try/break"))
    told = seen + "".join(room.told)
    for secret in (*TOKENS.values(), "with a slip", *(one.cookie.partition("=")[2] for one in people)):
        assert secret not in told
