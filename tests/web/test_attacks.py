"""The doors, attacked: tokens forged, redirects to other hosts, bodies without end, clients that dribble (issue 5)."""

import base64
import hashlib
import hmac
import json
import socket
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from reconciler.mail.token import Meant, Purpose, Seal
from reconciler.web.listening import REQUEST
from tests.daemons import until
from tests.smtp_counter import Counter
from tests.web.shop import HOOK, SECRET, Server, Shop, links, token

ADA = "ada@r.example"


@pytest.fixture
def mail(shop: Shop, counter: Counter) -> bytes:
    """A mail that Ada got."""
    shop.list_of([ADA])
    shop.campaign("spring", "Sale: https://shop.example/sale", "<a href='https://shop.example/sale'>x</a>")
    shop.launch()
    return counter.taken[0].message


@pytest.fixture
def server(shop: Shop, mail: bytes) -> Iterator[Server]:
    with shop.serving() as found:
        yield found


def test_tokens_that_are_not_ours_open_nothing(shop: Shop, mail: bytes, server: Server) -> None:
    (click,), (pixel,), (leave,) = links(mail, "c"), links(mail, "o"), links(mail, "u")
    uid = shop.uid("spring")
    forged = Seal("not the shop's own secret at all").token(Purpose.CLICK, Meant(uid, 1, 0))
    for door, odd in [
        ("c", token(pixel)), ("c", token(leave)), ("o", f"{token(click)}.gif"), ("u", token(click)), ("u", token(pixel)),
        ("c", forged), ("c", token(click)[:-1]), ("c", token(click) + "A"), ("c", "x%0d%0aSet-Cookie:%20a=b"),
        ("c", "%2e%2e%2f"), ("u", "%00"), ("c", "https:%2f%2fevil.example"), ("c", "%ff%fe"),
    ]:  # fmt: skip
        said = server.get(f"/{door}/{odd}")
        assert said.status in (404, 429), (door, odd, said)
        assert "location" not in said.headers and "set-cookie" not in said.headers
        assert odd == token(leave) or server.post(f"/u/{odd}").status in (404, 405, 429)
    assert shop.signs("spring") == [] and not shop.suppressions()
    assert server.get(click).status == 302, "who tried to forge may still press what is ours"


def test_it_leads_nowhere_but_where_the_mailing_says(shop: Shop, mail: bytes, server: Server) -> None:
    """Not by a parameter, not by a header, not by a link number that the mailing does not have."""
    (click,) = links(mail, "c")
    assert "location" not in server.get("/c/x/", Host="evil.example").headers
    for more in ("?url=https://evil.example", "?next=//evil.example"):
        said = server.get(click + more, Host="evil.example", X_Forwarded_Host="evil.example")
        assert said.headers["location"] == "https://shop.example/sale"
    with shop.open() as store:
        meant = Seal(SECRET).read(Purpose.CLICK, token(click))
        assert meant and store.ledger.key_of(meant.uid, meant.unit) == ADA
    ours = Seal(SECRET)
    assert server.get(f"/c/{ours.token(Purpose.CLICK, Meant(meant.uid, meant.unit, 99))}").status == 404
    assert server.get(f"/c/{ours.token(Purpose.CLICK, Meant(10**9, 1, 0))}").status == 404
    assert server.get(f"/o/{ours.token(Purpose.OPEN, Meant(meant.uid, 10**9))}.gif").status == 200
    assert server.post(f"/u/{ours.token(Purpose.UNSUBSCRIBE, Meant(meant.uid, 10**9))}").status == 404
    assert {key for key, _ in shop.signs("spring")} == {ADA}


def test_who_fetches_ahead_is_not_counted(shop: Shop, mail: bytes, server: Server) -> None:
    (click,), (pixel,), (leave,) = links(mail, "c"), links(mail, "o"), links(mail, "u")
    assert server.ask("HEAD", click).status == 302
    assert server.ask("HEAD", pixel).status == 200
    assert server.ask("HEAD", leave).status == 200
    for name, said in [("Purpose", "prefetch"), ("Sec-Purpose", "prefetch;prerender"), ("X-Purpose", "preview")]:
        assert server.get(click, **{name: said}).status == 302
        assert server.get(pixel, **{name: said}).status == 200
    assert shop.signs("spring") == [] and not shop.suppressions()


