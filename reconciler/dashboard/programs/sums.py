"""Rewards by state, as pages tell them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode

from reconciler.dashboard.render import money
from reconciler.model.reward import Fate, Owed

TONES: Final[Mapping[Fate, str]] = {
    Fate.PENDING: "calm", Fate.REVIEW: "warn", Fate.APPROVED: "calm", Fate.SENDING: "calm", Fate.FULFILLED: "good",
    Fate.FAILED: "bad", Fate.VOID: "", Fate.DENIED: "",
}  # fmt: skip
MEANINGS: Final[Mapping[Fate, str]] = {
    Fate.PENDING: "its waiting period runs, or nobody has paid it yet",
    Fate.REVIEW: "a person has to look at it",
    Fate.APPROVED: "to be paid once its waiting period is over",
    Fate.SENDING: "it is being paid",
    Fate.FULFILLED: "paid",
    Fate.FAILED: "it could not be paid, and may be tried again",
    Fate.VOID: "its campaign was stopped before it was paid",
    Fate.DENIED: "somebody, or its limit, has denied it",
}


@dataclass(frozen=True, slots=True)
class SumRow:
    """Rewards of one state: how many, what they come to by currency, and where they are listed."""

    fate: str
    tone: str
    meaning: str
    count: int
    amounts: tuple[str, ...]
    href: str


def sum_rows(sums: Mapping[Fate, Owed], program: str, campaign: str = "") -> tuple[SumRow, ...]:
    """A row for each state in which there are any."""
    return tuple(
        SumRow(
            fate.value,
            TONES[fate],
            MEANINGS[fate],
            sums[fate].count,
            amounts(sums[fate]),
            listed(program, campaign=campaign, state=fate.value),
        )
        for fate in Fate
        if fate in sums
    )


def amounts(owed: Owed) -> tuple[str, ...]:
    """`75.00 USD`, one for each currency."""
    return tuple(money(amount, currency) for currency, amount in sorted(owed.amounts.items()))


def total(some: Sequence[str]) -> str:
    """In one line."""
    return " and ".join(some) or "nothing"


def listed(program: str, **asked: str) -> str:
    """Where the rewards of a program are listed."""
    text = urlencode([(name, value) for name, value in asked.items() if value])
    return f"/programs/{quote(program)}/rewards" + (f"?{text}" if text else "")
