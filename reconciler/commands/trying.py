"""How `email test` goes: the real letter, through the real connection, to the addresses given and to nobody else."""

from dataclasses import dataclass
from typing import Final

from reconciler.commands.mail_desk import Desk, address, desk
from reconciler.commands.options import Common, write
from reconciler.commands.waiting import wait
from reconciler.kinds.email.trial import Trial, has_arrived, said, trial_letter
from reconciler.kinds.messaging.relay import Relay, relay_of
from reconciler.model.errors import Permanent, Usage
from reconciler.views.style import safe

MOST: Final = 20
"""Addresses of one test: more is a mailing, and belongs to a campaign."""
_NOT_TAKEN: Final = 1


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks for: to whom, made for whom (an address, or JSON), through what, and whether it says so."""

    addresses: tuple[str, ...]
    whom: tuple[str | None, str | None]
    via: str
    marked: bool


def tried(common: Common, campaign: str, wanted: Wanted) -> int:
    """Send; the exit code."""
    to = list({one.key: one for one in map(address, wanted.addresses)}.values())
    if len(to) > MOST:
        raise Usage(f"a test goes to {MOST} addresses at most; for more launch a campaign")
    at = desk(common, campaign, sends=True)
    try:
        relay, contact = _relay(at, wanted.via), at.contact(*wanted.whom)
        letter = trial_letter(at.letter(), f"test-{at.ref.name}-{at.now.timestamp():.6f}", marked=wanted.marked)
        trial = Trial(
            relay,
            at.store.ledger,
            lambda: at.store.time(at.now),
            lambda until: wait(relay, at.store.time(at.now), until),
        )
        taken = True
        for one, outcome in trial.send(letter, contact, to):
            write(f"{one.mailbox}: {safe(said(outcome))}")
            taken = taken and has_arrived(outcome)
    except Permanent as error:
        raise Usage(f"{at.ref} cannot be tried: {error}") from None
    return 0 if taken else _NOT_TAKEN


def _relay(at: Desk, via: str) -> Relay:
    """The connection that is asked for, among the campaign's own; its first one where none is."""
    smtp = at.document.get("spec", {}).get("smtp", {})
    names = [one["name"] for one in smtp.get("connections", ())]
    if not names:
        raise Usage(f"{at.ref} names no SMTP connection yet")
    if via and via not in names:
        raise Usage(f"{at.ref} does not send through {via!r}; its connections are {', '.join(names)}")
    name = via or names[0]
    return relay_of(name, at.shelf.document("SmtpConnection", name)[1], at.shelf.reveal)
