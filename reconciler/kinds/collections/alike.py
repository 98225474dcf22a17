"""Accounts that are told apart by nothing that a decision looks at: one of them stands for all. Pure.

What `deciding.decided` reads of an account is listed here, once; a test scrambles all the rest and finds the same way.
"""

import re
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from reconciler.kinds.collections.deciding import Conduct, barred, contact_points
from reconciler.model import canonical
from reconciler.model.accounts import Account, Position
from reconciler.model.contact_queue import Past, Sort

_MEMBER: Final = re.compile(r"\baccount\b(?:\s*\.\s*([A-Za-z_][A-Za-z0-9_]*))?")
_COUNTED: Final = frozenset({Sort.CONTACT, Sort.CONVERSATION})
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Alike:
    """Accounts of which one, with what happened to it, stands for `count`."""

    account: Account
    past: tuple[Past, ...]
    count: int


def alike(
    conduct: Conduct, now: datetime, accounts: Iterable[Account], past: Mapping[int, tuple[Past, ...]]
) -> tuple[Alike, ...]:
    """The accounts by classes; `past` by their ids."""
    sorting = _Sorting(conduct, now, _read(conduct))
    found: dict[Hashable, Account] = {}
    counts: dict[Hashable, int] = {}
    for account in accounts:
        key = sorting.key(account, past.get(account.id, ()))
        found.setdefault(key, account)
        counts[key] = counts.get(key, 0) + 1
    return tuple(
        Alike(account, sorting.counted(past.get(account.id, ())), counts[key]) for key, account in found.items()
    )


@dataclass(frozen=True, slots=True)
class _Sorting:
    conduct: Conduct
    now: datetime
    members: frozenset[str] | None
    """What conditions read of an account; None: all of it."""

    def key(self, account: Account, past: tuple[Past, ...]) -> Hashable:
        """Equal for accounts that no decision tells apart."""
        why = barred(account)
        if why:
            return why
        return (
            account.row.status == "pending_contact",
            self._place(account),
            _stood(account.position),
            self.counted(past),
            contact_points(self.conduct, account, self.now),
            self._seen(account),
        )

    def counted(self, past: tuple[Past, ...]) -> tuple[Past, ...]:
        """What limits look at of what happened."""
        since = self.now - self.conduct.limits.reach
        return tuple(sorted((one for one in past if one.sort in _COUNTED and one.at >= since), key=_order))

    def _place(self, account: Account) -> Hashable:
        return self.conduct.limits.place(account.row.zone)

    def _seen(self, account: Account) -> bytes:
        """What conditions see of it. What grows with the days is seen twice, so that it is told from what does not."""
        if self.members is not None and not self.members:
            return b""
        days = (self.conduct.today(self.now).date(), (self.conduct.today(self.now) + _DAY).date())
        return canonical.encode([self._of(self.conduct.see(account.row, day)) for day in days])

    def _of(self, seen: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in seen.items() if self.members is None or name in self.members}


def _read(conduct: Conduct) -> frozenset[str] | None:
    """The members of an account that the conditions of the steps name: a superset of what they read."""
    texts = [step.when for step in conduct.course.steps if step.when is not None]
    names = [name for text in texts for name in _MEMBER.findall(text)]
    return None if "" in names else frozenset(names)


def _stood(position: Position) -> Hashable:
    return (
        position.step,
        position.tries,
        position.due_at,
        position.attempts,
        position.first_at,
        position.answered_at,
    )


def _order(one: Past) -> tuple[datetime, str, str]:
    return one.at, one.sort.value, one.medium
