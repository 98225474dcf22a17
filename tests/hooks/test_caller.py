"""Calls of real servers: honest ones, liars, drippers, and those that lead elsewhere."""

import hashlib
import hmac
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from reconciler.hooks.call import BODY, Call, Fate, Reply
from reconciler.hooks.caller import Caller
from reconciler.hooks.look_up import look_up
from tests.certificates import Authority
from tests.hooks.servers import END, Request, Script, serving

SHORT = timedelta(seconds=0.4)
SECRET = "canary-7f3a"


@pytest.fixture
def caller() -> Iterator[Caller]:
    with closing(Caller()) as found:
        yield found


def asked(url: str, **more: object) -> Call:
    return replace(Call(url, b'{"lead": "canary"}', "key-1", SECRET, allow_private=True), **more)  # type: ignore[arg-type]


def called(script: Script, **more: object) -> Reply:
    with serving(script) as server, closing(Caller()) as caller:
        return caller.call(asked(server.url, **more))


def test_a_call_is_signed_and_known_by_its_key(caller: Caller) -> None:
    with serving(lambda request: request.answer(200, b"thanks")) as server:
        reply = caller.call(asked(f"{server.url}?a=b c".replace(" ", "%20"), headers={"X-One": "1"}))
    assert (reply.fate, reply.status, reply.body, reply.is_whole) == (Fate.TAKEN, 200, b"thanks", True)
    (request,) = server.requests
    assert request.line == "POST /leads?a=b%20c HTTP/1.1"
    expected = hmac.new(SECRET.encode(), b'{"lead": "canary"}', hashlib.sha256).hexdigest()
    assert request.headers["x-muster-signature-256"] == f"sha256={expected}"
    assert request.headers["idempotency-key"] == "key-1"
    assert request.headers["host"] == f"127.0.0.1:{server.port}"
    assert request.headers["x-one"] == "1"


def test_connections_are_kept_and_mended(caller: Caller) -> None:
    def script(request: Request) -> None:
        request.answer(200, b"x")
        if request.number == 1:
            request.hang_up()

    with serving(script) as server:
        replies = [caller.call(asked(server.url)) for _ in range(2)]
        until(lambda: all(not wire.quiet() for wire in caller._wires.values()), "the server's goodbye")
        replies += [caller.call(asked(server.url)) for _ in range(2)]
    assert [reply.fate for reply in replies] == [Fate.TAKEN] * 4
    assert [request.connection for request in server.requests] == [1, 1, 2, 2]


@pytest.mark.parametrize(
    ("status", "taken", "fate"),
    [
        (200, (), Fate.TAKEN), (204, (), Fate.TAKEN), (299, (), Fate.TAKEN), (201, (200,), Fate.REFUSED),
        (409, (409,), Fate.TAKEN), (301, (), Fate.REFUSED),
        (302, (), Fate.LATER), (400, (), Fate.REFUSED), (401, (), Fate.LATER), (404, (), Fate.LATER),
        (408, (), Fate.LATER), (410, (), Fate.REFUSED), (413, (), Fate.REFUSED), (422, (), Fate.REFUSED), (425, (), Fate.LATER),
        (429, (), Fate.LATER), (500, (), Fate.LATER), (501, (), Fate.REFUSED), (503, (), Fate.LATER), (599, (), Fate.LATER),
    ],
)  # fmt: skip
def test_what_a_status_means(status: int, taken: tuple[int, ...], fate: Fate) -> None:
    reply = called(lambda request: request.answer(status), taken=frozenset(taken))
    assert (reply.fate, reply.status, reply.text) == (fate, status, f"it answered {status}")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        (["Retry-After: 120"], 120),
        (["Retry-After: 999999999"], 86400),
        (["Retry-After: 9999999999999999"], None),
        (["Retry-After: -5"], None),
        (["Retry-After: soon"], None),
        (["Retry-After: Mon, 04 Jan 2027 09:05:00 GMT", "Date: Mon, 04 Jan 2027 09:00:00 GMT"], 300),
        (["Retry-After: Mon, 04 Jan 2027 08:00:00 GMT", "Date: Mon, 04 Jan 2027 09:00:00 GMT"], 0),
        (["Retry-After: Mon, 04 Jan 2099 08:00:00 GMT", "Date: Mon, 04 Jan 2027 09:00:00 GMT"], 86400),
        (["Retry-After: Mon, 04 Jan 2027 09:05:00 GMT"], None),
        ([], None),
    ],
)
def test_the_wait_that_is_asked_for_is_bounded(headers: list[str], seconds: int | None) -> None:
    reply = called(lambda request: request.answer(429, b"", *headers))
    assert reply.wait == (None if seconds is None else timedelta(seconds=seconds))


