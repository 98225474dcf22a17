"""What comes next for one account, and why it is not contacted now: by what the engine asks before a contact. (C-20, AMB-C11)"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from reconciler.kinds.collections.board import Board, Boards, Running
from reconciler.kinds.collections.deciding import Conduct, barred, decided
from reconciler.kinds.collections.forecast import TRIED, foresight
from reconciler.kinds.collections.foreseen import Way
from reconciler.kinds.collections.proving import frame_of
from reconciler.kinds.collections.sheet import Ahead
from reconciler.model.accounts import Account
from reconciler.model.contact_queue import Go, Item, ItemStage, Later
from reconciler.model.errors import Permanent
from reconciler.model.ports import Store

NOBODY: Final = "no campaign has it"
NOT_QUEUED: Final = (
    "it is due and not queued; the next cycle queues it where autoEnqueue is set, else `muster collections enqueue`"
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """An account of a campaign that is active or paused, at an instant."""

    store: Store
    board: Board
    one: Running
    account: Account
    now: datetime


def ahead_of(store: Store, account: Account, items: Sequence[Item], now: datetime) -> Ahead:
    """What comes next for an account; `items` are its contacts, the latest first."""
    board = Boards(store).now()
    one = board.running.get(account.campaign)
    if one is None:
        return Ahead(barred(account) or NOBODY)
    asked = _Asked(store, board, one, account, now)
    try:
        conduct = board.conduct(one)
    except Permanent as error:
        return Ahead(str(error))
    why, until = _why(asked, conduct, items)
    return Ahead(why, until, _way(asked, conduct))


def _why(asked: _Asked, conduct: Conduct, items: Sequence[Item]) -> tuple[str, datetime | None]:
    """The first thing that stands in the way: the account, the campaign and the engine, the queue, its step, a limit."""
    account, now = asked.account, asked.now
    rest = barred(account) or asked.store.contact_queue.rest(asked.one.uid, now)
    if rest or account.position.due_at is None:
        return rest or "it is through with the strategy", None
    waits = next((one for one in items if one.stage is ItemStage.PENDING), None)
    if any(one.stage is ItemStage.PROCESSING for one in items):
        return "it is being contacted", None
    if account.position.due_at > now:
        return "its next step is due later", account.position.due_at
    if waits is not None and waits.due_at > now:
        return waits.reason or "its turn comes later", waits.due_at
    decision = decided(conduct, account, asked.store.contact_history.of_account(account.id), now)
    if isinstance(decision, Go):
        return "" if waits is not None else NOT_QUEUED, None
    return decision.reason, decision.at if isinstance(decision, Later) else None


def _way(asked: _Asked, conduct: Conduct) -> Way | None:
    """The contacts to come; None where the campaign's dates are open, or nothing is left of them."""
    spec, account = asked.one.spec, asked.account
    if not (spec.start_date and spec.end_date):
        return None
    frame = frame_of(conduct.limits.settings, spec.start_date, spec.end_date, asked.now)
    if frame.begins >= frame.ends:
        return None
    return foresight(conduct, frame).way(account, asked.store.contact_history.of_account(account.id), TRIED)
