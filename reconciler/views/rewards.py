"""Rewards, line by line, so that there may be as many as there are."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from reconciler.model import canonical
from reconciler.model.instant import to_text
from reconciler.model.ref import Ref
from reconciler.model.reward import Fate, Reward
from reconciler.views.csv_text import csv_line
from reconciler.views.style import Style, safe

HEAD: Final = (
    *("id", "program", "campaign", "origin", "role", "beneficiary", "value", "currency", "state", "reason"),
    *("friend", "event", "earnedAt", "payableAt", "changedAt", "batch"),
)
_GOOD: Final = (Fate.FULFILLED, Fate.APPROVED)
_BAD: Final = (Fate.FAILED, Fate.VOID, Fate.DENIED)


@dataclass(frozen=True, slots=True)
class Named:
    """A reward with the names of what it belongs to."""

    reward: Reward
    program: str
    campaign: Ref | None


def sentence(named: Named) -> str:
    """One of them, said."""
    one = named.reward
    why = f" ({one.reason})" if one.reason else ""
    return safe(f"{one.id}: {one.value} {one.currency} to {one.role} {one.beneficiary}, {one.fate.value}{why}")


def rewards_text(found: Iterable[Named], color: bool) -> Iterator[str]:
    """One line each."""
    style = Style(color)
    for named in found:
        one = named.reward
        mark = style.good if one.fate in _GOOD else style.bad if one.fate in _BAD else style.warn
        campaign = str(named.campaign).partition("/")[2] if named.campaign else "-"
        until = f"  payable {_short(to_text(one.payable_at))}" if one.fate in (Fate.PENDING, Fate.APPROVED) else ""
        reason = f"  {safe(one.reason)}" if one.reason else ""
        yield (
            f"{one.id}  {style.dim(_short(to_text(one.earned_at)))}  {mark(one.fate.value)}  {one.value} {one.currency}"
            f"  {one.role} {safe(one.beneficiary)}  {campaign}{until}{reason}\n"
        )


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


def _short(text: str) -> str:
    return text[:16].replace("T", " ") + "Z"
