"""What became of a message, in the words that all workshops share, whoever carried it. Pure."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from reconciler.hooks.call import Fate as Heard
from reconciler.hooks.call import Reply
from reconciler.mail.answer import Answer, Kind, cleaned
from reconciler.model import canonical


class Fate(StrEnum):
    """What became of a message."""

    REACHED = "reached"
    """Somebody was reached, as far as the channel can tell: the mail server or the agent has taken it."""
    NOT_REACHED = "not_reached"
    """The agent has tried, and nobody was there."""
    LATER = "later"
    """Not now. Nobody was reached, unless the outcome is `unheard`."""
    REFUSED = "refused"
    """Trying again would end alike, or was tried often enough."""
    UNKNOWN = "unknown"
    """It was given away whole, and nobody knows what became of it."""
    UNFIT = "unfit"
    """Nobody was called: there is no way to reach this contact, or the text cannot be written for it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message. `text` is for people, one line; `code` the server's, 0 where it said nothing.

    One that is `later` may be tried again after `wait`; where it is `unheard`, somebody may have been reached all the same.
    """

    fate: Fate
    text: str = ""
    code: int = 0
    wait: timedelta | None = None
    is_unheard: bool = False


def outcome_of(answer: Answer) -> Outcome:
    """What a mail server's answer means."""
    text = f"{answer.code or ''} {answer.text}".strip() or answer.kind.value
    match answer.kind:
        case Kind.SENT:
            return Outcome(Fate.REACHED, text, answer.code)
        case Kind.REFUSED:
            return Outcome(Fate.REFUSED, text, answer.code)
        case Kind.UNKNOWN:
            return Outcome(Fate.UNKNOWN, text, answer.code, is_unheard=True)
    return Outcome(Fate.LATER, text, answer.code)


def heard(reply: Reply) -> Outcome:
    """What an agent's answer means: taken is reached, unless it says that nobody was."""
    match reply.fate:
        case Heard.TAKEN:
            why = _nobody(reply)
            fate = Fate.REACHED if why is None else Fate.NOT_REACHED
            return Outcome(fate, why or reply.text, reply.status)
        case Heard.REFUSED:
            return Outcome(Fate.REFUSED, reply.text, reply.status)
        case Heard.UNKNOWN:
            return Outcome(Fate.UNKNOWN, reply.text, reply.status, is_unheard=True)
    return Outcome(Fate.LATER, reply.text, reply.status, reply.wait)


def _nobody(reply: Reply) -> str | None:
    """Why nobody was reached, in the agent's words; None where it does not say that nobody was."""
    try:
        found = canonical.decode(reply.body) if reply.is_whole and reply.body else None
    except (ValueError, RecursionError):  # no JSON, no UTF-8, or lists in lists in lists
        return None
    if not isinstance(found, dict) or found.get("reached") is not False:
        return None
    reason = found.get("reason")
    return (cleaned(reason) if isinstance(reason, str) else "") or "the agent has reached nobody"