def reset(request: Request) -> None:
    request.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.hang_up()


def drip(data: bytes) -> Script:
    def script(request: Request) -> None:
        with suppress(OSError):
            while True:
                request.say(data)
                time.sleep(0.02)

    return script


@pytest.mark.parametrize(
    ("script", "text"),
    [
        (lambda request: request.hang_up(), "no answer: the server hung up"),
        (reset, "no answer: Connection reset by peer"),
        (lambda request: request.say(b"250 OK\r\n" * 3), "its answer is no HTTP"),
        (lambda request: request.say(b"HTTP/1.1 999999 Huge" + END), "its answer is no HTTP"),
        (lambda request: request.say(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + END), "its answer is no HTTP"),
        (lambda request: request.say(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70000 + END), "its answer is no HTTP"),
        (drip(b"HTTP/1.1 100 Continue" + END), None),
        (drip(b"X-Drip: y\r\n"), None),
        (lambda _request: time.sleep(3), "no answer: not in time"),
        (lambda request: request.say(b"HTTP/1.1 103 Early Hints" + END), "it answered 103"),
    ],
)
def test_what_was_sent_whole_and_not_answered_is_unknown(script: Script, text: str | None) -> None:
    began = time.monotonic()
    reply = called(script, timeout=SHORT)
    assert reply.fate is Fate.UNKNOWN
    assert text is None or reply.text == text
    assert time.monotonic() - began < 20


def test_a_flood_is_not_drunk() -> None:
    """Heads without end, as fast as they come: it is over long before the deadline."""

    def script(request: Request) -> None:
        with suppress(OSError):
            while True:
                request.say((b"HTTP/1.1 100 Continue" + END) * 100)

    reply = called(script, timeout=timedelta(seconds=60))
    assert (reply.fate, reply.text) == (Fate.UNKNOWN, "its answer is too long")


def test_an_answer_that_drips_ends_in_time() -> None:
    def script(request: Request) -> None:
        request.say(b"HTTP/1.1 200 OK\r\n")
        drip(b"X: y\r\n")(request)

    reply = called(script, timeout=SHORT)
    assert (reply.fate, reply.text) == (Fate.UNKNOWN, "no answer: not in time")


@pytest.mark.parametrize("head", [b"Content-Length: 9999999", b"Transfer-Encoding: chunked", b"Connection: close"])
def test_a_body_that_does_not_end_spoils_no_answer(head: bytes) -> None:
    """The status says whether it was taken; who wants the body sees that it is not whole."""
    piece = b"5\r\nhello\r\n" if b"chunked" in head else b"hello"

    def script(request: Request) -> None:
        request.say(b"HTTP/1.1 200 OK\r\n" + head + END)
        drip(piece)(request)

    reply = called(script, timeout=SHORT)
    assert (reply.fate, reply.is_whole) == (Fate.TAKEN, False)


@pytest.mark.parametrize("head", [f"Content-Length: {10 * BODY}", "Transfer-Encoding: chunked", "Connection: close"])
def test_huge_bodies_are_not_read(head: str) -> None:
    body = b"".join(b"1000\r\n" + b"x" * 4096 + b"\r\n" for _ in range(160)) if "chunked" in head else b"x" * 10 * BODY

    def script(request: Request) -> None:
        with suppress(OSError):
            request.say(f"HTTP/1.1 200 OK\r\n{head}".encode() + END + body)
            request.hang_up()

    reply = called(script)
    assert (reply.fate, reply.is_whole) == (Fate.TAKEN, False)
    assert len(reply.body) <= BODY


def test_a_chunked_answer_is_read_and_its_connection_kept(caller: Caller) -> None:
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked" + END + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    with serving(lambda request: request.say(answer)) as server:
        replies = [caller.call(asked(server.url)) for _ in range(2)]
    assert [(reply.body, reply.is_whole) for reply in replies] == [(b"abcde", True)] * 2
    assert server.connections == 1


