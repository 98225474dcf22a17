"""A referral program at a glance, and who takes part in it."""

from collections.abc import Iterable, Iterator
from typing import Any

from reconciler.model import canonical
from reconciler.model.instant import to_text
from reconciler.model.referral_portrait import PersonView, ProgramView
from reconciler.model.reward import Owed
from reconciler.views.csv_text import csv_line
from reconciler.views.style import Style, safe
from reconciler.views.table import flowing, listed, short


def program_text(view: ProgramView, color: bool) -> str:
    """A line a campaign."""
    style = Style(color)
    lines = [f"{style.bold(str(view.ref))}  {safe(view.timezone)}"]
    for one in view.campaigns:
        owed = f", owes {amounts(one.owed)}" if one.owed.count else ""
        lines.append(f"  {one.ref}  {one.state}  {_clicks(one.clicks)}{owed}")
    if view.nowhere:
        lines.append(f"  {_clicks(view.nowhere)} while none was live")
    if view.rewards:
        lines.append("  rewards: " + ", ".join(f"{count:,} {fate.value}" for fate, count in view.rewards.items()))
    return "\n".join(lines) + "\n"


def _clicks(count: int) -> str:
    return f"{count:,} click{'s' if count != 1 else ''}"


def amounts(owed: Owed) -> str:
    """`75.00 USD in 2 rewards`."""
    total = " and ".join(f"{amount} {currency}" for currency, amount in sorted(owed.amounts.items()))
    return f"{total} in {owed.count:,} reward{'s' if owed.count != 1 else ''}"


def program_json(view: ProgramView) -> str:
    """One object."""
    told: dict[str, Any] = {
        "program": str(view.ref),
        "timezone": view.timezone,
        "campaigns": [
            {
                "ref": str(one.ref),
                "state": one.state,
                "clicks": one.clicks,
                "owed": {currency: str(amount) for currency, amount in sorted(one.owed.amounts.items())},
                "rewardsAtRisk": one.owed.count,
            }
            for one in view.campaigns
        ],
        "clicksNowhere": view.nowhere,
        "rewards": {fate.value: count for fate, count in view.rewards.items()},
    }
    return canonical.encode_pretty(told)


def people_text(found: Iterable[PersonView], color: bool) -> Iterator[str]:
    """A table, line by line."""
    rows = ((one.id, short(one.since), " ".join(one.codes)) for one in found)
    yield from listed(flowing(("ID", "SINCE", "CODES"), rows, Style(color)), "nobody takes part yet")


def people_csv(found: Iterable[PersonView]) -> Iterator[str]:
    """A table."""
    yield csv_line(("id", "since", "codes"))
    for one in found:
        yield csv_line((one.id, to_text(one.since), " ".join(one.codes)))


def people_json(found: Iterable[PersonView]) -> Iterator[str]:
    """A list of objects, one a line."""
    first = True
    for one in found:
        told = {"id": one.id, "since": to_text(one.since), "codes": list(one.codes)}
        yield ("[" if first else ",") + canonical.encode_as_written(told) + "\n"
        first = False
    yield "[]\n" if first else "]\n"
