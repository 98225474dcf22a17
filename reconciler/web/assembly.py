"""The doors of a server as one application. This module and `listening` are where Starlette and uvicorn are known.

A concern gives its doors as a tuple, or routes of its own where plain answers do not do; it is added or left out in one
line. Handlers are plain functions in threads: bodies are read here, with limits in size and time.
"""

import asyncio
import time
import traceback
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final, Protocol

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from reconciler.model.errors import MusterError
from reconciler.model.told import Told
from reconciler.web.desks import Desks, Full
from reconciler.web.door import Answer, Ask, Door, plain

HEAD: Final = 16 << 10
"""Bytes of a request's address and headers. The library looks at their length only while they are incomplete."""
READING: Final = 10.0
"""Seconds in which a body has to come."""
_BUSY: Final = 0.5
"""Seconds after which a long answer asks again for a desk, where none was free to go on with it."""
LINGERING: Final = 5.0
"""Seconds for which a client that is turned away is listened to, so that it comes to read why."""
PEER: Final = "muster.peer"
"""Where `listening` keeps the address that has connected, in what the server tells of a request."""
ALWAYS: Final = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
"""Stands in every answer: addresses hold tokens, and none should travel on."""


class Counting(Protocol):
    """Whoever counts what is answered."""

    def answered(self, door: str, what: str, status: int, seconds: float) -> None:
        """One answer."""
        ...


def application(
    concerns: Iterable[Sequence[Door]], desks: Desks, say: Told, counts: Counting, more: Sequence[BaseRoute] = ()
) -> Starlette:
    """All doors of all concerns."""
    endpoint = _Endpoints(desks, say, counts).of
    routes: list[BaseRoute] = []
    for doors in concerns:
        for path in dict.fromkeys(door.path for door in doors):
            by_method = {method: door for door in doors if door.path == path for method in door.methods}
            routes.append(Route(path, endpoint(by_method), methods=list(by_method)))
    made = Starlette(routes=[*more, *routes], exception_handlers={HTTPException: _nothing_there})
    made.router.redirect_slashes = False  # it would lead to whatever host the request names
    return made


class _TooLong(Exception):
    """A body of more bytes than may be."""


class _Endpoints:
    """Makes endpoints of doors."""

    def __init__(self, desks: Desks, say: Told, counts: Counting) -> None:
        self._desks, self._say, self._counts = desks, say, counts

    def of(self, doors: Mapping[str, Door]) -> Callable[[Request], Awaitable[Response]]:
        """What Starlette calls for one path; `doors` by method."""

        async def endpoint(request: Request) -> Response:
            began = time.monotonic()
            door = doors["GET" if request.method == "HEAD" and "HEAD" not in doors else request.method]
            try:
                answer = await self._answered(door, request)
            except ClientDisconnect:
                answer = plain(400, "gone", "gone")
            self._counts.answered(door.name, answer.what, answer.status, time.monotonic() - began)
            if answer.rest is None:
                return response_of(answer)
            if request.method == "HEAD":
                made = response_of(answer)
                del made.headers["content-length"]  # how long it is nobody knows before it is made
                return made
            return StreamingResponse(self._pieces(door, answer), answer.status, _headers(answer), answer.kind)

        return endpoint

    async def _pieces(self, door: Door, answer: Answer) -> AsyncIterator[bytes]:
        """A long answer. Where it cannot go on the connection is cut, so that nobody takes a part for the whole."""
        yield answer.body
        rest = answer.rest
        while rest is not None:
            try:
                piece = await asyncio.wrap_future(self._desks.submit(rest))
            except Full:
                await asyncio.sleep(_BUSY)
                continue
            except Exception as error:
                self._say("a long answer was broken off", door=door.name, error=str(error) or type(error).__name__)
                raise
            yield piece.body
            rest = piece.rest

    async def _answered(self, door: Door, request: Request) -> Answer:
        ask = await _asked(door, request)
        if isinstance(ask, Answer):
            return ask
        try:
            return await asyncio.wrap_future(self._desks.submit(lambda store: door.handler(ask, store)))
        except Full:
            return door.says(503, "busy; try again", "busy", Retry_After="5")
        except MusterError as error:
            self._say("a request was not answered", door=door.name, error=str(error))
            return door.says(503, "try again later", "no-store", Retry_After="30")
        except Exception:  # noqa: BLE001 - a door: what goes wrong behind it is our affair, and the client's least of all
            self._say("a bug ended a request", door=door.name, traceback=traceback.format_exc())
            return door.says(500, "something went wrong", "bug")


