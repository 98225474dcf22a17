"""Who comes into the dashboard, and as whom. (issue 8)"""

import re
import subprocess
import sys
import threading
from urllib.parse import urlsplit

import pytest

from reconciler.dashboard.access.origin import HOME, is_called, next_of
from reconciler.dashboard.access.sessions import IDLE, LONGEST, MOST
from reconciler.dashboard.navigation import PAGES
from reconciler.dashboard.visitor import Role
from reconciler.model.audit import Sought
from reconciler.source.dashboard_schema import GROUP, ROLES
from tests.daemons import PATIENCE, Running
from tests.dashboard import people
from tests.dashboard.people import NAMES, TOKENS, Person, came_in, in_role, shows, staffed
from tests.dashboard.showroom import ROOT, Room, showroom
from tests.world import World

PROXY = """\
dashboard:
  proxy:
    userHeader: X-Auth-Request-User
    groupsHeader: X-Auth-Request-Groups
    trusted: [TRUSTED]
    roles:
      viewer: [vi]
      operator: ["group:operations", "Zoë"]
      administrator: [ada@shop.example, "group:platform"]
"""
URL = "  url: https://muster.shop.example\n"


def proxied(world: World, trusted: str = "127.0.0.1", more: str = "") -> World:
    settings = PROXY.replace("TRUSTED", trusted) + more
    (world.root / "muster.yaml").write_text(settings, encoding="utf-8")
    return world


def named(room: Room, user: str, groups: str = "", path: str = "/campaigns") -> "tuple[int, str]":
    """The status, and the role as the page says it, of whoever comes through a proxy."""
    headers = {"X_Auth_Request_User": user.encode().decode("latin-1")}
    page = room.ask("GET", path, **headers, **({"X_Auth_Request_Groups": groups} if groups else {}))
    found = re.search(r'class="role">(\w+)', page.text)
    return page.status, found[1] if found else ""


@pytest.mark.parametrize("role", Role)
def test_a_token_lets_one_in_as_who_one_is(world: World, role: Role) -> None:
    with showroom(staffed(world)) as room:
        page = in_role(room, role).get("/campaigns")
        assert (page.status, NAMES[role] in page.words, role.value in page.words) == (200, True, True)
        assert room.entrance == f"{room.base}/", "no token is printed where people have their own"


def test_what_is_no_token_lets_nobody_in(world: World) -> None:
    with showroom(staffed(world)) as room:
        for wrong in ("", "x", TOKENS[Role.VIEWER][:-1], TOKENS[Role.VIEWER] + "x", "Zoë\0", "x" * 3000):
            came = shows(room, wrong)
            assert (came.status, "set-cookie" in came.headers) == (401, False), wrong
        assert room.ask("GET", f"/enter?token={TOKENS[Role.VIEWER].replace(' ', '+')}").status == 401, "not by a link"
        assert shows(room, f" {TOKENS[Role.VIEWER]} ").status == 303, "blanks come with copying"


def test_the_printed_address_lets_in_whoever_has_started_it(world: World) -> None:
    with showroom(world) as room:
        room.enter()
        page = room.get("/campaigns")
        assert ("tester" in page.words, "administrator" in page.words) == (True, True)
        token = room.entrance.partition("token=")[2]
        assert came_in(room, token).get("/campaigns").status == 200, "or by the form"
        assert room.ask("GET", "/enter?token=x").status == 401


def test_whoever_guesses_has_to_wait(world: World) -> None:
    """Whoever they say they are: no proxy stands before this dashboard. The audit has the address that has connected."""
    with showroom(staffed(world)) as room:
        statuses = [_guesses(room, f"192.0.2.{number}") for number in range(25)]
        assert (statuses[0], statuses[-1], shows(room, "wrong").status) == (401, 429, 429)
    with world.store() as store:
        assert {line.client for line in store.audit.find(Sought(action="enter"), 100)} == {"127.0.0.1"}


@pytest.mark.parametrize("before", [URL, PROXY.partition("\n")[2].replace("TRUSTED", "127.0.0.1")])
def test_behind_a_proxy_each_waits_for_themselves(world: World, before: str) -> None:
    with showroom(staffed(world, before)) as room:
        statuses = [_guesses(room, "192.0.2.7") for _ in range(25)]
        assert (statuses[-1], _guesses(room, "192.0.2.8")) == (429, 401)


