"""Calls, and every one of them ends: in time, in one of four words, at an address that was looked at.

caller = Caller()
reply = caller.call(Call(url, body, key, secret))
caller.close()                                       lets go of the connections that stayed open

A name is looked up once for a connection, and what was found is connected to: one that means another address a moment later
leads nowhere. Redirects are not followed. Errors say nothing of the URL, which may hold a secret, nor of what was sent.
"""

import socket
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from typing import Final, cast

from reconciler.hooks.address import Standing, of_all
from reconciler.hooks.call import BODY, LONGEST, Call, Fate, Reply
from reconciler.hooks.look_up import LookUp, look_up
from reconciler.hooks.target import NoTarget, Target, target_of
from reconciler.hooks.verdict import fate_of, wait_of
from reconciler.hooks.wire import TooMuch, Wire

_HEAD: Final = 32 << 10
"""Bytes of an answer's status and headers, and of what a chunked body needs beside itself."""
_OPEN: Final = 8
"""Connections that are kept for the next call."""
_TRIES: Final = 3
"""Addresses of one name that are tried."""
_ANOTHER: Final = (62, 64)
"""OpenSSL's codes for a certificate of another host, or address; its words would name that."""
_Key = tuple[bool, str, int, bool]


class _Ended(Exception):
    """A call is over before it was sent whole."""

    def __init__(self, fate: Fate, text: str) -> None:
        super().__init__(text)
        self.reply = Reply(fate, text)


@dataclass(slots=True)
class Caller:
    """Calls, one after another, over connections that it keeps. Use from one thread."""

    look_up: LookUp = look_up
    trust: ssl.SSLContext | None = None
    """Whom it trusts, where callers share that: to read it takes longer than to connect. None: whom this machine trusts."""
    _wires: dict[_Key, Wire] = field(default_factory=dict)

    def call(self, call: Call) -> Reply:
        """What became of it; never raises for what the other side does."""
        until = time.monotonic() + min(call.timeout, LONGEST).total_seconds()
        try:
            target = target_of(call.url)
            request = _request(target, call)
            key = (target.is_secure, target.host, target.port, call.allow_private)
            wire = self._standing(key) or self._connected(target, call.allow_private, until)
        except NoTarget as error:
            return Reply(Fate.REFUSED, str(error))
        except _Ended as ended:
            return ended.reply
        reply, goes_on = _exchanged(wire, request, call, until)
        if goes_on:
            self._keep(key, wire)
        else:
            wire.hang_up()
        return reply

    def close(self) -> None:
        """Let go of all connections; another call opens them anew."""
        while self._wires:
            self._wires.popitem()[1].hang_up()

    def _standing(self, key: _Key) -> Wire | None:
        wire = self._wires.pop(key, None)
        if wire and not wire.quiet():
            wire.hang_up()
            return None
        return wire

    def _keep(self, key: _Key, wire: Wire) -> None:
        if len(self._wires) >= _OPEN:
            self.close()
        self._wires[key] = wire

    def _connected(self, target: Target, allow_private: bool, until: float) -> Wire:
        """A connection to one of the addresses that the name has now. _Ended where there is none."""
        why = "its name is not known"
        for address in self._addresses(target, allow_private, until)[:_TRIES]:
            try:
                return self._to(address, target, until)
            except ssl.SSLCertVerificationError as error:
                why = _distrust(error)
            except OSError as error:
                why = f"no connection: {_reason(error)}"
        raise _Ended(Fate.LATER, why)

    def _addresses(self, target: Target, allow_private: bool, until: float) -> tuple[str, ...]:
        """What the name stands for. _Ended where that may not be called."""
        try:
            found = self.look_up(target.host, target.port, until - time.monotonic())
        except OSError as error:
            late = isinstance(error, TimeoutError)
            raise _Ended(Fate.LATER, "its name was not found in time" if late else "its name is not known") from None
        match of_all(found) if found else Standing.NEVER:
            case Standing.NEVER:
                raise _Ended(Fate.REFUSED, "its address is one that is never called")
            case Standing.PRIVATE if not allow_private:
                raise _Ended(Fate.REFUSED, "its address is a private one, which needs allowPrivate: true")
            case Standing.PUBLIC if not target.is_secure:
                raise _Ended(Fate.REFUSED, "its address is not an https one, which only a private one need not be")
        return found

    def _to(self, address: str, target: Target, until: float) -> Wire:
        rest = until - time.monotonic()
        if rest <= 0:
            raise TimeoutError
        wire = Wire(socket.create_connection((address, target.port), rest), until)
        try:
            if target.is_secure:
                wire.encrypt(self._trusted(), target.host)
        except BaseException:
            wire.hang_up()
            raise
        return wire

    def _trusted(self) -> ssl.SSLContext:
        """`SSL_CERT_FILE` names others than those whom this machine trusts."""
        if self.trust is None:
            self.trust = ssl.create_default_context()
        return self.trust


def _request(target: Target, call: Call) -> bytes:
    """The whole request. NoTarget where something in it would be read as something else."""
    headers = {"Host": target.authority, "Content-Length": str(len(call.body)), **call.all_headers()}
    lines = [f"POST {target.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    if not all(line.isprintable() and line.isascii() for line in lines):
        raise NoTarget("a header holds what a header may not")
    return "\r\n".join([*lines, "", ""]).encode("ascii") + call.body


def _exchanged(wire: Wire, request: bytes, call: Call, until: float) -> tuple[Reply, bool]:
    """What became of a request, and whether the connection may carry another one."""
    wire.allow(until, BODY + _HEAD)
    lost = ""
    try:
        wire.write(request)
    except OSError as error:
        lost = f"the connection broke: {_reason(error)}"
    try:  # also behind a request that broke off: a server that has heard enough says so, and hangs up
        answer = HTTPResponse(cast(socket.socket, wire), method="POST")
        answer.begin()
    except (OSError, HTTPException, ValueError, TooMuch) as error:
        return (Reply(Fate.LATER, lost) if lost else Reply(Fate.UNKNOWN, _silence(error))), False
    body, is_whole = _body(answer)
    fate = fate_of(answer.status, call.taken)
    wait = wait_of(answer.headers.get("Retry-After"), answer.headers.get("Date")) if fate is Fate.LATER else None
    said = f"it answered {answer.status}"
    return Reply(fate, said, answer.status, body, is_whole, wait), is_whole and not lost and not answer.will_close


def _body(answer: HTTPResponse) -> tuple[bytes, bool]:
    """What follows the head, and whether that is all of it."""
    found = bytearray()
    with suppress(OSError, HTTPException, ValueError, TooMuch):
        while chunk := answer.read1(BODY + 1 - len(found)):
            found += chunk
            if len(found) > BODY:
                return bytes(found[:BODY]), False
        return bytes(found), not answer.length
    return bytes(found), False


def _silence(error: Exception) -> str:
    """Why there is no answer to what was sent."""
    if isinstance(error, TooMuch):
        return "its answer is too long"
    if isinstance(error, OSError):  # RemoteDisconnected is one too
        return f"no answer: {_reason(error)}"
    return "its answer is no HTTP"


def _reason(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return "not in time"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed: {(error.reason or type(error).__name__).lower().replace('_', ' ')}"
    return error.strerror or "the server hung up"


def _distrust(error: ssl.SSLCertVerificationError) -> str:
    why = "it is for another name" if error.verify_code in _ANOTHER else error.verify_message
    return f"its certificate is not accepted: {why}"
