"""What came of the campaigns of a referral program, counted once for all who look."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Final

from reconciler.dashboard.kept import Held
from reconciler.dashboard.page import Missing, Refused
from reconciler.dashboard.visit import Visit
from reconciler.kinds.referral.programs import PROGRAM, Offering, offering_of
from reconciler.model.lifecycle import DELETED
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.model.referral import NOBODY, Funnel
from reconciler.model.reward import UNPAID, Fate, Owed

EVERY: Final = 5.0
"""Seconds that the figures are kept: a program of millions takes as long to count."""
_PATIENCE: Final = 1.0
_LASTING: Final = 3600.0
"""Seconds for which a program is known that was read at one mark of the log: it does not change."""
_READING: Final = 3.0
"""Seconds that a page waits for a program to be read."""
_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Came:
    """What came of a campaign: how far its links have led, and its rewards by state."""

    funnel: Funnel = field(default_factory=Funnel)
    sums: Mapping[Fate, Owed] = field(default_factory=dict)

    @property
    def unpaid(self) -> Owed:
        """What stopping it would void (R-13, AMB-R6)."""
        return added(self.sums[fate] for fate in UNPAID if fate in self.sums)

    @property
    def earned(self) -> int:
        """How many rewards there are, whatever became of them."""
        return sum(one.count for one in self.sums.values())


NOTHING: Final = Came()


@dataclass(frozen=True, slots=True)
class Figures:
    """Of each campaign, and how often a link led to none, for none was live."""

    campaigns: Mapping[Ref, Came]
    nowhere: int

    @property
    def sums(self) -> Mapping[Fate, Owed]:
        """All rewards of the program by state."""
        found = {fate: added(one.sums[fate] for one in self.campaigns.values() if fate in one.sums) for fate in Fate}
        return {fate: owed for fate, owed in found.items() if owed.count}


def added(some: Iterable[Owed]) -> Owed:
    """What several add up to."""
    count = 0
    amounts: dict[str, Decimal] = {}
    for one in some:
        count += one.count
        for currency, amount in one.amounts.items():
            amounts[currency] = amounts[currency] + amount if currency in amounts else amount
    return Owed(count, amounts)


def program(visit: Visit, name: str) -> Offering | None:
    """The program of this name as the log has it now; None where none is in use. Refused where it takes long to read.

    What is not there is not kept: whoever asks for many names takes nothing from what is.
    """
    if not _NAME.fullmatch(name):
        return None
    there = visit.store.load([Ref(PROGRAM, name)]).get(Ref(PROGRAM, name))
    if there is None or there.state == DELETED:
        return None

    def read(store: Store) -> tuple[Offering | None]:
        with store.snapshot():
            return (offering_of(store, name),)

    held = visit.premises.kept.glance(("program", name, visit.store.mark()), read, _LASTING, _READING)
    if held is None:
        raise Refused("The program is still being read; look again in a moment.")
    return held.value[0]


def offering_named(visit: Visit, name: str) -> Offering:
    """The program of this name. Missing where none is in use."""
    found = program(visit, name)
    if found is None:
        raise Missing(f"The store has no ReferralProgram {name[:100]}; a new one is there once it is applied.")
    return found


def programs(visit: Visit) -> Mapping[str, Offering] | None:
    """Every program in use; None while they are being read."""
    known = visit.premises.programs
    held = visit.premises.kept.glance(("programs", visit.store.mark()), known.all, _LASTING, _READING)
    return held.value if held else None


def figures(visit: Visit, offering: Offering) -> Held[Figures] | None:
    """What came of its campaigns; None while that is being counted for the first time."""
    refs = tuple(sorted(offering.uids.items()))
    work = partial(_count, offering.uid, refs)
    return visit.premises.kept.glance(("referral figures", offering.uid, refs), work, EVERY, _PATIENCE)


def _count(uid: int, refs: tuple[tuple[Ref, int], ...], store: Store) -> Figures:
    came = {ref: Came(store.referral.funnel(uid, campaign), store.rewards.sums(campaign)) for ref, campaign in refs}
    return Figures(came, store.referral.funnel(uid, NOBODY).clicks)
