"""What is asked of a launched mailing when its mails come back: read once, for a package can be large."""

from dataclasses import dataclass, field
from typing import Final

from reconciler.kinds.email.mailing import unpacked
from reconciler.mail.letter import Mailbox
from reconciler.model.ports import Store

MOST: Final = 256
"""Mailings that are kept in mind."""


@dataclass(frozen=True, slots=True)
class Launched:
    """Where a mailing's links lead, which lists it asks, from whom it is, and whether its codes are signed."""

    links: tuple[str, ...]
    lists: tuple[str, ...]
    sender: Mailbox
    is_signed: bool


@dataclass(slots=True)
class Mailings:
    """Launched mailings by uid; threads may share it. What is written down at launch never changes."""

    _known: dict[int, Launched] = field(default_factory=dict)

    def of(self, store: Store, uid: int) -> Launched | None:
        """The mailing of a job; None where there is none."""
        found = self._known.get(uid)
        if found is None:
            package = store.ledger.package(uid)
            if "letter" not in package:
                return None
            mailing = unpacked(package)
            found = Launched(mailing.links, mailing.suppressions, mailing.letter.sender, mailing.server is not None)
            if len(self._known) >= MOST:
                self._known.clear()
            self._known[uid] = found
        return found