def test_where_a_proxy_is_named_no_other_is_believed(world: World) -> None:
    """Not the one before the doors of the world either, which is this machine unless told otherwise."""
    with showroom(staffed(world, URL + PROXY.partition("\n")[2].replace("TRUSTED", "10.0.0.7"))) as room:
        statuses = [_guesses(room, f"192.0.2.{number}") for number in range(25)]
        assert statuses[-1] == 429


def _guesses(room: Room, client: str) -> int:
    """What a wrong token is answered with, of whoever says that they speak for this address."""
    origin = "https://muster.shop.example"
    host = {"Host": "muster.shop.example"} if room.entrance.startswith(origin) else {}
    came = room.ask("POST", "/enter", "token=x", Origin=origin if host else room.base, X_Forwarded_For=client, **host)
    return came.status


def test_one_goes_on_where_one_wanted_to(world: World) -> None:
    with showroom(staffed(world)) as room:
        page = room.ask("GET", "/resources/EmailCampaign/a%20b?x=%2F1&y=2")
        wanted = re.search(r'name="next" value="([^"]*)"', page.text)
        assert wanted and page.status == 401
        where = wanted[1].replace("&amp;", "&")
        assert where == "/resources/EmailCampaign/a%20b?x=%2F1&y=2"
        assert shows(room, TOKENS[Role.VIEWER], next=where).headers["location"] == where


@pytest.mark.parametrize(
    "elsewhere",
    [
        "//evil.example", "https://evil.example", "\\\\evil.example", "/\\evil.example", "/\t/evil.example", "javascript:x",
        "", "evil.example", "/%0d%0aSet-Cookie:%20a=b\r\nX: y", "/a b", "/ä", "/enter", "/leave", "/" + "x" * 3000, "///x",
    ],
)  # fmt: skip
def test_nobody_is_led_elsewhere(elsewhere: str) -> None:
    assert next_of(elsewhere) == HOME


@pytest.mark.parametrize(
    "here", ["/", "/campaigns?kind=EmailCampaign&q=a%2F%2Fb", "/resources/A/b@1/do/pause", "/plan#x"]
)
def test_paths_of_ours_are_gone_on_to(here: str) -> None:
    assert next_of(here) == here


@pytest.mark.parametrize(
    ("host", "is_ours"),
    [
        ("127.0.0.1:8026", True), ("localhost:8026", True), ("LOCALHOST", True), ("[::1]:8026", True), ("10.0.0.7", True),
        ("muster.shop.example", True), ("Muster.shop.example:443", True), ("muster.shop.example.", True),
        ("evil.example", False), ("localhost.evil.example", False), ("127.0.0.1.evil.example", False), ("", False),
        ("127.0.0.1:x", False), ("localhost@evil.example", False), ("localhost/x", False), ("a b", False), ("[x]", False),
    ],
)  # fmt: skip
def test_it_is_called_by_its_own_names(host: str, is_ours: bool) -> None:
    assert is_called(host, frozenset({"muster.shop.example"})) is is_ours


def test_leaving_ends_it_there_and_then(world: World) -> None:
    with showroom(staffed(world)) as room:
        vi, other = in_role(room, Role.VIEWER), in_role(room, Role.VIEWER)
        assert vi.post("/leave", {"seal": other.seal()}).status == 403
        assert vi.get("/leave").status == 405
        left = vi.post("/leave")
        assert (left.status, left.headers["location"], "Max-Age=0" in left.headers["set-cookie"]) == (
            303,
            "/enter",
            True,
        )
        assert vi.get("/campaigns").status == 401, "whoever has kept the cookie, too"
        assert other.get("/campaigns").status == 200


