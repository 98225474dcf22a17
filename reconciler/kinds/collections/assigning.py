"""Which accounts each campaign gets: those that match it and that nobody has. (C-01, AMB-C9)

Of several campaigns that match one account the one that was activated first gets it, then by name; an account stays where it
is until its campaign frees it. So whoever gives accounts to one campaign gives theirs to those before it first.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Final

from reconciler.kinds.collections.board import Running
from reconciler.kinds.collections.matching import SOURCE, Audience, audience
from reconciler.kinds.collections.organisation import Organisation
from reconciler.model.accounts import Account, AccountPass
from reconciler.model.instant import parse_duration
from reconciler.model.ports import Beat, Store
from reconciler.model.ref import Ref

_AT_ONCE: Final = 500
"""Accounts that are given in one transaction."""


def assign(store: Store, every: Iterable[Running], settings: Organisation, now: datetime, beat: Beat) -> int:
    """Give each of these campaigns, in this order, what it matches of what nobody has; how many accounts that are.

    Of what it has looked at before only what has changed since, and all of it on another day: conditions may ask for today.
    """
    return sum(_assigned(store, one, settings, now, beat) for one in every if one.source)


def release_others(store: Store, one: Running, settings: Organisation, now: datetime, beat: Beat) -> int:
    """Free the accounts of a campaign that it does not match; how many. Its next pass looks at all that nobody has."""
    found, freed = meant(store, one, settings, now), 0
    store.accounts.pass_to(one.uid, AccountPass())
    for page in _pages(lambda after: store.accounts.of_campaign(one.uid, after, _AT_ONCE)):
        others = [account.id for account in page if not _keeps(found, one, account)]
        freed += store.accounts.free(one.uid, others, now) if others else 0
        beat()
    return freed


def release_all(store: Store, uid: int, now: datetime, beat: Beat) -> int:
    """Free all accounts of a campaign; how many. (C-23)"""
    freed = 0
    while page := store.accounts.of_campaign(uid, 0, _AT_ONCE):
        freed += store.accounts.free(uid, [account.id for account in page], now)
        beat()
    return freed


def meant(store: Store, one: Running, settings: Organisation, now: datetime) -> Audience | None:
    """The accounts that a campaign matches now; None where it names no source."""
    if one.spec.accounts is None:
        return None
    ref = Ref(SOURCE, one.spec.accounts.source)
    source = store.load([ref]).get(ref)
    return audience(one.spec.accounts, source.document if source else None, settings, now)


def first_due(one: Running, now: datetime) -> datetime:
    """When the first step is due of an account that joins now."""
    return now + parse_duration(one.strategy.steps[0].wait) if one.strategy else now


def _assigned(store: Store, one: Running, settings: Organisation, now: datetime, beat: Beat) -> int:
    accounts, today = store.accounts, settings.today(now).isoformat()
    reached, last = accounts.passed(one.uid), accounts.change()
    since = reached.change if reached.day == today else 0
    if since == last and reached.day == today:
        return 0
    found, due_at, given = meant(store, one, settings, now), first_due(one, now), 0
    for page in _pages(lambda after: accounts.unassigned(one.source, since, after, _AT_ONCE)):
        wanted = [account.id for account in page if _keeps(found, one, account)]
        given += accounts.assign(one.uid, wanted, due_at, now) if wanted else 0
        beat()
    accounts.pass_to(one.uid, AccountPass(today, last))
    return given


def _keeps(found: Audience | None, one: Running, account: Account) -> bool:
    return found is not None and account.uid == one.source and found.has(account)


def _pages(page: Callable[[int], Iterable[Account]]) -> Iterator[list[Account]]:
    """One page after another, each from the last id of the one before."""
    after = 0
    while found := list(page(after)):
        yield found
        after = found[-1].id
