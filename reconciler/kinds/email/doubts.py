"""Recipients of whom nobody knows whether they got their mail, and what an operator decides about them (AMB-E13)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from reconciler.model.instant import to_text
from reconciler.model.lifecycle import Lifecycle
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.model.work import Doubt

RESEND = "resend-unknown"
"""The action that a state may forbid."""
BATCH = 1000
"""Decisions written at a time."""


@dataclass(frozen=True, slots=True)
class Doubts:
    """The doubtful of one campaign in the store; `state` is the one in which they were looked at."""

    store: Store
    ref: Ref
    state: str

    def open(self, keys: Sequence[str] = ()) -> list[Doubt]:
        """Those about whom nobody has decided; of them those with these addresses, where any are given."""
        found = (one for one in self.store.ledger.unknown(self.store.ledger.uid(self.ref)) if not is_left(one))
        wanted = frozenset(keys)
        return [one for one in found if not wanted or one.key in wanted]

    def resend(self, doubts: Iterable[Doubt]) -> int:
        """They get the mail, perhaps for the second time, under the same Message-ID; how many."""
        return sum(self.store.ledger.resend([one.id for one in batch], self.state) for batch in _batches(doubts))

    def leave(self, doubts: Iterable[Doubt], actor: str, now: datetime) -> int:
        """They stay as they are, and are not listed any more; how many."""
        decided = {"leftBy": actor, "leftAt": to_text(now)}
        return sum(
            self.store.ledger.annotate({one.id: {**one.answer, **decided} for one in batch})
            for batch in _batches(doubts)
        )


def is_left(doubt: Doubt) -> bool:
    """Whether somebody has decided that it stays unknown."""
    return "leftBy" in doubt.answer


def forbidden(law: Lifecycle, state: str) -> str:
    """Why the law lets nobody send again in this state; empty where it does."""
    found = law.forbidden(state, RESEND)
    return found.message if found else ""


def _batches(doubts: Iterable[Doubt]) -> Iterable[list[Doubt]]:
    found = list(doubts)
    return (found[start : start + BATCH] for start in range(0, len(found), BATCH))
