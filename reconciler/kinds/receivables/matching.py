"""Which invoices a RuleSet means: every condition's verdict on one invoice, and what they come to. Pure. (I-11, I-12)

What nobody can say of an invoice does not hold: nobody is written to because a column is missing.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from reconciler.lifecycle.rule import Rule, compiled
from reconciler.model.canonical import Document
from reconciler.model.instant import midnight

VARIABLES: Final = ("invoice", "now", "today")
"""What a condition of a RuleSet may name."""
STEP_VARIABLES: Final = (*VARIABLES, "contact")
"""What the `when` of a workflow's step may name."""


_MISSING: Final = re.compile(r'Key not found in map : "(.*)"')


class Group(StrEnum):
    """How a condition counts: all of the first kind must hold, and one of the second, where there are any."""

    ALL = "all"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Day:
    """An instant and the zone in which it is a day: what `now` and `today` mean."""

    now: datetime
    zone: str

    @property
    def date(self) -> date:
        """The date that it is there."""
        return midnight(self.now, self.zone).date()

    def values(self) -> dict[str, Any]:
        """As conditions see it."""
        return {"now": self.now, "today": midnight(self.now, self.zone)}


@dataclass(frozen=True, slots=True)
class Told:
    """What a condition says of an invoice: true, false, or why nobody can say."""

    group: Group
    text: str
    verdict: bool | str


@dataclass(frozen=True, slots=True)
class Match:
    """What a rule set says of an invoice, condition by condition, in the order in which they are written."""

    told: tuple[Told, ...]

    @property
    def is_match(self) -> bool:
        """Whether the invoice is meant. An empty rule set means none."""
        every = [one.verdict is True for one in self.told if one.group is Group.ALL]
        either = [one.verdict is True for one in self.told if one.group is Group.ANY]
        return bool(self.told) and all(every) and (any(either) or not either)

    @property
    def unmet(self) -> tuple[Told, ...]:
        """The conditions that keep the invoice out; none where it is meant."""
        every = [one for one in self.told if one.group is Group.ALL and one.verdict is not True]
        either = [one for one in self.told if one.group is Group.ANY]
        return (*every, *(() if any(one.verdict is True for one in either) else either))


@dataclass(frozen=True, slots=True)
class Rules:
    """The conditions of a RuleSet, compiled."""

    conditions: tuple[tuple[Group, Rule], ...]

    def match(self, invoice: Mapping[str, Any], day: Day) -> Match:
        """Every verdict on an invoice, which is as `seen.invoice_seen` gives it."""
        values = {"invoice": invoice, **day.values()}
        told = (Told(group, rule.text, _plain(rule.judge(_named(rule, values)))) for group, rule in self.conditions)
        return Match(tuple(told))

    def means(self, invoice: Mapping[str, Any], day: Day) -> bool:
        """Whether the invoice is meant: `match(…).is_match`, asking no more conditions than it takes."""
        values = {"invoice": invoice, **day.values()}
        every = [rule for group, rule in self.conditions if group is Group.ALL]
        either = [rule for group, rule in self.conditions if group is Group.ANY]
        if not self.conditions or not all(rule.judge(_named(rule, values)) is True for rule in every):
            return False
        return not either or any(rule.judge(_named(rule, values)) is True for rule in either)


def rules_of(document: Document) -> Rules:
    """The conditions of a RuleSet's document. RuleError where one is no CEL; its schema does not let that pass."""
    spec: Mapping[str, Any] = document.get("spec", {})
    return Rules(tuple((group, compiled(text, VARIABLES)) for group in Group for text in spec.get(group.value, ())))


def step_holds(text: str, invoice: Mapping[str, Any], day: Day) -> bool | str:
    """What the `when` of a step says of an invoice and its contact: true, false, or why nobody can say."""
    rule = compiled(text, STEP_VARIABLES)
    return rule.judge(_named(rule, {"invoice": invoice, "contact": invoice.get("contact", {}), **day.values()}))


def _named(rule: Rule, values: Mapping[str, Any]) -> dict[str, Any]:
    """Only what the rule names: what it does not look at costs nothing."""
    return {name: values[name] for name in rule.variables}


def _plain(verdict: bool | str) -> bool | str:
    """A verdict, and where nobody can say for want of a value, in words of ours."""
    missing = _MISSING.search(verdict) if isinstance(verdict, str) else None
    return f"the invoice has no {missing[1]!r}; ask for it first, by has(…)" if missing else verdict
