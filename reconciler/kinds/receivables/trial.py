"""Sending what was rehearsed, to colleagues alone: nothing of it says where the customer is to be found. (I-15, AMB-I4)

Mails go through the channel's own connection, within its limits. An agent is called where somebody asks for that, with the
points of contact that are given for the test instead of the customer's, and `test: true`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from reconciler.kinds.messaging.channels import unreachable
from reconciler.kinds.messaging.outcome import Fate, Outcome, outcome_of
from reconciler.kinds.messaging.outreach import Message, Outreach
from reconciler.kinds.messaging.relay import Relay
from reconciler.kinds.messaging.texts import with_digest
from reconciler.kinds.receivables.rehearsed import Sent
from reconciler.mail.server import Envelope
from reconciler.mail.smtp import Transport
from reconciler.model.ledger import Ledger

MARK: Final = "[Test] "
"""How the subject begins, so that nobody takes it for the campaign."""
POINTS: Final = ("email", "phone", "address")
"""Where the customer is to be found: none of it leaves in a test."""


@dataclass(frozen=True, slots=True)
class Asked:
    """To whom: addresses of mails; the contact of calls, none where agents are not called."""

    addresses: tuple[str, ...]
    contact: Mapping[str, str] | None = None


@dataclass(slots=True)
class Trial:
    """Sends over the connections that `relay` gives by name. `wait` is asked to wait until a time; it may refuse by raising.

    Use from one thread, and close it.
    """

    outreach: Outreach
    relay: Callable[[str], Relay]
    ledger: Ledger
    now: Callable[[], datetime]
    wait: Callable[[Relay, datetime], None]

    def send(self, messages: Mapping[int, Message], asked: Asked) -> Iterator[Sent]:
        """The messages of a rehearsal, step by step."""
        for number, message in messages.items():
            if message.channel.via:
                for address in asked.addresses:
                    yield _sent(number, address, self._mail(message, address))
            elif asked.contact is not None:
                outcome = self._call(message, asked.contact)
                yield replace(_sent(number, f"Channel/{message.channel.name}", outcome), is_call=True)

    def _mail(self, message: Message, address: str) -> Outcome:
        text = replace(message.text, subject=f"{MARK}{message.text.subject}")
        meant = replace(_found_at(message, {"email": address}), key=f"{message.key}-{address}", text=with_digest(text))
        written = self.outreach.write(meant, self.now())
        if isinstance(written, Outcome):
            return written
        relay = self.relay(message.channel.via)
        transport = Transport(relay.server)
        try:
            down = transport.open()
            if down is not None:
                return _named(outcome_of(down), message.channel.via, relay)
            token = self._draw(relay, meant.key)
            try:
                sender = relay.return_path or written.sender
                answer = transport.send(Envelope(sender, written.mail.to), written.mail.outgoing(relay.signer))
            finally:
                self.ledger.have_spent(token, self.now())
            return outcome_of(answer)
        finally:
            transport.close()

    def _call(self, message: Message, contact: Mapping[str, str]) -> Outcome:
        meant = _found_at(message, contact)
        why = unreachable(message.channel, meant.contact)
        return Outcome(Fate.UNFIT, f"{why} for tests; say --contact") if why else self.outreach.call(meant)

    def _draw(self, relay: Relay, token: str) -> str:
        """One mail's part of the connection's limits, which tests share with campaigns."""
        until = self.now() + relay.server.limit
        while (ready_at := self.ledger.spend(relay.rates, token, self.now(), until)) is not None:
            self.wait(relay, ready_at)
        return token


def _sent(number: int, to: str, outcome: Outcome) -> Sent:
    return Sent(number, to, outcome.fate.value, outcome.text, outcome.code)


def _named(outcome: Outcome, via: str, relay: Relay) -> Outcome:
    """With the connection that is down, for somebody can mend that."""
    where = f"SmtpConnection/{via}, {relay.server.host}:{relay.server.port}"
    return replace(outcome, text=f"{outcome.text} ({where})")


def _found_at(message: Message, points: Mapping[str, str]) -> Message:
    """The message for somebody else: of the customer's contact, what says where to find them is replaced."""
    contact = _elsewhere(message.contact, points)
    values: dict[str, Any] = {**message.values, "test": True}
    if "invoice" in values:
        values["invoice"] = {**values["invoice"], "contact": contact}
    return replace(message, contact=contact, values=values)


def _elsewhere(contact: Mapping[str, Any], points: Mapping[str, str]) -> Mapping[str, Any]:
    return {name: value for name, value in contact.items() if name not in POINTS} | dict(points)
