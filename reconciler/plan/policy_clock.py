"""When policies may turn: freezes begin and end, and days begin by which a rule goes."""

import re
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import Final

from reconciler.model.calendar import daily, midnights
from reconciler.model.instant import is_zone
from reconciler.model.plan import Blocked, Code
from reconciler.model.policy import Policy, boundaries
from reconciler.plan.policy import rule_of
from reconciler.plan.question import Question

CLOCK: Final = frozenset({"now", "today"})
"""The variables by which a rule reads the clock."""

_ZONE: Final = re.compile(r"""["']([A-Za-z_]+(?:/[A-Za-z0-9_+-]+)+)["']""")


def turns(question: Question, blocked: Blocked) -> datetime | None:
    """The first instant after now at which what blocks this may let it pass; None where time does not change it."""
    found: list[datetime] = []
    for refusal in blocked.refusals:
        policy = question.policies.rule(refusal.policy) if refusal.code is Code.POLICY else None
        if refusal.until is not None:
            found += [refusal.until] if refusal.until > question.now else []
        elif policy is not None and reads(policy):
            found += (next(daily(question.now, "00:00", zone)) for zone in _zones(question, policy))
    return min(found, default=None)


def edges(question: Question, until: datetime) -> Iterator[datetime]:
    """The instants after now, to `until`, at which a policy may turn."""
    for freeze in question.policies.freezes:
        yield from boundaries(freeze, question.now, until)
    for policy in question.policies.rules:
        if reads(policy):
            for zone in _zones(question, policy):
                yield from midnights(question.now, until, zone)


def reads(policy: Policy, names: frozenset[str] = CLOCK) -> bool:
    """Whether its rule names one of these variables."""
    return not names.isdisjoint(rule_of(policy).variables)


def _zones(question: Question, policy: Policy) -> tuple[str, ...]:
    """Where the days begin that a rule may go by: in the zones that it names, and in the project's."""
    return (*_named(policy.rule), question.timezone)


@lru_cache(maxsize=1024)
def _named(rule: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in _ZONE.findall(rule) if is_zone(name)))