def test_a_session_ends_by_itself(world: World) -> None:
    with showroom(staffed(world)) as room:
        vi, busy, opened = (in_role(room, Role.VIEWER) for _ in range(3))
        hours = int(LONGEST / (IDLE / 2))
        for number in range(1, hours):
            world.clock.moment += IDLE / 2
            assert busy.get("/campaigns").status == 200, number
            looks = opened.get("/campaigns", HX_Request="true")
            assert looks.status == (200 if number == 1 else 401), "a page that stands open is nobody who sits there"
        assert vi.get("/campaigns").status == 401
        world.clock.moment += IDLE / 2
        assert busy.get("/campaigns").status == 401, "however busy one is"
        assert looks.headers["hx-refresh"] == "true"


def test_a_restart_ends_all_of_them(world: World) -> None:
    """So does taking a token out of the settings."""
    with showroom(staffed(world)) as room:
        vi = in_role(room, Role.VIEWER)
        assert vi.get("/campaigns").status == 200
    with showroom(world) as room:
        assert Person(room, vi.cookie).get("/campaigns").status == 401


def test_coming_in_again_is_another_session(world: World) -> None:
    """What was in the browser before, whoever has put it there, is worth nothing afterwards."""
    with showroom(staffed(world)) as room:
        vi = in_role(room, Role.VIEWER)
        body = f"token={TOKENS[Role.OPERATOR].replace(' ', '+')}"
        came = room.ask("POST", "/enter", body, Content_Type=people.FORM, Origin=room.base, Cookie=vi.cookie)
        kept = came.headers["set-cookie"].partition(";")[0]
        assert kept != vi.cookie
        assert vi.get("/campaigns").status == 401
        assert "operator" in Person(room, kept).get("/campaigns").words
        name = kept.partition("=")[0]
        fixed = room.ask("POST", "/enter", body, Content_Type=people.FORM, Origin=room.base, Cookie=f"{name}=chosen")
        assert "chosen" not in fixed.headers["set-cookie"]
        assert room.ask("GET", "/campaigns", Cookie=f"{name}=chosen").status == 401


def test_one_token_has_only_so_many_sessions(world: World) -> None:
    with showroom(staffed(world)) as room:
        ada, first = in_role(room, Role.ADMINISTRATOR), in_role(room, Role.VIEWER)
        for _ in range(MOST):
            last = in_role(room, Role.VIEWER)
        assert [one.get("/campaigns").status for one in (first, last, ada)] == [401, 200, 200]


def test_the_cookie_is_hidden_from_scripts_other_sites_and_the_clear(world: World) -> None:
    with showroom(staffed(world)) as room:
        port = room.base.rpartition(":")[2]
        cookie = shows(room, TOKENS[Role.VIEWER]).headers["set-cookie"]
        assert re.fullmatch(rf"muster-{port}=[\w-]{{43}}; Max-Age=43200; Path=/; HttpOnly; SameSite=Lax", cookie), (
            cookie
        )


def test_behind_tls_the_cookie_travels_by_tls_alone(world: World) -> None:
    with showroom(staffed(world, "  url: https://muster.shop.example\n")) as room:
        body = f"token={TOKENS[Role.VIEWER].replace(' ', '+')}"
        came = room.ask("POST", "/enter", body, Origin="https://muster.shop.example", Host="muster.shop.example")
        assert room.entrance == "https://muster.shop.example/"
        cookie = came.headers["set-cookie"]
        assert re.fullmatch(
            r"__Host-muster=[\w-]{43}; Max-Age=43200; Path=/; HttpOnly; SameSite=Lax; Secure", cookie
        ), cookie
        assert room.ask("GET", "/campaigns", Cookie=cookie.partition(";")[0]).status == 200


def test_a_proxy_says_who_somebody_is(world: World) -> None:
    with showroom(proxied(world)) as room:
        assert named(room, "vi") == (200, "viewer")
        assert named(room, "Zoë") == (200, "operator"), "names are UTF-8"
        assert named(room, "ada@shop.example", "staff") == (200, "administrator")
        assert named(room, "somebody", "staff, operations") == (200, "operator")
        assert named(room, "vi", "operations,platform") == (200, "administrator"), "the highest counts"
        page = room.ask("GET", "/campaigns", X_Auth_Request_User="vi")
        assert "Sign out" not in page.words, "the proxy signs out"


