"""A trial: the real letter to a few colleagues, without a row in the ledger, without tracking, without a way to leave (E-04)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from reconciler.feed.address import Address
from reconciler.kinds.messaging.relay import Relay
from reconciler.mail.answer import Answer, Kind
from reconciler.mail.compose import Composer, open_letter
from reconciler.mail.fault import Unfit
from reconciler.mail.letter import Letter, Recipient, Unsubscribe
from reconciler.mail.server import Envelope
from reconciler.mail.smtp import Transport
from reconciler.model.ledger import Ledger

MARK: Final = "[Test] "
"""How the subject begins, so that nobody takes it for the campaign."""
NOWHERE: Final = "https://unsubscribe.invalid/this-is-a-test"
"""Where the link to leave leads in a test: who clicks it has not left."""


def trial_letter(letter: Letter, name: str, *, marked: bool = True) -> Letter:
    """The letter as a trial: marked, untracked, and under a `name` of its own, lest mailboxes take it for one they have."""
    return replace(
        untracked(letter),
        uid=name,
        subject=MARK + letter.subject if marked else letter.subject,
        unsubscribe=Unsubscribe(one_click=False, url=NOWHERE) if letter.unsubscribe else None,
    )


def untracked(letter: Letter) -> Letter:
    """The letter as it looks without a server of ours behind its links."""
    how = letter.unsubscribe
    left = Unsubscribe(False, how.mailto, how.url or NOWHERE) if how else None
    return replace(letter, unsubscribe=left, track_opens=False, track_clicks=False)


@dataclass(frozen=True, slots=True)
class Trial:
    """One connection over which letters are tried. `wait` is asked to wait until a time; it may refuse by raising."""

    relay: Relay
    ledger: Ledger
    now: Callable[[], datetime]
    wait: Callable[[datetime], None]

    def send(
        self, letter: Letter, contact: Recipient, to: Sequence[Address]
    ) -> Iterator[tuple[Address, Answer | Unfit]]:
        """The letter as `contact` would get it, to each of these addresses instead; what became of each."""
        composer, transport = open_letter(letter), Transport(self.relay.server)
        try:
            for place, address in enumerate(to):
                yield address, self._one(composer, transport, contact, address, f"{letter.uid}/{place}")
        finally:
            transport.close()

    def _one(
        self, composer: Composer, transport: Transport, contact: Recipient, to: Address, token: str
    ) -> Answer | Unfit:
        mail = composer.compose(replace(contact, key=to.key, address=to.mailbox), self.now())
        if isinstance(mail, Unfit):
            return mail
        if not transport.ready:
            down = transport.open()
            if down is not None:
                return down
        self._draw(token)
        data = mail.outgoing(self.relay.signer)
        sender = self.relay.return_path or composer.reading.letter.sender.address
        try:
            return transport.send(Envelope(sender, mail.to), data)
        finally:
            self.ledger.have_spent(token, self.now())

    def _draw(self, token: str) -> None:
        """One mail's part of the connection's limits, which trials share with campaigns."""
        until = self.now() + self.relay.server.limit
        while (ready_at := self.ledger.spend(self.relay.rates, token, self.now(), until)) is not None:
            self.wait(ready_at)


def has_arrived(outcome: Answer | Unfit) -> bool:
    """Whether a trial was taken by the server."""
    return isinstance(outcome, Answer) and outcome.kind is Kind.SENT


def said(outcome: Answer | Unfit) -> str:
    """What became of a trial, in a line."""
    if isinstance(outcome, Unfit):
        return f"not sent: {outcome}"
    text = f"{outcome.code} {outcome.text}".removeprefix("0 ").strip()
    if outcome.kind is Kind.SENT:
        return f"sent: {text}"
    return f"{outcome.kind.value} at {outcome.stage.value}: {text}"
