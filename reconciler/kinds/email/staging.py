"""What resolving recipients needs of the ledger: a place to gather them, and what the store knows of who is not mailed."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from reconciler.model.record import Record


class Candidate(Record, frozen=True):
    """Someone to send to. `key` is unique; `contact` is the row as JSON, in the order of its columns.

    `position` orders, with gaps: the split asks for ranks, counted from 0 over those who are left when all is resolved.
    """

    key: str
    mailbox: str
    contact: bytes
    position: int


class Staging(Protocol):
    """Where recipients are gathered before a launch is committed. Everything counts; nothing is held in memory."""

    def add(self, batch: Sequence[Candidate]) -> int:
        """Insert those whose key is not there yet, also not earlier in the batch; how many that were."""
        ...

    def remove(self, keys: Sequence[str], list_: str = "") -> int:
        """Take out those that are there; how many that were. A key may stand in `keys` twice.

        `list_` is the SuppressionList that they stand on, empty where the campaign excludes them.
        """
        ...

    def remove_standing(self, lists: Sequence[str]) -> Mapping[str, int]:
        """Take out whom the store itself must not mail for a campaign that names these SuppressionLists; how many by reason.

        The reasons are those of AMB-E16: unsubscribed, hard_bounce, soft_bounce, complaint, manual, list_import.
        """
        ...


class Standing(Protocol):
    """What the store knows of one address."""

    def reasons(self, key: str, lists: Sequence[str]) -> Sequence[str]:
        """Why it is not mailed for a campaign that names these SuppressionLists: `hard_bounce since …`; empty if it is."""
        ...
