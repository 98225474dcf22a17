"""Rewards, line by line, so that there may be as many as there are."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from reconciler.model import canonical
from reconciler.model.instant import to_text
from reconciler.model.referral_portrait import Named
from reconciler.model.reward import Fate
from reconciler.views.csv_text import csv_line
from reconciler.views.style import Style, safe
from reconciler.views.table import flowing, listed, short

HEAD: Final = (
    *("id", "program", "campaign", "origin", "role", "beneficiary", "value", "currency", "state", "reason"),
    *("friend", "event", "earnedAt", "payableAt", "changedAt", "batch"),
)
_HEADS: Final = ("REWARD", "EARNED", "STATE", "VALUE", "FOR", "CAMPAIGN", "PAYABLE", "WHY")


def sentence(named: Named) -> str:
    """One of them, said."""
    one = named.reward
    why = f" ({one.reason})" if one.reason else ""
    return safe(f"{one.id}: {one.value} {one.currency} to {one.role} {one.beneficiary}, {one.fate.value}{why}")


def rewards_text(found: Iterable[Named], color: bool) -> Iterator[str]:
    """A table, line by line."""
    lines = flowing(_HEADS, (_cells(one) for one in found), Style(color), ("VALUE",))
    yield from listed(lines, "there are none")


def _cells(named: Named) -> tuple[str, ...]:
    one = named.reward
    campaign = str(named.campaign).partition("/")[2] if named.campaign else "-"
    until = short(one.payable_at) if one.fate in (Fate.PENDING, Fate.APPROVED) else ""
    amount, person = f"{one.value} {one.currency}", f"{one.role} {one.beneficiary}"
    return one.id, short(one.earned_at), one.fate.value, amount, person, campaign, until, one.reason


def rewards_csv(found: Iterable[Named]) -> Iterator[str]:
    """A table with `HEAD`."""
    yield csv_line(HEAD)
    for one in found:
        yield csv_line(tuple(row(one).values()))


def rewards_json(found: Iterable[Named]) -> Iterator[str]:
    """A list of objects, one a line."""
    first = True
    for one in found:
        yield ("[" if first else ",") + canonical.encode_as_written(row(one)) + "\n"
        first = False
    yield "[]\n" if first else "]\n"


def row(named: Named) -> dict[str, Any]:
    """A reward by the names of `HEAD`."""
    one = named.reward
    cells = (
        one.id, named.program, str(named.campaign) if named.campaign else "", one.origin.value, one.role, one.beneficiary,
        str(one.value), one.currency, one.fate.value, one.reason, one.friend, one.event, to_text(one.earned_at),
        to_text(one.payable_at), to_text(one.changed_at) if one.changed_at else "", one.batch,
    )  # fmt: skip
    return dict(zip(HEAD, cells, strict=True))