def test_whom_a_proxy_does_not_name_or_nobody_knows_has_no_page(world: World) -> None:
    with showroom(proxied(world)) as room:
        assert named(room, "")[0] == 401
        assert "proxy" in room.ask("GET", "/campaigns").words
        for unknown in ("eve", "VI", "vi2", "group:platform", "x" * 300, "vi\x7f"):
            assert named(room, unknown)[0] == 403, unknown
            assert named(room, unknown, path="/audit") == named(room, unknown, path="/nowhere")
        assert named(room, "eve", "PLATFORM, group:platform")[0] == 403
        assert room.ask("POST", "/enter", "token=", Origin=room.base).status == 401


def test_everybody_else_may_have_a_role(world: World) -> None:
    with showroom(proxied(world, more="    default: viewer\n")) as room:
        assert named(room, "eve") == (200, "viewer")
        assert named(room, "eve", "platform") == (200, "administrator")
        for unfilled in ("{http.reverse_proxy.header.X-Auth-Request-Email}", "(null)"):
            assert named(room, unfilled)[0] == 403, "the proxy has found no name, and says so in its own way"


@pytest.mark.parametrize("trusted", ["10.0.0.7", "192.0.2.0/24", '"::1"'])
def test_nobody_but_the_proxy_is_believed(world: World, trusted: str) -> None:
    """The address that has connected counts, not the one that it says it speaks for."""
    with showroom(proxied(world, trusted)) as room:
        for claimed in ("10.0.0.7", "192.0.2.1", "::1", "10.0.0.7, 127.0.0.1"):
            headers = {"X_Forwarded_For": claimed, "Forwarded": f"for={claimed}", "X_Real_IP": claimed}
            page = room.ask("GET", "/campaigns", X_Auth_Request_User="ada@shop.example", **headers)
            assert page.status == 401, claimed


def test_what_a_client_sends_does_not_pass_as_the_proxys_own(world: World) -> None:
    with showroom(proxied(world)) as room:
        other = room.ask("GET", "/campaigns", X__Auth_Request_User="ada@shop.example")
        assert other.status == 401
        head = f"GET /campaigns HTTP/1.1\r\nHost: {room.at}\r\nConnection: close\r\n"
        for twice in (
            "X-Auth-Request-User: ada@shop.example\r\nX-Auth-Request-User: vi",
            "X-Auth-Request-User: vi\r\nx-auth-request-user: ada@shop.example",
            "X-Auth-Request-User: vi\r\nX-Auth-Request-Groups: platform\r\nX-Auth-Request-Groups: staff",
        ):
            assert people.raw(room, f"{head}{twice}\r\n\r\n").startswith("HTTP/1.1 403"), twice
        assert people.raw(room, f"{head}X_Auth_Request_User: ada@shop.example\r\n\r\n").startswith("HTTP/1.1 401")


def test_tokens_and_a_proxy_go_together(world: World) -> None:
    staffed(world)
    settings = (world.root / "muster.yaml").read_text(encoding="utf-8")
    (world.root / "muster.yaml").write_text(
        settings + PROXY.partition("\n")[2].replace("TRUSTED", "127.0.0.1"), "utf-8"
    )
    with showroom(world) as room:
        assert named(room, "Zoë") == (200, "operator")
        vi = in_role(room, Role.VIEWER)
        assert "viewer" in vi.get("/campaigns").words
        assert "operator" in vi.get("/campaigns", X_Auth_Request_User="olga", X_Auth_Request_Groups="operations").words


def test_without_settings_it_is_open_to_this_machine_alone(world: World) -> None:
    for at in ("0.0.0.0:0", "[::]:0", "10.0.0.7:0", "muster.example:0"):
        code, _, said = world.cli("serve", "--listen", "127.0.0.1:0", "--dashboard", at)
        assert (code, "who may come in" in said, "--no-dashboard" in said) == (64, True, True), said


