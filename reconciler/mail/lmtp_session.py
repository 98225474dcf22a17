"""The talk of one LMTP connection (RFC 2033), without a socket: lines in, answers out.

A recipient is answered for after the data, each on its own, once the letter is taken up. What is too long is read to its
end and refused, for a client hears nothing before.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from reconciler.mail.dissect import CAP
from reconciler.mail.inbox import Letter

MOST_RECIPIENTS: Final = 100
_PATH: Final = re.compile(r"^(?:FROM|TO):\s?<([^<>\s]{0,320})>(?:\s(.{0,400}))?$", re.I)


class Then(Enum):
    """What the connection does after an answer."""

    GO_ON = auto()
    CLOSE = auto()


@dataclass(frozen=True, slots=True)
class Rules:
    """What a server accepts: `wants` says whether a recipient is ours, `largest` is in bytes."""

    name: str
    wants: Callable[[str], bool]
    largest: int = 16 << 20
    longest_line: int = 4_096
    most_commands: int = 1_000


@dataclass(slots=True)
class Talk:
    """One connection. `take` is called with a letter, and says whether it is recorded; not before is it accepted."""

    rules: Rules
    take: Callable[[Letter], bool]
    sender: str | None = None
    recipients: list[str] = field(default_factory=list)
    in_data: bool = False
    _greeted: bool = False
    _commands: int = 0
    _size: int = 0
    _kept: bytearray = field(default_factory=bytearray)
    _digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    def greeting(self) -> bytes:
        """The first thing that a client hears."""
        return _line(220, f"{self.rules.name} LMTP")

    def command(self, line: bytes) -> tuple[bytes, Then]:
        """The answer to a command."""
        self._commands += 1
        if self._commands > self.rules.most_commands:
            return _line(421, "4.7.0 too many commands"), Then.CLOSE
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            return _line(500, "5.5.2 not UTF-8"), Then.GO_ON
        verb, _, rest = text.strip("\r\n").partition(" ")
        if verb.upper() == "QUIT":
            return _line(221, "2.0.0 bye"), Then.CLOSE
        return self._answer(verb.upper(), rest.strip()), Then.GO_ON

    def _answer(self, verb: str, rest: str) -> bytes:
        if verb == "LHLO" and rest:
            self._reset()
            self._greeted = True
            return self._welcome()
        if verb == "RSET":
            self._reset()
        if verb in ("RSET", "NOOP"):
            return _line(250, "2.0.0 ok")
        if verb == "DATA":
            return self._data()
        known = {"MAIL": self._mail, "RCPT": self._rcpt}.get(verb)
        return known(rest) if known else _line(500, "5.5.1 no such command here; LHLO begins")

    def _welcome(self) -> bytes:
        size = f"SIZE {self.rules.largest}"
        offers = (self.rules.name, "PIPELINING", "ENHANCEDSTATUSCODES", "8BITMIME", "SMTPUTF8", size)
        return b"".join(_line(250, offer, more=offer is not offers[-1]) for offer in offers)

    def _mail(self, rest: str) -> bytes:
        path = _PATH.match(rest)
        if not self._greeted or self.sender is not None:
            return _line(503, "5.5.1 not at this point")
        if not path or not rest.upper().startswith("FROM:"):
            return _line(501, "5.5.4 MAIL FROM:<address>")
        size = re.search(r"\bSIZE=(\d{1,15})", path[2] or "", re.I)
        if size and int(size[1]) > self.rules.largest:
            return _line(552, "5.3.4 too large")
        self.sender = path[1]
        return _line(250, "2.1.0 ok")

    def _rcpt(self, rest: str) -> bytes:
        path = _PATH.match(rest)
        if self.sender is None:
            return _line(503, "5.5.1 MAIL first")
        if not path or not path[1] or not rest.upper().startswith("TO:"):
            return _line(501, "5.5.4 RCPT TO:<address>")
        if len(self.recipients) >= MOST_RECIPIENTS:
            return _line(452, "4.5.3 too many recipients")
        if not self.rules.wants(path[1]):
            return _line(550, "5.1.1 no such address here")
        self.recipients.append(path[1])
        return _line(250, "2.1.5 ok")

    def _data(self) -> bytes:
        if not self.recipients:
            return _line(503, "5.5.1 RCPT first")
        self.in_data = True
        return _line(354, "end with a dot alone")

    def data(self, line: bytes, begins: bool = True) -> bytes | None:
        """A line of the mail with its end, or a piece of a long one (`begins`: its first); the answers after the last one."""
        if begins and line == b".\r\n":
            return self._end()
        line = line[1:] if begins and line.startswith(b".") else line
        self._size += len(line)
        self._digest.update(line)
        if len(self._kept) < CAP:
            self._kept += line[: CAP - len(self._kept)]
        return None

    def _end(self) -> bytes:
        too_large = self._size > self.rules.largest
        answers = b"".join(_line(552, "5.3.4 too large") if too_large else self._offer(one) for one in self.recipients)
        self._reset()
        return answers

    def _offer(self, recipient: str) -> bytes:
        digest = self._digest.copy()
        digest.update(b"\0" + recipient.casefold().encode("utf-8", "replace"))
        identity = digest.hexdigest()
        if self.take(Letter(identity, bytes(self._kept), identity, recipient)):
            return _line(250, "2.0.0 taken up")
        return _line(451, "4.3.0 not recorded; try again later")

    def _reset(self) -> None:
        self.sender, self.recipients, self.in_data = None, [], False
        self._size, self._kept, self._digest = 0, bytearray(), hashlib.sha256()


def _line(code: int, text: str, more: bool = False) -> bytes:
    return f"{code}{'-' if more else ' '}{text}\r\n".encode("ascii", "replace")
