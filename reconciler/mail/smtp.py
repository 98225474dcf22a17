"""The door of SMTP: a connection that is opened once and carries many messages, one recipient each.

We speak the protocol ourselves: every wait has an end, commands go out in one write where the server allows it, and each
message ends in exactly one answer. The one that matters most is `unknown`: between the final dot and its answer, a
connection that breaks leaves it open whether the message was taken, and nobody here sends it again (AMB-E13).
"""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from reconciler.mail.answer import Answer, Failed, Kind, Stage, answered
from reconciler.mail.body import Outgoing, outgoing
from reconciler.mail.opening import Opening, Session
from reconciler.mail.reply import Reply
from reconciler.mail.server import Envelope, Server
from reconciler.mail.wire import Lost

_ENDING: Final = frozenset({Kind.DOWN, Kind.UNUSABLE, Kind.UNKNOWN})
_CLOSING: Final = 421
_GO_ON: Final = 354
_GOODBYE: Final = 2.0
"""Seconds for the answer to QUIT, which nobody needs."""
_ADDRESS: Final = 320
"""Most characters of an address: 64 before the @, 255 behind it."""


class Transport:
    """A connection to one server, for one thread. Who is told that it is down or not `ready` opens it again."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._session: Session | None = None
        self._stage = Stage.IDLE
        self._unfinished = False
        """Whether the server may still be in a transaction."""
        self._pipelines = True
        self._certificates: ssl.SSLContext | None = None

    @property
    def ready(self) -> bool:
        """Whether it is open, and the server has not hung up meanwhile."""
        if self._session and not self._session.wire.quiet():
            self._drop()
        return self._session is not None

    def open(self) -> Answer | None:
        """Connect anew. None where it is open then, else why not."""
        self._drop()
        try:
            self._session = Opening(self._server, self._trusted).session()
        except Failed as failed:
            return failed.answer
        return None

    def send(
        self, envelope: Envelope, message: bytes | Outgoing, meanwhile: Callable[[], None] = lambda: None
    ) -> Answer:
        """Give one message away. Ends within the server's limit; only `sent` means that it was taken.

        `meanwhile` is done while the server makes up its mind: something short that raises nothing.
        """
        session = self._session
        if session is None:
            return Answer(Kind.DOWN, Stage.IDLE, text="the connection is not open")
        made = message if isinstance(message, Outgoing) else outgoing(message)
        unfit = _unfit(envelope, session, made.size)
        if unfit:
            return unfit
        self._stage = Stage.IDLE
        session.wire.allow(self._server.limit.total_seconds())
        try:
            answer = self._carry(session, _commands(envelope, session, made), made.wire, meanwhile)
        except Lost as lost:
            kind = Kind.UNKNOWN if self._stage is Stage.END else Kind.DOWN
            answer = Answer(kind, self._stage, text=str(lost))
        except BaseException:  # Ctrl-C in the middle: what comes next would be read as an answer to something else
            self._drop()
            raise
        if _ends(answer):
            self._drop()
        return answer

    def close(self) -> None:
        """Say goodbye, and let go."""
        if self._session and self.ready:
            wire = self._session.wire
            wire.allow(min(_GOODBYE, self._server.timeout.total_seconds()))
            try:
                wire.write(b"QUIT\r\n")
                wire.reply()
            except Lost:
                pass  # it is closed either way
        self._drop()

    def _drop(self) -> None:
        if self._session:
            self._session.wire.close()
        self._session, self._unfinished = None, False

    def _trusted(self) -> ssl.SSLContext:
        """Whom this machine trusts; `SSL_CERT_FILE` names others. Read once: it takes longer than to connect."""
        if self._certificates is None:
            self._certificates = ssl.create_default_context()
        return self._certificates

    def _carry(
        self, session: Session, commands: list[tuple[Stage, bytes]], wire: bytes, meanwhile: Callable[[], None]
    ) -> Answer:
        if not session.wire.quiet():
            raise Lost("the server closed the connection or spoke while nothing was asked")
        if self._unfinished:
            commands.insert(0, (Stage.RESET, b"RSET\r\n"))
        refusal = self._negotiate(session, commands)
        if refusal:
            return refusal
        if not session.wire.quiet():
            raise Lost("the server spoke out of turn")
        return self._give(session, wire, meanwhile)

    def _negotiate(self, session: Session, commands: list[tuple[Stage, bytes]]) -> Answer | None:
        """Say who and to whom: in one write where the server allows it (RFC 2920). None where it waits for the message."""
        together = self._pipelines and "PIPELINING" in session.extensions
        self._stage, self._unfinished = commands[0][0], True
        if together:
            session.wire.write(b"".join(command for _, command in commands))
        heard = _Heard()
        for self._stage, command in commands:
            if not together:
                if heard.fatal or (self._stage is Stage.DATA and heard.refusal):
                    break
                session.wire.write(command)
            reply = session.wire.reply()
            if together and self._stage is Stage.DATA and heard.refusal and reply.code == _GO_ON:
                # A lone dot would end this, and might send an empty mail. To hang up is safe; next time, one by one.
                self._pipelines = False
                self._drop()
                break
            heard.add(self._stage, self._no(self._stage, reply))
            if heard.over:
                break
        return heard.refusal

    def _no(self, stage: Stage, reply: Reply) -> Answer | None:
        if reply.code == _GO_ON if stage is Stage.DATA else reply.good:
            return None
        return answered(stage, reply, self._server.secrets())

    def _give(self, session: Session, wire: bytes, meanwhile: Callable[[], None]) -> Answer:
        """The message and its final dot. A write that failed has not written the dot: the server cannot have taken it."""
        self._stage = Stage.BODY
        try:
            session.wire.write(wire)
        except Lost:
            said = session.wire.last_words()
            self._drop()
            if said is None:
                raise
            return answered(Stage.BODY, said, self._server.secrets())
        self._stage = Stage.END
        meanwhile()
        answer = answered(Stage.END, session.wire.reply(patient=True), self._server.secrets())
        self._unfinished = False
        return answer


@dataclass(slots=True)
class _Heard:
    """The answers to what comes before the message."""

    fatal: Answer | None = None
    """The first no to anything but a recipient."""
    recipient: Answer | None = None
    """The first no to a recipient."""
    accepted: bool = False

    def add(self, stage: Stage, no: Answer | None) -> None:
        if stage is Stage.RCPT and no is None:
            self.accepted = True
        elif stage is Stage.RCPT and no and not _ends(no):
            self.recipient = self.recipient or no
        else:
            self.fatal = self.fatal or (None if self.refusal else no)

    @property
    def refusal(self) -> Answer | None:
        return self.fatal or (None if self.accepted else self.recipient)

    @property
    def over(self) -> bool:
        """Whether the connection has ended, so that no answer follows."""
        return self.fatal is not None and _ends(self.fatal)


def _ends(answer: Answer) -> bool:
    """Whether a connection is of no use after this answer."""
    return answer.kind in _ENDING or answer.code == _CLOSING


def _unfit(envelope: Envelope, session: Session, size: int) -> Answer | None:
    """Why the server need not be asked: each an answer about this message alone."""
    why = ""
    addresses = envelope.sender + "".join(envelope.recipients)
    if not all(map(_address, envelope.recipients)) or not (_address(envelope.sender) or envelope.sender == ""):
        why = "an address that cannot be written in SMTP"
    elif envelope.smtputf8 and "SMTPUTF8" not in session.extensions:
        why = "the server does not take addresses beyond ASCII"
    elif not envelope.smtputf8 and not addresses.isascii():
        why = "an address beyond ASCII, which the envelope does not say"
    elif (most := session.extensions.get("SIZE", "")).isdecimal() and 0 < int(most[:20]) < size:
        why = "the message is larger than the server takes"
    return Answer(Kind.REFUSED, Stage.RCPT, text=why) if why else None


def _address(text: str) -> bool:
    """Whether it fits between angle brackets, and into one line."""
    return 0 < len(text) <= _ADDRESS and text.isprintable() and not set(text) & set(" <>")


def _commands(envelope: Envelope, session: Session, message: Outgoing) -> list[tuple[Stage, bytes]]:
    options = f" SIZE={message.size}" if "SIZE" in session.extensions else ""
    if "8BITMIME" in session.extensions and not message.wire.isascii():
        options += " BODY=8BITMIME"
    if envelope.smtputf8:
        options += " SMTPUTF8"
    return [
        (Stage.MAIL, f"MAIL FROM:<{envelope.sender}>{options}\r\n".encode()),
        *((Stage.RCPT, f"RCPT TO:<{one}>\r\n".encode()) for one in envelope.recipients),
        (Stage.DATA, b"DATA\r\n"),
    ]
