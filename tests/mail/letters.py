"""Letters, recipients and a server's links for the tests of the post; and what a receiving program reads of a mail."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any

from reconciler.mail.compose import Mail, open_letter
from reconciler.mail.fault import Unfit
from reconciler.mail.letter import Letter, Mailbox, Recipient

AT = datetime(2026, 5, 1, 9, 30, tzinfo=UTC)
SENDER = Mailbox("news@northlight.example", "Northlight")


@dataclass(frozen=True)
class Server:
    """Links as `muster serve` would give them, unsigned."""

    scheme: str = "https"

    def click(self, recipient_key: str, link_number: int) -> str:
        return f"{self.scheme}://t.northlight.example/c/{link_number}?k={recipient_key}&s=1"

    def open(self, recipient_key: str) -> str:
        return f"{self.scheme}://t.northlight.example/o/{recipient_key}"

    def unsubscribe(self, recipient_key: str) -> str:
        return f"{self.scheme}://t.northlight.example/u/{recipient_key}"


def letter(**given: Any) -> Letter:
    return Letter(**{"uid": "01-spring", "sender": SENDER, "subject": "Spring", "text": "Hello", **given})


def recipient(**given: Any) -> Recipient:
    return Recipient(**{"key": "r1", "address": "jan@buro.example", **given})


def composed(one: Letter, to: Recipient | None = None, links: Server | None = None) -> Mail:
    made = open_letter(one, links).compose(to or recipient(), AT)
    assert isinstance(made, Mail), made
    return made


def unfit(one: Letter, to: Recipient) -> Unfit:
    made = open_letter(one, Server()).compose(to, AT)
    assert isinstance(made, Unfit), made
    return made


def received(data: bytes) -> EmailMessage:
    """`data` as a mail program reads it."""
    parsed = BytesParser(policy=default).parsebytes(data)
    assert isinstance(parsed, EmailMessage)
    assert not parsed.defects
    return parsed


def part(mail: EmailMessage, kind: str) -> str:
    """The lines of a body; the last line's end belongs to the frame."""
    found = mail.get_body((kind,))
    assert found is not None
    content = found.get_content()
    assert isinstance(content, str)
    return content.replace("\r\n", "\n").rstrip("\n")
