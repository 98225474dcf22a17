"""What somebody should look at: what is blocked, in conflict or drifted, files that cannot be read, and what is alerted of.

It never waits.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.dashboard.outlook.foresight import foreseen
from reconciler.dashboard.visit import Visit
from reconciler.model.diagnostic import Severity
from reconciler.model.errors import MusterError
from reconciler.model.plan import Plan, Reason


@dataclass(frozen=True, slots=True)
class Concern:
    """One sort of what needs looking at: how many there are, in words, and where they are shown."""

    count: int
    words: str
    href: str
    grave: bool = True


def attention(visit: Visit) -> tuple[Concern, ...]:
    """What there is. Of the plan by what was worked out last; nothing where that was never, or cannot be."""
    return tuple(one for one in (*_foreseen(visit), *_alerted(visit)) if one.count)


def _foreseen(visit: Visit) -> tuple[Concern, ...]:
    try:
        held = foreseen(visit, patience=0.0)
    except MusterError:
        return ()
    if held is None:
        return ()
    if held.value.plan is None:
        errors = sum(one.severity is Severity.ERROR for one in held.value.diagnostics)
        return (Concern(errors, f"problem{_s(errors)} in the files", "/plan#files"),)
    return tuple(_concerns(held.value.plan))


def _alerted(visit: Visit) -> Iterator[Concern]:
    """That too few invoices are in a campaign: one alert at most is open (I-26)."""
    if visit.store.in_campaign.open_alert() is not None:
        yield Concern(1, "In Campaign alert", "/receivables#alerts-title")


def _concerns(plan: Plan) -> Iterator[Concern]:
    blocked = sum(not one.held for one in plan.blocked)
    yield Concern(blocked, "blocked", "/plan?show=blocked#blocked")
    ahead = len(plan.conflicts)
    yield Concern(ahead, f"conflict{_s(ahead)} ahead", "/plan?show=blocked#conflicts")
    drifted = sum(one.reason is Reason.DRIFT for one in plan.resources) + len(plan.drift)
    yield Concern(drifted, "drifted", "/plan#drift", grave=False)
    held = len({one.ref for one in plan.holds if not one.hold.paths})
    yield Concern(held, "held", "/plan#holds", grave=False)


def _s(count: int) -> str:
    return "" if count == 1 else "s"