@pytest.mark.parametrize(
    ("secret", "said"),
    [(None, "the environment has no TOKEN_OF_ANA"), ("fifteen letters", "fewer than 16 characters")],
)
def test_tokens_that_are_missing_or_short_are_told_with_their_place(
    world: World, monkeypatch: pytest.MonkeyPatch, secret: str | None, said: str
) -> None:
    if secret:
        monkeypatch.setenv("TOKEN_OF_ANA", secret)
    token = "dashboard:\n  tokens:\n    - {name: ana, role: viewer, token: {env: TOKEN_OF_ANA}}\n"
    (world.root / "muster.yaml").write_text(token, encoding="utf-8")
    answer = world.cli("serve", "--listen", "127.0.0.1:0", "--dashboard", "127.0.0.1:0")
    told = answer.out + answer.err
    assert (answer.code, "muster.yaml:3:40" in told, said in told) == (3, True, True), told
    assert secret is None or secret not in told


def test_two_people_with_one_token_are_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("A", "B"):
        monkeypatch.setenv(name, "the very same words")
    lines = (f"    - {{name: {name.lower()}, role: viewer, token: {{env: {name}}}}}\n" for name in ("A", "B"))
    (world.root / "muster.yaml").write_text("dashboard:\n  tokens:\n" + "".join(lines), encoding="utf-8")
    answer = world.cli("serve", "--listen", "127.0.0.1:0", "--dashboard", "127.0.0.1:0")
    assert (answer.code, "b and a have the same token" in answer.out + answer.err) == (3, True)


def test_the_settings_know_the_roles_that_there_are() -> None:
    from reconciler.dashboard.access import ways

    assert (tuple(Role), GROUP) == (ROLES, ways.GROUP)


@pytest.mark.parametrize("more", [{}, {"X_Forwarded_For": "127.0.0.1"}])
def test_a_stranger_hears_the_same_everywhere(world: World, more: dict[str, str]) -> None:
    """Whether something is there, what it takes, and how much, is nobody's business."""
    paths = [re.sub(r"\{\w+\}", "x", page.path) for page in PAGES]
    with showroom(staffed(world)) as room:
        heard = set()
        for path in (*paths, "/nothing", "/a/b/c/d", "//x", "/.env", "/%2e%2e/etc/passwd", "/audit%2ecsv"):
            for method, body in (("GET", None), ("POST", "x=1"), ("POST", "x" * 5000), ("PUT", "x"), ("DELETE", None)):
                page = room.ask(method, path, body, **more)
                heard.add((page.status, re.sub(r'name="next" value="[^"]*"', "", page.text)))
        assert len(heard) == 1 and next(iter(heard))[0] == 401


def test_the_health_of_the_process_is_no_secret(world: World) -> None:
    with showroom(staffed(world)) as room:
        page = room.ask("GET", "/healthz")
        assert (page.status, page.text) == (200, "ok\n")


WORLDS = (
    "/o/x.gif", "/c/x", "/u/x", "/webhooks/provider", "/r/x", "/portal", "/v1/portal/leads", "/v1/leads", "/v1/invoices",
    "/v1/accounts", "/v1/accounts/1/events", "/v1/referral/advocates", "/metrics", "/readyz",
)  # fmt: skip
"""What is asked of the world's doors."""


def test_the_doors_of_the_world_and_the_dashboard_are_apart(world: World) -> None:
    """Lead intake, tracking and webhooks are not at the dashboard's address, and no page is at theirs."""
    command = (sys.executable, str(ROOT / "cli.py"), "-C", str(world.root), "serve", "--log-format", "json")
    process = subprocess.Popen(
        (*command, "--listen", "127.0.0.1:0", "--dashboard", "127.0.0.1:0"), stderr=subprocess.PIPE, text=True
    )
    running = Running(process)
    reader = threading.Thread(target=running.listen, daemon=True)
    reader.start()
    try:
        entrance = running.says("dashboard")["at"]
        outside = Room(world, "", str(running.says("listening")["at"]))
        inside = Room(world, entrance, urlsplit(entrance).netloc)
        for page in PAGES:
            path = re.sub(r"\{\w+\}", "x", page.path)
            for method in page.methods:
                assert outside.ask(method, path).status == 404, path
        assert outside.ask("GET", f"/enter?{urlsplit(entrance).query}").status == 404
        inside.enter()
        for path in WORLDS:
            for method in ("GET", "POST"):
                assert inside.ask(method, path).status == 401, path
            assert inside.get(path).status == 404, path
    finally:
        process.terminate()
        assert process.wait(PATIENCE) == 0
        reader.join(timeout=PATIENCE)