def test_who_has_heard_enough_is_heard_before_the_end() -> None:
    """A server that answers and hangs up while we are writing has answered."""
    listener = socket.create_server(("127.0.0.1", 0))

    def early() -> None:
        sock, _ = listener.accept()
        sock.recv(100)
        sock.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0" + END)
        sock.shutdown(socket.SHUT_RDWR)
        sock.recv(100)
        sock.close()

    threading.Thread(target=early, daemon=True).start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    with closing(listener), closing(Caller()) as caller:
        reply = caller.call(replace(asked(url), body=b"x" * 30_000_000))
    assert reply.fate in (Fate.REFUSED, Fate.LATER)
    assert reply.status in (413, 0)


def test_what_was_not_sent_whole_is_tried_again() -> None:
    """A server that takes nothing: the call ends in time, and nothing can have arrived."""
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    with closing(listener), closing(Caller()) as caller:
        reply = caller.call(replace(asked(url), body=b"x" * 30_000_000, timeout=SHORT))
    assert (reply.fate, reply.text) == (Fate.LATER, "the connection broke: not in time")


def test_nobody_listens(caller: Caller) -> None:
    with socket.create_server(("127.0.0.1", 0)) as one:
        port = one.getsockname()[1]
    reply = caller.call(asked(f"http://127.0.0.1:{port}/"))
    assert (reply.fate, reply.text) == (Fate.LATER, "no connection: Connection refused")


@pytest.mark.parametrize(
    "location", ["http://169.254.169.254/latest/meta-data/", "http://127.0.0.1:1/", "file:///etc/passwd"]
)
def test_redirects_are_not_followed(location: str) -> None:
    with (
        serving(lambda request: request.answer(307, b"", f"Location: {location}")) as server,
        closing(Caller()) as caller,
    ):
        reply = caller.call(asked(server.url))
    assert (reply.fate, reply.status) == (Fate.LATER, 307)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://127.0.0.1/x", "which needs allowPrivate"),
        ("http://127.0.0.1:{port}/x", "which needs allowPrivate"),
        ("http://localhost:{port}/x", "which needs allowPrivate"),
        ("http://2130706433:{port}/x", "which needs allowPrivate"),
        ("http://0x7f.1:{port}/x", "which needs allowPrivate"),
        ("http://[::ffff:127.0.0.1]:{port}/x", "which needs allowPrivate"),
        ("https://[::1]/x", "which needs allowPrivate"),
        ("https://169.254.169.254/latest", "never called"),
        ("https://[fd00:ec2::254]/latest", "never called"),
        ("http://0.0.0.0:{port}/x", "never called"),
        ("http://8.8.8.8/x", "not an https one"),
    ],
)
def test_the_own_network_is_not_called(url: str, why: str, caller: Caller) -> None:
    with serving(lambda request: request.answer(200)) as server:
        reply = caller.call(asked(url.replace("{port}", str(server.port)), allow_private=False))
        assert not server.connections
    assert reply.fate is Fate.REFUSED
    assert why in reply.text


@pytest.mark.parametrize(
    "url", ["https://169.254.169.254/", "http://0.0.0.0/", "http://[fe80::1]/", "http://8.8.8.8/", "https://224.0.0.1/"]
)
def test_even_allowed_private_networks_are_not_everything(url: str, caller: Caller) -> None:
    assert caller.call(asked(url)).fate is Fate.REFUSED


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "gopher://127.0.0.1/x", "//127.0.0.1/", "http://", "http://127.0.0.1:0/", "http://127.0.0.1:99999/",
        "http://user:canary@127.0.0.1/", "http://127.0.0.1/a b", "http://127.0.0.1/\r\nX: y", "http://[::1/", "http://a..b/", "",
    ],
)  # fmt: skip
def test_what_is_no_url(url: str, caller: Caller) -> None:
    reply = caller.call(asked(url))
    assert reply.fate is not Fate.TAKEN
    assert reply.status == 0
    assert "127.0.0.1" not in reply.text
    assert "canary" not in reply.text


@pytest.mark.parametrize("headers", [{"X-A": "b\r\nX-C: d"}, {"X-A\r\nX-C": "d"}, {"X-A": "\u2028"}])
def test_headers_cannot_smuggle(headers: dict[str, str], caller: Caller) -> None:
    assert caller.call(asked("http://127.0.0.1:1/", headers=headers)).text == "a header holds what a header may not"


