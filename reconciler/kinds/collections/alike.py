"""Accounts that are told apart by nothing that a decision looks at: one of them stands for all. Pure.

What `deciding.decided` reads of an account is listed here, once; tests scramble all the rest and find the same contacts. Instants
count up to the look at which they tell: decisions are made at looks, and compare them with when a rule stops to bar, a step is
due or silence has lasted, so what lies between the same two looks is one. Of any number of accounts some thousands are left.
"""

import re
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from reconciler.kinds.collections.deciding import Conduct, barred, contact_points
from reconciler.kinds.collections.forecast import Frame
from reconciler.kinds.collections.limits import Place, bars
from reconciler.kinds.collections.steps import silent_at
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
    conduct: Conduct, frame: Frame, accounts: Iterable[Account], past: Mapping[int, tuple[Past, ...]]
) -> tuple[Alike, ...]:
    """The accounts by classes; `past` by their ids."""
    sorting = _Sorting(conduct, frame, _read(conduct))
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
    frame: Frame
    members: frozenset[str] | None
    """What conditions read of an account; None: all of it."""

    def key(self, account: Account, past: tuple[Past, ...]) -> Hashable:
        """Equal for accounts that no decision tells apart."""
        why = barred(account)
        if why:
            return why
        place = self.conduct.limits.place(account.row.zone)
        return (
            account.row.status == "pending_contact",
            place,
            self._stood(account.position),
            tuple(sorted(self._barring(one, place) for one in past if one.sort in _COUNTED)),
            contact_points(self.conduct, account, self.frame.now),
            self._seen(account),
        )

    def counted(self, past: tuple[Past, ...]) -> tuple[Past, ...]:
        """What limits look at of what happened."""
        since = self.frame.now - self.conduct.limits.reach
        return tuple(sorted((one for one in past if one.sort in _COUNTED and one.at >= since), key=_order))

    def _barring(self, one: Past, place: Place) -> tuple[bool, bool, tuple[tuple[datetime, bool], ...]]:
        """Up to which look something that happened bars, and whether its time is up within the hours."""
        limits = self.conduct.limits
        is_call = limits.pack is not None and one.medium in limits.pack.calls
        return one.sort is Sort.CONTACT, is_call, tuple(self._told(at, place) for at in bars(limits, one, place))

    def _told(self, at: datetime, place: Place) -> tuple[datetime, bool]:
        look = self.frame.look(at)
        return look, at > self.frame.begins and all(hours.holds(at) for hours in place.hours)

    def _stood(self, position: Position) -> Hashable:
        course = self.conduct.course
        silent = silent_at(course, position)
        return (
            position.step,
            position.tries,
            position.due_at and self.frame.look(position.due_at),
            course.max_attempts and position.attempts,
            silent and self.frame.look(silent),
        )

    def _seen(self, account: Account) -> bytes:
        """What conditions see of it. What grows with the days is seen twice, so that it is told from what does not."""
        if self.members is not None and not self.members:
            return b""
        today = self.conduct.today(self.frame.now)
        days = (today.date(), (today + _DAY).date())
        return canonical.encode([self._of(self.conduct.see(account.row, day)) for day in days])

    def _of(self, seen: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in seen.items() if self.members is None or name in self.members}


def _read(conduct: Conduct) -> frozenset[str] | None:
    """The members of an account that the conditions of the steps name: a superset of what they read."""
    texts = [step.when for step in conduct.course.steps if step.when is not None]
    names = [name for text in texts for name in _MEMBER.findall(text)]
    return None if "" in names else frozenset(names)


def _order(one: Past) -> tuple[datetime, str, str]:
    return one.at, one.sort.value, one.medium
