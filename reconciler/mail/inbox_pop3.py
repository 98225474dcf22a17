"""A mailbox by POP3 (RFC 1939), over TLS. What is acknowledged is deleted there when the session ends in order."""

import poplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from reconciler.mail.inbox import Letter, seal
from reconciler.model.errors import Permanent, Transient

TIMEOUT: Final = 30.0
"""Seconds for each answer."""
MOST: Final = 10_000
"""Letters of one session; the others come in the next one."""
LARGEST: Final = 64 << 20
"""Bytes of a letter. A larger one is left where it is, and the session with it."""
_LINE: Final = 1 << 16
_AGAIN: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Account:
    """Where the mailbox is, and who opens it. `implicit` is TLS from the first byte (995), else STLS is demanded (110)."""

    host: str
    user: str
    password: str = field(repr=False)
    port: int = 995
    implicit: bool = True
    context: ssl.SSLContext = field(default_factory=ssl.create_default_context, repr=False)


class Pop3:
    """One session: it deletes what was acknowledged when `close` is called, and nothing if it breaks off before."""

    def __init__(self, account: Account) -> None:
        with _errors():
            self._session = _connect(account)

    def letters(self) -> Iterator[Letter]:
        """All mail in the mailbox. Transient where the connection fails."""
        with _errors():
            listed = [(int(number), int(size)) for number, size in self._numbers()]
        for number, size in listed[:MOST]:
            if size > LARGEST:
                continue
            with _errors():
                sealed = seal(_retrieve(self._session, number))
            yield Letter(sealed.identity, sealed.data, str(number))

    def acknowledge(self, letter: Letter) -> None:
        """Mark it as deleted; the server does so at the end of the session."""
        with _errors():
            self._session.dele(int(letter.place))

    def close(self) -> None:
        """End the session in order."""
        with _errors():
            self._session.quit()

    def abandon(self) -> None:
        """Break the session off: nothing is deleted."""
        self._session.close()

    def _numbers(self) -> Iterator[list[str]]:
        for line in self._session.list()[1]:
            words = line.decode("ascii", "replace").split()
            if len(words) >= 2 and words[0].isdecimal() and words[1].isdecimal():
                yield words[:2]


def _connect(account: Account) -> poplib.POP3:
    session: poplib.POP3
    if account.implicit:
        session = poplib.POP3_SSL(account.host, account.port, timeout=TIMEOUT, context=account.context)
    else:
        session = poplib.POP3(account.host, account.port, timeout=TIMEOUT)
    try:
        if not account.implicit:
            session.stls(account.context)
        _log_in(session, account)
    except BaseException:
        session.close()
        raise
    return session


def _log_in(session: poplib.POP3, account: Account) -> None:
    try:
        session.user(account.user)
        session.pass_(account.password)
    except poplib.error_proto:
        raise Permanent(f"{account.host} does not let {account.user} in") from None  # an answer may repeat the password


def _retrieve(session: poplib.POP3, number: int) -> Iterator[bytes]:
    """A letter line by line. The library gives up on lines of more than 2,048 bytes, and mail has them."""
    lines: Any = session
    lines._shortcmd(f"RETR {number}")
    read: Callable[[int], bytes] = lines.file.readline
    total, starts = 0, True
    while True:
        line = read(_LINE)
        total += len(line)
        if not line or total > 2 * LARGEST:
            raise poplib.error_proto("the letter does not end")
        if starts and line in (b".\r\n", b".\n"):
            return
        yield line[1:] if starts and line.startswith(b"..") else line
        starts = line.endswith(b"\n")


@contextmanager
def _errors() -> Iterator[None]:
    """What goes wrong on the way may be tried again later. Answers of the server are not repeated: they may name secrets."""
    try:
        yield
    except (OSError, poplib.error_proto, EOFError) as error:
        raise Transient(f"the mailbox cannot be read: {type(error).__name__}", _AGAIN) from None
