"""What a mail that came back, or a provider's event, says: of which recipient, what, why, and how we know."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Fate(StrEnum):
    """What became of a mail, or what its recipient did with it; the heaviest first."""

    COMPLAINT = "complaint"
    """The recipient says that it is spam."""
    UNSUBSCRIBE = "unsubscribe"
    """The recipient asks for no more."""
    HARD = "hard"
    """There is no such address or domain, and there will be none."""
    SOFT = "soft"
    """Returned for a reason that may pass: mailbox full, too large, no connection."""
    POLICY = "policy"
    """Returned because of what was sent, or who sent it: spam, reputation, authentication. Says nothing of the address."""
    UNKNOWN = "unknown"
    """Returned, and no reason is given that we understand."""
    DELAYED = "delayed"
    """A warning: the other side still tries."""
    AUTO_REPLY = "auto-reply"
    """A machine answered: out of office, a challenge, a receipt."""
    DELIVERED = "delivered"
    """It arrived."""

    @property
    def is_final(self) -> bool:
        """Whether the mail will not arrive."""
        return self in (Fate.HARD, Fate.SOFT, Fate.POLICY, Fate.UNKNOWN)


_WEIGHT: Final = {fate: place for place, fate in enumerate(Fate)}


@dataclass(frozen=True, slots=True)
class Finding:
    """What is said of one recipient: `status` as in RFC 3463 (5.1.1), `diagnostic` in the words of the other side."""

    address: str
    fate: Fate
    status: str | None = None
    diagnostic: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one mail or event says.

    `findings` may be empty: some name nobody, and only `came_to`, the address to which the mail came, tells whom it is about
    (VERP). `rule` names what recognised it, `message_id` is that of the mail that we had sent, with its angle brackets.
    """

    fate: Fate
    rule: str
    findings: tuple[Finding, ...] = ()
    message_id: str | None = None
    came_to: str | None = None
    reporting_mta: str | None = None


def heaviest(fates: "tuple[Fate, ...]") -> Fate:
    """The one that a verdict goes by that says several things; `unknown` where it says nothing."""
    return min(fates, key=_WEIGHT.__getitem__, default=Fate.UNKNOWN)
