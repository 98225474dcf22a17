"""The real letter, through the real connection, to the addresses given and to nobody else (E-04)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from reconciler.feed.address import Address
from reconciler.kinds.email.desk import Desk, address
from reconciler.kinds.email.trial import Trial, trial_letter
from reconciler.kinds.messaging.relay import Relay, relay_of
from reconciler.mail.answer import Answer
from reconciler.mail.fault import Unfit
from reconciler.model.errors import Permanent, Usage

MOST: Final = 20
"""Addresses of one test: more is a mailing, and belongs to a campaign."""

Wait = Callable[[Relay, datetime, datetime], None]
"""Waits for the limits of a connection, from now until a time; it may refuse by raising."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: to whom, made for whom (an address, or JSON), through what, and whether it says so."""

    addresses: tuple[str, ...]
    whom: tuple[str | None, str | None] = (None, None)
    via: str = ""
    marked: bool = True


def tried(at: Desk, wanted: Wanted, wait: Wait) -> Iterator[tuple[Address, Answer | Unfit]]:
    """Send; what became of each. Usage where nothing can be sent, and why."""
    to = _to(wanted.addresses)
    try:
        relay, contact = _relay(at, wanted.via), at.contact(*wanted.whom)
        letter = trial_letter(at.letter(), f"test-{at.ref.name}-{at.now.timestamp():.6f}", marked=wanted.marked)
        trial = Trial(
            relay,
            at.store.ledger,
            lambda: at.store.time(at.now),
            lambda until: wait(relay, at.store.time(at.now), until),
        )
        yield from trial.send(letter, contact, to)
    except Permanent as error:
        raise Usage(f"{at.ref} cannot be tried: {error}") from None


def _to(addresses: Sequence[str]) -> list[Address]:
    to = list({one.key: one for one in map(address, addresses)}.values())
    if len(to) > MOST:
        raise Usage(f"a test goes to {MOST} addresses at most; for more launch a campaign")
    if not to:
        raise Usage("say to whom: one address at least")
    return to


def _relay(at: Desk, via: str) -> Relay:
    """The connection that is asked for, among the campaign's own; its first one where none is."""
    names = connections(at)
    if not names:
        raise Usage(f"{at.ref} names no SMTP connection yet")
    if via and via not in names:
        raise Usage(f"{at.ref} does not send through {via!r}; its connections are {', '.join(names)}")
    name = via or names[0]
    return relay_of(name, at.shelf.document("SmtpConnection", name)[1], at.shelf.reveal)


def connections(at: Desk) -> list[str]:
    """The connections that the campaign names."""
    return [one["name"] for one in at.document.get("spec", {}).get("smtp", {}).get("connections", ())]
