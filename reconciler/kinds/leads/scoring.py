"""Scores: the points of a lead, by its workflow's conditions over `lead` and `now`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from reconciler.kinds.leads.fields import Value
from reconciler.kinds.leads.lead_campaign.spec import Score
from reconciler.lifecycle.rule import RuleError, compiled

VARIABLES: Final = ("lead", "now")
"""What a condition on a lead may name; `lead` is `Form.subject`."""


def holds(condition: str, lead: Mapping[str, Value], now: datetime) -> bool:
    """Whether a lead meets a condition; not where that cannot be evaluated."""
    try:
        return compiled(condition, VARIABLES).judge({"lead": lead, "now": now}) is True
    except RuleError:
        return False


def score_of(scores: Sequence[Score], lead: Mapping[str, Value], now: datetime) -> int:
    """The sum of the points whose conditions the lead meets."""
    return sum(one.add for one in scores if holds(one.when, lead, now))
