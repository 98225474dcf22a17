"""Which accounts a campaign is given: those of its source that match its condition and that no other campaign has. (AMB-C9)

Of several campaigns that want an account, the one that was activated first has it, then the first by name: decided once, for who
has an account keeps it until the campaign frees it.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from reconciler.kinds.collections.board import Board, Running
from reconciler.kinds.collections.collection_campaign.spec import CollectionCampaignSpec
from reconciler.kinds.collections.organisation import Organisation
from reconciler.kinds.collections.seen import account_seen
from reconciler.lifecycle.rule import compiled
from reconciler.model.accounts import Account, AccountPass
from reconciler.model.instant import midnight, parse_duration
from reconciler.model.ports import Store

_VARIABLES: Final = ("account", "now", "today")


def is_wanted(spec: CollectionCampaignSpec, account: Account, settings: Organisation, now: datetime) -> bool:
    """Whether an account of its source is one of those that a campaign names. What cannot be judged is none."""
    where = spec.accounts.where if spec.accounts else None
    if where is None:
        return spec.accounts is not None
    values = {
        "account": account_seen(account.row, settings.today(now)),
        "now": now,
        "today": midnight(now, settings.spec.timezone),
    }
    return compiled(where, _VARIABLES).judge(values) is True


def first_wait(one: Running) -> timedelta:
    """How long after it has joined an account is contacted for the first time."""
    return parse_duration(one.strategy.steps[0].wait) if one.strategy else timedelta()


def rivals(board: Board, one: Running, now: datetime) -> Sequence[Running]:
    """The campaigns that come before this one where both want an account: those that give themselves accounts today."""
    before = []
    for other in board.running.values():
        if other.uid == one.uid:
            break
        if other.source == one.source and is_running(other, board.organisation, now):
            before.append(other)
    return before


def is_running(one: Running, settings: Organisation, now: datetime) -> bool:
    """Whether today is one of the days of an active campaign (C-02, AMB-C3)."""
    today = settings.today(now).isoformat()
    dates = one.spec.start_date, one.spec.end_date
    return one.is_active and bool(dates[0] and dates[1] and dates[0] <= today <= dates[1])


def look_from(store: Store, one: Running, settings: Organisation, now: datetime) -> int:
    """After which change a campaign looks at accounts that nobody has: on another day at all, for a condition may ask for it."""
    passed = store.accounts.passed(one.uid)
    return passed.change if passed.day == settings.today(now).isoformat() else 0


def reached(change: int, settings: Organisation, now: datetime) -> AccountPass:
    """How far a look has come that began after this change."""
    return AccountPass(settings.today(now).isoformat(), change)


def give(store: Store, board: Board, one: Running, found: Iterable[Account], now: datetime) -> int:
    """Give a campaign those of these accounts that it wants, but for those that another comes first for; how many it got."""
    before = rivals(board, one, now)
    ids = [
        account.id
        for account in found
        if is_wanted(one.spec, account, board.organisation, now)
        and not any(is_wanted(other.spec, account, board.organisation, now) for other in before)
    ]
    return store.accounts.assign(one.uid, ids, now + first_wait(one), now)
