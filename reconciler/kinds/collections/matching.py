"""Whether a campaign matches an account; and how many it matches, and how long those are past due. (C-01, C-27, C-28)"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median_low
from typing import Any, Final

from reconciler.kinds.collections.account_source.spec import AccountSourceSpec
from reconciler.kinds.collections.collection_campaign.spec import Accounts
from reconciler.kinds.collections.organisation import Organisation
from reconciler.kinds.collections.portfolio import Portfolio
from reconciler.kinds.collections.seen import account_seen
from reconciler.lifecycle.rule import Rule, compiled
from reconciler.model import canonical
from reconciler.model.accounts import Account
from reconciler.model.canonical import Document
from reconciler.model.instant import midnight
from reconciler.model.ref import Ref

SOURCE: Final = "AccountSource"
_VARIABLES: Final = ("account", "now", "today")
_PAST_DUE: Final = "daysPastDue"
_KEPT: Final = 1000
"""Counts that are kept: as many as there may be campaigns."""


@dataclass(frozen=True, slots=True)
class Audience:
    """Which accounts are meant, at one moment: those for which all conditions are true."""

    rules: tuple[Rule, ...]
    now: datetime
    today: datetime
    """The organisation's day, as conditions see it."""

    def seen(self, account: Account) -> Mapping[str, Any] | None:
        """An account as conditions see it; None where it is not meant."""
        seen = account_seen(account.row, self.today.date())
        values = {"account": seen, "now": self.now, "today": self.today}
        return seen if all(rule.judge(values) is True for rule in self.rules) else None

    def has(self, account: Account) -> bool:
        """Whether it is meant."""
        return self.seen(account) is not None


def audience(accounts: Accounts, source: Document | None, settings: Organisation, now: datetime) -> Audience:
    """The accounts that a campaign matches: by its own condition, and that of its source."""
    texts = [accounts.where] if accounts.where else []
    if source is not None:
        spec = AccountSourceSpec.model_validate_json(canonical.encode(source.get("spec", {})))
        texts += [spec.where] if spec.where else []
    rules = tuple(compiled(text, _VARIABLES) for text in texts)
    return Audience(rules, now, midnight(now, settings.spec.timezone))


@dataclass(frozen=True, slots=True)
class Census:
    """Counts the accounts of campaigns, and counts them anew only where they, the day or the condition have changed."""

    _counted: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def facts(
        self, portfolio: Portfolio, accounts: Accounts, settings: Organisation, now: datetime
    ) -> Mapping[str, Any]:
        """What a plan knows of the accounts that a campaign matches; nothing where nobody knows the source's accounts yet.

        Permanent where its source's file is not there.
        """
        source = portfolio.beside(Ref(SOURCE, accounts.source))
        meant = audience(accounts, source, settings, now)
        texts = [rule.text for rule in meant.rules]
        key = canonical.digest([source, texts, str(meant.today), portfolio.store.accounts.change()])
        if key not in self._counted:
            found = portfolio.accounts(accounts.source)
            if found is None:
                return {}
            if len(self._counted) >= _KEPT:
                self._counted.clear()
            self._counted[key] = _counted(found, meant)
        return self._counted[key]


def _counted(accounts: Iterator[Account], meant: Audience) -> Mapping[str, Any]:
    total, matching, days = 0, 0, list[int]()
    for account in accounts:
        total += 1
        seen = meant.seen(account)
        if seen is not None:
            matching += 1
            days += [seen[_PAST_DUE]] if _PAST_DUE in seen else []
    found = {"accountsTotal": total, "accountsMatching": matching}
    if not days:
        return found
    return {
        **found,
        "daysPastDueLeast": min(days),
        "daysPastDueMedian": median_low(days),
        "daysPastDueMost": max(days),
    }
