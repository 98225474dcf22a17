"""Connections, below any door: what is answered before one is asked for, and who is cut off. (issue 8)"""

import gc
import re
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Any

import pytest

from reconciler.dashboard.guard import HEADERS
from reconciler.web import listening
from reconciler.web.assembly import ALWAYS
from reconciler.web.listening import listen
from tests.daemons import until
from tests.dashboard.people import raw, staffed
from tests.dashboard.showroom import showroom
from tests.world import World

LARGE = 16 << 20
"""Bytes of an answer that no buffer of this machine takes in."""
NO_REQUEST = b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n"
TWO_LENGTHS = (
    b"POST /enter HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
)


async def _large(scope: Any, receive: Any, send: Any) -> None:
    """Says more at once than anybody takes at once."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(LARGE).encode())]})
    await send({"type": "http.response.body", "body": b"a" * LARGE})


async def _early(scope: Any, receive: Any, send: Any) -> None:
    """Begins to answer before all was said, and listens on."""
    await send({"type": "http.response.start", "status": 413, "headers": []})
    await send({"type": "http.response.body", "body": b"too long", "more_body": True})
    while (await receive()).get("more_body"):
        pass


@contextmanager
def connected(application: Any) -> Iterator[socket.socket]:
    """Somebody who has connected, and takes in little at once."""
    with ExitStack() as open_now:
        server = listen(application, "127.0.0.1:0", "127.0.0.1")
        open_now.callback(server.close)
        one = open_now.enter_context(closing(socket.socket()))
        one.settimeout(20)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        host, _, port = server.at.rpartition(":")
        one.connect((host, int(port)))
        yield one


def headers_of(answer: str) -> dict[str, str]:
    lines = answer.partition("\r\n\r\n")[0].split("\r\n")[1:]
    return {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}


def all_of(one: socket.socket) -> str:
    found = b""
    while chunk := one.recv(65536):
        found += chunk
    return found.decode()


@pytest.mark.parametrize(
    ("request_", "most", "status"),
    [
        pytest.param(NO_REQUEST, 500, 400, id="no request"),
        pytest.param(TWO_LENGTHS, 500, 400, id="two lengths"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", 1, 503, id="too many"),
    ],
)
def test_what_is_answered_without_a_door_has_all_headers(
    world: World, monkeypatch: pytest.MonkeyPatch, request_: bytes, most: int, status: int
) -> None:
    """No request at all, one that says twice how long it is, and more people than may be: both servers, one answer."""
    monkeypatch.setattr(listening, "CONNECTIONS", most)
    with showroom(staffed(world)) as room:
        inside = raw(room, request_)
    with connected(_large) as one:
        one.sendall(request_)
        outside = all_of(one)
    for answer, wanted in ((inside, HEADERS), (outside, ALWAYS)):
        assert re.findall(r"HTTP/1.1 (\d+)", answer) == [str(status)], "what follows is no request of its own"
        found = headers_of(answer)
        assert {name.lower(): value for name, value in wanted.items()}.items() <= found.items()
        assert (found["cache-control"], found["connection"], "server" in found) == ("no-store", "close", False)


def test_nonsense_in_the_midst_of_an_answer_ends_it(caplog: pytest.LogCaptureFixture) -> None:
    """Without a word in the log: whoever likes could fill it."""
    with connected(_early) as one:
        one.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
        assert one.recv(12) == b"HTTP/1.1 413"
        one.sendall(b"this is no chunk\r\n")
        assert "400" not in all_of(one)
    assert caplog.records == []


def test_nonsense_before_an_answer_is_told_as_such(caplog: pytest.LogCaptureFixture) -> None:
    """Whoever would have answered hears that nobody listens, and does not fail at it."""
    with connected(_early) as one:
        one.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nthis is no chunk\r\n")
        assert re.findall(r"HTTP/1.1 (\d+)", all_of(one)) == ["400"]
    gc.collect()  # what became of a task nobody asks for is logged when it goes
    assert caplog.records == []


def test_who_takes_nothing_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections are few: five hundred who only ask would else keep everybody out."""
    monkeypatch.setattr(listening, "REQUEST", 0.2)
    with connected(_large) as one:
        one.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 3)

        def is_cut() -> bool:
            try:
                one.sendall(b"a")
            except ConnectionError:
                return True
            return False

        until(is_cut, "the end of whoever takes nothing")


def test_who_takes_it_slowly_gets_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "REQUEST", 0.2)
    monkeypatch.setattr(listening, "IDLE", 0.2)
    with connected(_large) as one:
        one.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        began, taken = time.monotonic(), 0
        while chunk := one.recv(256 << 10):
            taken += len(chunk)
            while taken > LARGE / 2 * (time.monotonic() - began):  # two seconds for all of it
                time.sleep(0.01)
        assert taken > LARGE


@pytest.mark.parametrize("version", ["1.0\r\n", "1.1\r\nConnection: close\r\n", "1.1\r\n"])
def test_who_is_turned_away_and_sends_on_comes_to_read_why(world: World, version: str) -> None:
    """A proxy that speaks HTTP/1.0 would else tell its client 502, where 401 was answered."""
    with showroom(staffed(world)) as room:
        host, _, port = room.at.rpartition(":")
        with socket.create_connection((host, int(port)), 20) as one:
            one.sendall(f"POST /leave HTTP/{version}Host: localhost\r\nContent-Length: {LARGE}\r\n\r\n".encode())
            assert one.recv(12, socket.MSG_PEEK) == b"HTTP/1.1 401"
            for _ in range(LARGE >> 16):
                one.sendall(b"a" * (1 << 16))
            assert one.recv(12) == b"HTTP/1.1 401"
