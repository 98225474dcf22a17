"""How a contact begins and ends, each in one transaction that has its account for itself. (AMB-C1, AMB-C6, AMB-C10, AMB-C11)

A contact that is begun is a row that cancelling changes too: either it was begun before, or it is cancelled and never begins.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from reconciler.model.accounts import ESCALATED, Account
from reconciler.model.contact_queue import (
    Begun,
    Decide,
    Go,
    Item,
    ItemStage,
    Later,
    Outcome,
    Pass,
)
from reconciler.store import contact_statements as statements
from reconciler.store.contact_items import account as account_now
from reconciler.store.contact_items import begun_before, entered, get, go_on, later, past, unfit
from reconciler.store.contact_repeating import once_more
from reconciler.store.contact_terms import terms_of
from reconciler.store.desk import Sql, seconds

_A_DAY: Final = timedelta(days=1)
_A_MOMENT: Final = timedelta(seconds=1)
"""What is put off is put off by this at least."""
_NOT_YET_SETTLED: Final = (ItemStage.PROCESSING, ItemStage.UNKNOWN)


def begin(sql: Sql, entry: tuple[int, int], decide: Decide, now: datetime) -> Begun | Item | None:
    """See `contact_queue.ContactQueue.begin`; `entry` is the item and the turn of its unit."""
    item = entered(sql, entry[0])
    if item is None or item.turn != entry[1]:
        return item
    account = account_now(sql, item.account)
    if item.stage is ItemStage.PROCESSING:
        return once_more(sql, item, account, decide, now)
    if item.stage is not ItemStage.PENDING or item.due_at > now:
        return item
    _judge(sql, item, account, now, lambda: decide(account, item, past(sql, account.id)))
    found = get(sql, item.id)
    if found is None or found.stage is not ItemStage.PROCESSING:
        return found
    return Begun(found, account, begun_before(sql, found))


def _judge(sql: Sql, item: Item, account: Account, now: datetime, decide: Callable[[], Go | Later | Pass]) -> None:
    """Begin it, put it off or pass it over."""
    barred = unfit(item, account) or _tried(sql, item)
    if barred:
        _skip(sql, item, barred, now)
        return
    rest = terms_of(sql, item.uid).rest(now)
    if rest:  # it stays in the queue; `post` waits until this is over
        sql.run(statements.PUT_OFF, (seconds(item.due_at), rest, item.id))
        return
    match decide():
        case Go() as go:
            _go(sql, item, go, now)
        case Later(at, reason) if at is not None:
            sql.run(statements.PUT_OFF, (seconds(max(at, now + _A_MOMENT)), reason, item.id))
        case Later(_, reason):
            _skip(sql, item, reason, now)
            later(sql, account.id, now + _A_DAY)
        case Pass(reason, position, status, note):
            _skip(sql, item, reason, now)
            if position is None:
                later(sql, account.id, now + _A_DAY)
            else:
                go_on(sql, account.id, position)
            _becomes(sql, (item, account), (status, note), now)


def _go(sql: Sql, item: Item, go: Go, now: datetime) -> None:
    """From here on it counts."""
    at = seconds(now)
    if sql.run(statements.BEGIN, (at, go.channel, go.action, item.id)):
        sql.run(statements.CONTACT, (item.account, item.uid, at, item.id, go.channel, go.medium, go.action))


def _tried(sql: Sql, item: Item) -> str:
    is_tried = sql.rows(statements.WAS_TRIED, (item.account, item.round, item.step, item.tries))
    return "this try was made before" if is_tried else ""


def _skip(sql: Sql, item: Item, reason: str, now: datetime) -> None:
    sql.run(statements.END, (ItemStage.SKIPPED.value, seconds(now), reason, item.id, ItemStage.PENDING.value))


def settle(sql: Sql, item_id: int, outcome: Outcome, now: datetime) -> bool:
    """See `contact_queue.ContactQueue.settle`."""
    item = entered(sql, item_id)
    if item is None or item.stage not in _NOT_YET_SETTLED or item.stage is outcome.stage:
        return False
    sql.run(statements.END, (outcome.stage.value, seconds(now), outcome.reason, item.id, item.stage.value))
    if outcome.stage is ItemStage.SKIPPED:  # nobody could be asked
        sql.run(statements.NO_CONTACT, (item.account, item.id))
    account = account_now(sql, item.account)
    if item.stage is ItemStage.PROCESSING and _is_at(account, item):
        _settled(sql, item, account, outcome, now)
    return True


def _is_at(account: Account, item: Item) -> bool:
    """Whether the account is still where it was when this contact began: it may have been freed, or begun anew."""
    return (account.campaign, account.position.round) == (item.uid, item.round)


def _settled(sql: Sql, item: Item, account: Account, outcome: Outcome, now: datetime) -> None:
    """The account goes on; what was heard of it since the contact began is not undone."""
    heard = account.position.answered_at
    answered = heard is not None and item.begun_at is not None and heard >= item.begun_at
    position = replace(outcome.position, attempts=0) if answered else outcome.position
    go_on(sql, account.id, replace(position, answered_at=heard))
    if not (answered and outcome.status == ESCALATED):
        _becomes(sql, (item, account), (outcome.status, outcome.note), now)


def _becomes(sql: Sql, whose: tuple[Item, Account], what: tuple[str, str], now: datetime) -> None:
    """Another status, unless something else has changed it meanwhile, such as a promise."""
    (item, account), (status, note) = whose, what
    if status and account.is_eligible:
        sql.run(statements.STATUS, (status, account.id))
        if status == ESCALATED:
            sql.run(statements.ESCALATED, (account.id, item.uid, seconds(now), item.id, note))