def test_ten_thousand_opens_of_one_mail_are_one(shop: Shop, mail: bytes, server: Server) -> None:
    """AMB-E15: opened is unique. One connection asks again and again."""
    (pixel,) = links(mail, "o")
    path = f"/o/{token(pixel)}.gif"
    asked = f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    with socket.create_connection((server.host, server.port), 60) as one, one.makefile("rb") as answers:
        for _ in range(100):
            one.sendall(asked * 100)
            for _ in range(100):
                assert answers.readline() == b"HTTP/1.1 200 OK\r\n"
                while (line := answers.readline()) != b"\r\n":
                    if line.lower().startswith(b"content-length:"):
                        length = int(line.split(b":")[1])
                answers.read(length)
    with shop.open() as store:
        assert {sign.value: count for sign, count in store.returns.tally(shop.uid("spring")).items()} == {
            "opened": (1, 1)
        }


@pytest.mark.parametrize(
    ("head", "statuses"),
    [
        (b"POST /u/x HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999999\r\n\r\n", {413}),
        (b"POST /u/x HTTP/1.1\r\nHost: x\r\nContent-Length: 99999\r\n\r\n", {413}),
        (b"POST /webhooks/provider HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n", {413}),
        (b"GET /c/" + b"a" * 40_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", {431}),
        (b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"X-Long: " + b"a" * 40_000 + b"\r\n\r\n", {431}),
        (b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"X-Long: " + b"a" * 4_000_000, {400}),
        (
            b"POST /u/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2000\r\n" + b"a" * 0x2000 + b"\r\n",
            {413},
        ),
        (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", {400}),
        (b"BREW / HTTP/1.1\r\nHost: x\r\n\r\n", {404, 405}),
        (b"\x16\x03\x01\x02\x00\x01\x00", {400}),
    ],
)
def test_what_is_too_long_or_no_request_is_refused(server: Server, head: bytes, statuses: set[int]) -> None:
    with socket.create_connection((server.host, server.port), 30) as one:
        answer = said_to(one, head)
    if not answer and len(head) > 1_000_000:
        answer = b"HTTP/1.1 400"  # the door was shut while we spoke
    assert int(answer.split(b" ")[1]) in statuses, answer
    assert b"Traceback" not in answer and b"uvicorn" not in answer.lower()
    assert server.get("/healthz").status == 200


@pytest.mark.parametrize(
    "head", [b"POST /u/x HTTP/1.1\r\n", b"POST /u/" + b"x" * 40_000 + b" HTTP/1.1\r\n", b"POST /nowhere HTTP/1.0\r\n"]
)
def test_who_sends_on_comes_to_read_why_it_is_turned_away(server: Server, head: bytes) -> None:
    """Were the connection closed on what is still under way, the client would see it reset and hear nothing."""
    length = 4 << 20
    with socket.create_connection((server.host, server.port), 30) as one:
        one.sendall(head + b"Host: x\r\nContent-Length: %d\r\n\r\n" % length)
        time.sleep(0.3)  # it is turned away by now
        for _ in range(length >> 16):
            one.sendall(b"a" * (1 << 16))
        assert one.recv(4096).split(b" ")[1] in (b"413", b"431", b"404")


def said_to(one: socket.socket, head: bytes) -> bytes:
    """What is answered; nothing where the connection is reset."""
    try:
        one.sendall(head)
        return one.recv(4096)
    except ConnectionError:
        return b""


def test_who_dribbles_is_cut_off(server: Server) -> None:
    """Slow heads, and slow bodies: each has an end, and others are answered meanwhile."""
    begun = (
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n", b"",
        b"POST /u/x HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\na",
    )  # fmt: skip
    slow = [socket.create_connection((server.host, server.port), 2 * REQUEST) for _ in begun]
    try:
        for one, head in zip(slow, begun, strict=True):
            one.sendall(head)
            one.setblocking(False)
        assert server.get("/healthz").status == 200
        cut: set[int] = set()

        def all_cut() -> bool:
            for number, one in enumerate(slow):
                try:
                    cut.update({number} if one.send(b"a") == 0 or one.recv(4096) == b"" else ())
                except BlockingIOError:
                    continue
                except OSError:
                    cut.add(number)
            time.sleep(0.2)
            return len(cut) == len(slow)

        until(all_cut, "every slow client's end", 4 * REQUEST)
    finally:
        for one in slow:
            one.close()


def test_many_forged_tokens_are_met_with_less_and_less_patience(mail: bytes, server: Server) -> None:
    statuses = [server.get(f"/c/forged{number}").status for number in range(60)]
    assert statuses[0] == 404 and statuses[-1] == 429
    assert server.get(links(mail, "c")[0]).status == 302
    assert server.get("/c/forged", X_Forwarded_For="192.0.2.7").status == 404, "another client behind the proxy"


def signed(body: bytes, secret: str = HOOK) -> dict[str, str]:
    return {"X_Muster_Signature_256": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


def test_a_webhook_believes_who_knows_the_secret(shop: Shop, server: Server) -> None:
    """AMB-E16. The same event counts once, however often it is reported."""
    body = json.dumps(
        {"event": "bounce", "type": "hard", "recipient": "Ada@R.example", "id": "1", "reason": "550 5.1.1 no"}
    ).encode()
    door = "/webhooks/provider"
    for wrong in (
        {},
        signed(body, "x"),
        signed(body + b" "),
        {"X_Muster_Signature_256": "é"},
        {"Authorization": "Basic ???"},
    ):
        assert server.post(door, body, **wrong).status == 403
    assert server.post("/webhooks/nobody", body, **signed(body, "")).status == 403
    assert not shop.suppressions()
    assert server.post(door, b"{", **signed(b"{")).status == 400
    assert server.post(door, body, **signed(body)).body == b"1 new\n"
    assert server.post(door, body, **signed(body)).body == b"0 new\n"
    assert shop.reasons() == {(ADA, ""): "hard_bounce"}
    basic = base64.b64encode(f"muster:{HOOK}".encode()).decode()
    assert server.post(door, b"[]", Authorization=f"Basic {basic}").status == 200
    assert server.post(door, b"[]", Authorization=f"Bearer {HOOK}").status == 200


def test_a_replay_does_not_undo_what_a_person_has_decided(shop: Shop, server: Server) -> None:
    body = json.dumps({"event": "bounce", "type": "hard", "recipient": ADA, "id": "1"}).encode()
    server.post("/webhooks/provider", body, **signed(body))
    assert shop.world.cli("email", "unsuppress", ADA)[0] == 0
    assert server.post("/webhooks/provider", body, **signed(body)).body == b"0 new\n"
    assert not shop.suppressions()


def test_no_answer_and_no_log_tells_what_is_behind(shop: Shop, mail: bytes, server: Server) -> None:
    """Errors are words; neither tokens nor addresses nor secrets are in the log."""
    (click,), (leave,) = links(mail, "c"), links(mail, "u")
    server.get(click), server.post(leave), server.get("/c/forged")
    body = b'[{"event": "bounce", "recipient": "ada@r.example", "id": "9"}]'
    server.post("/webhooks/provider", body, **signed(body))
    database = shop.root / ".muster" / "state.db"
    with closing(__import__("sqlite3").connect(database)) as db:
        db.execute("ALTER TABLE sign RENAME TO gone")
        db.commit()
    said = server.get(click)
    assert said.status in (500, 503)
    assert b"sqlite" not in said.body.lower() and b"Traceback" not in said.body
    until(lambda: len(server.running.raw) >= 2, "a line in the log")
    log = "".join(server.running.raw)
    for secret in (ADA, SECRET, HOOK, token(click), token(leave)):
        assert secret not in log


def test_health_and_metrics(shop: Shop, mail: bytes, server: Server) -> None:
    server.get(links(mail, "c")[0])
    assert (server.get("/healthz").status, server.get("/readyz").status) == (200, 200)
    text = server.get("/metrics").body.decode()
    assert 'muster_http_answers_total{door="click",status="302",what="clicked"} 1.0' in text
    assert ADA not in text


def test_it_says_what_it_lacks(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_SECRET", "short")
    code, _, said = shop.world.cli("serve", "--no-dashboard", "--listen", "127.0.0.1:0")
    assert (code, "fewer than 16 characters" in said) == (64, True)
    monkeypatch.delenv("SHOP_SECRET")
    code, _, said = shop.world.cli("serve", "--no-dashboard", "--listen", "127.0.0.1:0")
    assert (code, "the environment has no SHOP_SECRET" in said) == (64, True)
    monkeypatch.setenv("SHOP_SECRET", SECRET)
    for address in ("nowhere", "127.0.0.1:99999", "203.0.113.7:1"):
        assert shop.world.cli("serve", "--no-dashboard", "--listen", address)[0] == 64
