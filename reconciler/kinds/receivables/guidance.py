"""What an alert says: how it stands, why invoices are outside, and what to do about each cause. (I-25, I-27)"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from reconciler.model.in_campaign import Cause, Gap, Share


@dataclass(frozen=True, slots=True)
class Advice:
    """Of some invoices outside: why they are, and a way in."""

    what: str
    todo: str


_Words = Callable[[Gap], Advice]

_SAID: Final[Mapping[Cause, _Words]] = {
    Cause.WAITING: lambda gap: Advice(
        f"waiting for the next pass of {gap.campaign}",
        "`muster worker` makes it; where one runs they are in within seconds",
    ),
    Cause.DRAFT: lambda gap: Advice(
        f"would be taken by {gap.campaign}, which is not launched",
        f"`muster requires {gap.campaign} active` says what its launch lacks",
    ),
    Cause.TREATED: lambda _gap: Advice(
        "in a campaign before, and no active one takes such invoices up again",
        "launch a campaign with purpose reEngagement and includePreviouslyTreated",
    ),
    Cause.STOPPED: lambda gap: Advice(
        f"meant by {gap.campaign}, which is stopped",
        f"`muster duplicate {gap.campaign}`, and launch the copy",
    ),
    Cause.CLAIMED: lambda gap: Advice(
        f"in {gap.campaign or 'a campaign'}, which is not active",
        "they are let go once its stop is through; `muster doctor` says whether one is under way",
    ),
    Cause.UNMATCHED: lambda gap: Advice(
        "meant by no campaign's audience",
        f"`muster receivables match {next(iter(gap.examples), 'NUMBER')}` shows which condition each misses; "
        "widen an audience, or launch a campaign for them",
    ),
}


def advice_of(gap: Gap) -> Advice:
    """What to say of a gap."""
    return _SAID[gap.cause](gap)


def percent_text(share: Share) -> str:
    """`89.99 %`, never rounded up; `-` where there is nothing to be a share of."""
    return f"{share.percent:.2f} %" if share.percent is not None else "-"


def standing(share: Share) -> str:
    """`89.99 %: 8,999 of 10,000 invoices`."""
    return f"{percent_text(share)}: {share.part:,} of {share.whole:,} invoices"


def named(gap: Gap) -> str:
    """The examples, and that there are more."""
    return ", ".join(gap.examples) + (", …" if gap.invoices > len(gap.examples) else "")


def lines_of(gaps: tuple[Gap, ...]) -> Iterator[str]:
    """Every gap with its way in, as plain text."""
    for gap in gaps:
        advice = advice_of(gap)
        yield f"{gap.invoices:,} {advice.what} ({named(gap)})"
        yield f"  → {advice.todo}"
