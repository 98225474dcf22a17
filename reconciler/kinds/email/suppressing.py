"""When an address gets no more mail, and why (AMB-E16): a fold over what has come back from it."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from reconciler.mail.verdict import Fate

SOFT_LIMIT: Final = 5
"""Returns in a row without a success between them, after which an address that exists is given up."""


class Reason(StrEnum):
    """Why an address is suppressed."""

    HARD_BOUNCE = "hard_bounce"
    SOFT_BOUNCE = "soft_bounce"
    COMPLAINT = "complaint"
    UNSUBSCRIBED = "unsubscribed"
    MANUAL = "manual"
    LIST_IMPORT = "list_import"


_AT_ONCE: Final = {
    Fate.HARD: Reason.HARD_BOUNCE,
    Fate.COMPLAINT: Reason.COMPLAINT,
    Fate.UNSUBSCRIBE: Reason.UNSUBSCRIBED,
}


def suppression(history: Iterable[Fate | Reason]) -> Reason | None:
    """Why an address is suppressed after its history, the oldest first; None where it may get mail.

    What was decided first stays: nothing that comes later lifts a suppression. `Reason.MANUAL` and `Reason.LIST_IMPORT`
    stand in a history for what people did. A return without a reason that we understand counts like a soft one: it does
    not tell that the address is wrong, and an address that returns everything is no use. A policy block counts for
    nothing, neither for nor against: it is about the sender, and would take the whole list away. Nor do delays and
    automatic answers: the fate of that mail is still open, or told elsewhere.
    """
    soft = 0
    for one in history:
        if isinstance(one, Reason):
            return one
        if one in _AT_ONCE:
            return _AT_ONCE[one]
        if one is Fate.DELIVERED:
            soft = 0
        elif one in (Fate.SOFT, Fate.UNKNOWN):
            soft += 1
            if soft == SOFT_LIMIT:
                return Reason.SOFT_BOUNCE
    return None