async def _asked(door: Door, request: Request) -> Ask | Answer:
    """The request with its body, or the answer to one that goes too far."""
    if _length(request) > HEAD:
        return door.says(431, "too long", "too-long", Connection="close")
    ask = asked_by(request)
    turned_away = door.admits(ask)
    if turned_away is not None:
        return _parting(turned_away) if _is_last(request) else turned_away
    try:
        body = await asyncio.wait_for(_body(request, door.most), READING)
    except _TooLong:
        return door.says(413, "too long", "too-long", Connection="close")
    except TimeoutError:
        return door.says(408, "too slow", "too-slow", Connection="close")
    return replace(ask, body=body)


def _is_last(request: Request) -> bool:
    """Whether the connection ends with the answer, as with nginx, which speaks HTTP/1.0 unless told otherwise."""
    return request.scope["http_version"] == "1.0" or "close" in request.headers.get("connection", "").lower()


def _parting(answer: Answer) -> Answer:
    return replace(answer, headers={**answer.headers, "Connection": "close"})


def asked_by(request: Request) -> Ask:
    """A request as doors know it, without its body."""
    met = Counter(name.decode("latin-1") for name, _ in request.headers.raw)
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in request.headers.raw}
    client = request.client.host if request.client else ""
    query, pairs = dict(request.query_params), tuple(request.query_params.multi_items())
    # Not request.url: whatever the client names as its host is part of that.
    path, twice = request.scope["raw_path"].decode("latin-1"), frozenset(name for name in met if met[name] > 1)
    peer = request.scope.get(PEER, client)
    params = dict(request.path_params)
    return Ask(request.method, params, headers, client, query=query, pairs=pairs, path=path, peer=peer, twice=twice)


def _length(request: Request) -> int:
    """Bytes of the address and of all headers."""
    address = len(request.scope["raw_path"]) + len(request.scope["query_string"])
    return address + sum(len(name) + len(value) for name, value in request.headers.raw)


async def _body(request: Request, most: int) -> bytes:
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or len(length) > 12 or int(length) > most:
        raise _TooLong
    found = bytearray()
    async for chunk in request.stream():
        found += chunk
        if len(found) > most:
            raise _TooLong
    return bytes(found)


async def _nothing_there(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    answer = plain(status, "nothing here" if status == 404 else "not like this")
    return response_of(_parting(answer) if _is_last(request) else answer)


def _headers(answer: Answer) -> dict[str, str]:
    return {"Cache-Control": "no-store", **ALWAYS, **answer.headers}


def response_of(answer: Answer) -> Response:
    """An answer as it goes out, with what stands in every one."""
    headers = _headers(answer)
    made = _Parting if headers.get("Connection") == "close" else Response
    return made(answer.body, answer.status, headers, media_type=answer.kind)


class _Parting(Response):
    """The last answer of a connection. What the client still sends is read and dropped before it is closed.

    Closing on bytes that nobody has read resets the connection, and a client that is still sending loses the answer.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers, then waits until the client has sent all, has gone, or has had its time."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": True})
        with suppress(TimeoutError):
            await asyncio.wait_for(_sent(receive), LINGERING)
        await send({"type": "http.response.body"})


async def _sent(receive: Receive) -> None:
    while (await receive()).get("more_body", False):
        pass
