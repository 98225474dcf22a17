"""One slice of a lane of mails, whoever posts them: the connection, its rates, and how long it rests when it is out."""

from dataclasses import dataclass
from typing import Final, Protocol

from reconciler.kinds.messaging.outreach import Written
from reconciler.kinds.messaging.relay import Relay
from reconciler.kinds.messaging.resting import SHORTEST, rest_of
from reconciler.mail.answer import Answer, Kind
from reconciler.mail.server import Envelope
from reconciler.mail.smtp import Transport
from reconciler.model.work import Lane, Result, Unit

ATTEMPTS: Final = 10
BACKOFF: Final = 60.0
"""Seconds before the second attempt of a mail that the server puts off; they double, where nobody says otherwise."""
_SETTLED: Final = (Kind.SENT, Kind.REFUSED, Kind.UNKNOWN)


class Post(Protocol):
    """What is mailed."""

    def write(self, unit: Unit) -> Written | Result:
        """The mail of a unit, once the connection is there; or what becomes of it without one."""
        ...

    def judge(self, unit: Unit, answer: Answer) -> Result:
        """What becomes of it, by the server's answer to this very mail."""
        ...

    def put_back(self, unit: Unit) -> None:
        """The mail was written and not sent: the connection is out. It is asked for again."""
        ...


@dataclass(frozen=True, slots=True)
class Mails:
    """One slice of a lane of mails."""

    lane: Lane
    relay: Relay
    post: Post

    def run(self) -> bool:
        """Mail after mail, until the lane gives no more; False where it has to rest. What is in doubt stays so (AMB-E13)."""
        transport = Transport(self.relay.server)
        try:
            return all(self._sent(transport, unit) for unit in self.lane.units(self.relay.rates))
        finally:
            transport.close()

    def _sent(self, transport: Transport, unit: Unit) -> bool:
        down = None if transport.ready else transport.open()
        if down is not None:
            return self._rest(down)
        written = self.post.write(unit)
        if isinstance(written, Result):
            self.lane.record(unit, written)
            return True
        sender = self.relay.return_path or written.sender
        answer = transport.send(Envelope(sender, written.mail.to), written.mail.outgoing(self.relay.signer))
        if answer.personal or answer.kind in _SETTLED:
            self.lane.record(unit, self.post.judge(unit, answer))
            if answer.kind is Kind.THROTTLED:
                self.lane.rest(SHORTEST, f"slower: {answer.code} {answer.text}")
            return answer.kind is not Kind.THROTTLED
        self.post.put_back(unit)
        return self._rest(answer)

    def _rest(self, answer: Answer) -> bool:
        """The connection is out: the lane rests as long as that has lasted, and nobody's attempt is counted."""
        self.lane.rest(
            rest_of(self.lane.trouble, self.lane.now()),
            f"{answer.stage}: {answer.code or ''} {answer.text}".replace("  ", " "),
            is_permanent=answer.kind is Kind.UNUSABLE,
        )
        return False
