"""Answers that are made piece by piece: whole where all goes well, cut off where it does not."""

import http.client
import socket
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

import pytest

from reconciler.model.errors import StoreError
from reconciler.model.ports import Store
from reconciler.web.assembly import application
from reconciler.web.desks import Desks, Full
from reconciler.web.door import Answer, Ask, Door, Piece
from reconciler.web.listening import listen
from reconciler.web.metrics import ServerMetrics
from tests.store.stores import STORES

BROKEN = 3


def _piece(number: int, most: int, _store: Store) -> Piece:
    if most == BROKEN and number == BROKEN:
        raise StoreError("the disk is gone")
    return Piece(b"%d\n" % number, partial(_piece, number + 1, most) if number < most else None)


def _long(ask: Ask, store: Store) -> Answer:
    first = _piece(1, int(ask.params["most"]), store)
    return Answer(200, first.body, "text/plain", {"X-Kept": "yes"}, "long", first.rest)


@pytest.fixture
def told() -> list[str]:
    return []


def _crowding(desks: Desks, _ask: Ask, _store: Store) -> Answer:
    """So much waits for a desk that nothing more may, just when the answer is to go on."""

    def fill(_store: Store | None = None) -> None:
        with suppress(Full):
            while True:
                desks.submit(lambda _store: None)
        time.sleep(0.3)  # as long as the desk is at it, it stays full

    desks.submit(fill)
    fill()
    return Answer(200, b"0\n", "text/plain", {}, "long", partial(_piece, 1, 2))


@pytest.fixture
def at(tmp_path: Path, told: list[str]) -> Iterator[str]:
    desks = Desks(lambda: STORES["sqlite"](tmp_path), 1)
    doors = (Door("crowd", "/crowd", ("GET",), partial(_crowding, desks)), Door("long", "/{most}", ("GET",), _long))

    def say(message: str, /, **data: object) -> None:
        told.append(f"{message} {data}")

    server = listen(application([doors], desks, say, ServerMetrics(lambda: 0.0)), "127.0.0.1:0", "127.0.0.1")
    yield server.at
    server.close()
    desks.close()


def _ask(at: str, path: str, method: str = "GET") -> tuple[http.client.HTTPResponse, bytes]:
    with closing(http.client.HTTPConnection(at, timeout=20)) as there:
        there.request(method, path)
        came = there.getresponse()
        return came, came.read()


def _as_nginx_asks(at: str, path: str) -> bytes:
    """All that comes until the connection ends, which is where an answer ends in HTTP/1.0."""
    host, _, port = at.rpartition(":")
    with closing(socket.create_connection((host, int(port)), timeout=20)) as there:
        there.sendall(f"GET {path} HTTP/1.0\r\nHost: {at}\r\n\r\n".encode())
        return b"".join(iter(lambda: there.recv(65536), b""))


def test_it_comes_whole_and_in_order(at: str, told: list[str]) -> None:
    """At one desk: no thread belongs to an answer between two pieces."""
    came, body = _ask(at, "/200")
    assert body == b"".join(b"%d\n" % number for number in range(1, 201))
    assert (came.headers["x-kept"], came.headers["x-content-type-options"]) == ("yes", "nosniff")
    assert _ask(at, "/1")[1] == b"1\n"
    head, nothing = _ask(at, "/200", "HEAD")
    assert (nothing, head.headers["content-length"], head.headers["x-kept"]) == (b"", None, "yes")
    assert not told


def test_it_waits_for_a_desk(at: str, told: list[str]) -> None:
    """It was begun: only those who come anew are told to come back."""
    assert _ask(at, "/crowd")[1] == b"0\n1\n2\n"
    assert not told


def test_a_part_is_never_taken_for_the_whole(at: str, told: list[str]) -> None:
    """The connection is cut before its end was said: whoever saves it sees that it failed."""
    with pytest.raises(http.client.IncompleteRead) as error:
        _ask(at, f"/{BROKEN}")
    assert error.value.partial in (b"", b"1\n", b"1\n2\n")
    assert told.pop(0) == "a long answer was broken off {'door': 'long', 'error': 'the disk is gone'}"
    with pytest.raises(ConnectionResetError):
        _as_nginx_asks(at, f"/{BROKEN}")
    assert _as_nginx_asks(at, "/2").endswith(b"\r\n\r\n1\n2\n")
    assert _ask(at, "/2")[1] == b"1\n2\n", "others are answered on"
