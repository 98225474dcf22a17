"""What a connection is told: the server, how to reach it, and from whom to whom a message goes."""

from base64 import b64encode
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum


class Tls(StrEnum):
    """How the way to a server is encrypted."""

    NONE = "none"
    STARTTLS = "starttls"
    IMPLICIT = "implicit"


@dataclass(frozen=True, slots=True)
class Server:
    """An SMTP server, and how long to wait for it. Its password stands in no text that this room gives away."""

    host: str
    port: int = 587
    tls: Tls = Tls.STARTTLS
    user: str = ""
    password: str = field(default="", repr=False)
    timeout: timedelta = timedelta(seconds=30)
    """Longest wait for one answer, or for the server to take more of what is written."""
    limit: timedelta = timedelta(minutes=2)
    """Longest time for one message, and for opening: who dribbles is cut off here. Leases must be longer."""
    hello_name: str = ""
    """The name given in EHLO; empty: this machine's, or its address where it has no full name."""

    def secrets(self) -> tuple[str, ...]:
        """What no text may hold: the password, plainly and as AUTH writes it; the longest first."""
        if not self.password:
            return ()
        coded = [coded_text(text) for text in (f"\0{self.user}\0{self.password}", self.password)]
        found = {self.password, *coded, *(text.rstrip("=") for text in coded)}
        return tuple(sorted(found, key=lambda text: (-len(text), text)))


def coded_text(text: str) -> str:
    """A text as AUTH writes it; one from the environment may hold bytes that are no text."""
    return b64encode(text.encode("utf-8", "surrogateescape")).decode("ascii")


@dataclass(frozen=True, slots=True)
class Envelope:
    """From whom to whom, as the server is told. An empty sender is that of bounces."""

    sender: str
    recipient: str
    smtputf8: bool = False
    """Whether the addresses or the headers hold more than ASCII."""
    also: tuple[str, ...] = ()
    """Who gets the same message in the same transaction: it is sent where one of them all is accepted."""

    @property
    def recipients(self) -> tuple[str, ...]:
        """All of them."""
        return (self.recipient, *self.also)