@pytest.mark.parametrize(
    "found", [("93.184.215.14", "10.0.0.1"), ("127.0.0.1", "8.8.8.8"), ("169.254.169.254",), ("8.8.8.8", "::1")]
)
def test_a_name_that_means_a_private_address_too_is_not_called(found: tuple[str, ...]) -> None:
    """Whichever stands first (DNS rebinding)."""
    with closing(Caller(lambda _host, _port, _seconds: found)) as caller:
        reply = caller.call(asked("https://buyer.example/leads", allow_private=False))
    assert (reply.fate, reply.status) == (Fate.REFUSED, 0)


def test_the_address_that_was_looked_at_is_connected_to() -> None:
    """A name is looked up once: that its next answer would be another one changes nothing."""
    asked_for: list[str] = []

    def once(host: str, _port: int, _seconds: float) -> tuple[str, ...]:
        asked_for.append(host)
        return ("127.0.0.1",) if len(asked_for) == 1 else ("169.254.169.254",)

    with serving(lambda request: request.answer(200)) as server, closing(Caller(once)) as caller:
        url = f"http://buyer.example:{server.port}/leads"
        replies = [caller.call(asked(url)) for _ in range(2)]
        caller.close()
        replies.append(caller.call(asked(url)))
    assert [reply.fate for reply in replies] == [Fate.TAKEN, Fate.TAKEN, Fate.REFUSED]
    assert asked_for == ["buyer.example"] * 2
    assert server.requests[0].headers["host"] == f"buyer.example:{server.port}"


def test_one_dead_address_of_a_name_is_no_reason_to_give_up() -> None:
    caller = Caller(lambda *_: ("127.0.0.2", "127.0.0.3"))
    with serving(lambda request: request.answer(200), address="127.0.0.3") as server, closing(caller):
        assert caller.call(asked(f"http://buyer.example:{server.port}/")).fate is Fate.TAKEN


def test_a_name_that_is_not_known(caller: Caller) -> None:
    def nowhere(*_: object) -> tuple[str, ...]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with closing(Caller(nowhere)) as lost:
        reply = lost.call(asked("https://nobody.example/"))
    assert (reply.fate, reply.text) == (Fate.LATER, "its name is not known")


def test_a_resolver_that_takes_too_long_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert look_up("localhost", 1, 20.0)
    late = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: late.wait(20) and [])
    with closing(Caller()) as caller:
        reply = caller.call(asked("https://slow.example/", timeout=SHORT))
    late.set()
    assert (reply.fate, reply.text) == (Fate.LATER, "its name was not found in time")


def test_a_certificate_of_somebody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """TLS is verified, name and all; who is trusted comes from this machine (SSL_CERT_FILE)."""
    authority = Authority.at(tmp_path / "ours")
    fates: dict[str, tuple[Fate, str]] = {}
    for what, address, root in (
        ("good", "127.0.0.1", authority.root),
        ("of another name", "buyer.example", authority.root),
        ("of a stranger", "127.0.0.1", Authority.at(tmp_path / "other").root),
    ):
        monkeypatch.setenv("SSL_CERT_FILE", str(root))
        with (
            serving(lambda request: request.answer(200), authority.context(address)) as server,
            closing(Caller()) as caller,
        ):
            reply = [caller.call(asked(server.url)) for _ in range(2)][-1]
        fates[what] = reply.fate, reply.text
        assert bool(server.requests) == (what == "good")
        assert what != "good" or server.connections == 1
    assert fates["good"] == (Fate.TAKEN, "it answered 200")
    assert fates["of another name"] == (Fate.LATER, "its certificate is not accepted: it is for another name")
    assert fates["of a stranger"][0] is Fate.LATER


def test_who_speaks_no_tls_is_not_waited_for(caller: Caller) -> None:
    with serving(lambda request: request.answer(200)) as server:
        reply = caller.call(asked(server.url.replace("http:", "https:"), timeout=timedelta(seconds=2)))
    assert reply.fate is Fate.LATER
    assert not server.requests


def test_nothing_that_was_sent_is_shown() -> None:
    call = asked("https://user-canary.example/canary", headers={"X": "canary"})
    assert "canary" not in repr(call)
    assert "canary" not in repr(called(lambda request: request.answer(500, request.body)))


def until(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)
