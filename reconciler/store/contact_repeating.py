"""A contact that was begun, and perhaps not made: once more after its worker was lost, or back into the queue. (AMB-C1, AMB-C11)

What goes back passes its campaign's gate first: else it would wait in a queue that was shut meanwhile, for ever.
"""

from dataclasses import replace
from datetime import datetime
from typing import Final

from reconciler.model.accounts import Account
from reconciler.model.contact_queue import Begun, Decide, Go, Item, ItemStage, Later, Pass
from reconciler.store import contact_statements as statements
from reconciler.store.account_assignment import GATE
from reconciler.store.contact_items import begun_before, entered, get, past, unfit
from reconciler.store.contact_terms import terms_of
from reconciler.store.desk import Sql, seconds

SHUT: Final = "the queue was shut before anybody was asked"
"""Why a contact is cancelled that would have gone back into a queue."""
_OTHER_WAY: Final = "its step goes another way by now"
_AGAIN: Final = "UPDATE contact_item SET begun_at = ? WHERE id = ? AND stage = 'processing'"
_CONTACT_AGAIN: Final = "UPDATE interaction SET at = ? WHERE account = ? AND item = ? AND sort = 'contact'"
_BACK: Final = """
UPDATE contact_item SET stage = ?, due_at = ?, begun_at = 0, ended_at = ?, channel = '', action = '', reason = ?
WHERE id = ? AND stage = 'processing'
"""


def once_more(sql: Sql, item: Item, account: Account, decide: Decide, now: datetime) -> Begun | Item:
    """The contact, if it may be made now as if it had not been begun; else the item, with why not as its reason.

    From here on it counts as of now: who has heard of it before knows it by its key, and nobody else was asked since.
    """
    why = _why_not(sql, item, account, decide, now)
    if why:
        return replace(item, reason=why)
    sql.run(_AGAIN, (seconds(now), item.id))
    sql.run(_CONTACT_AGAIN, (seconds(now), item.account, item.id))
    return Begun(get(sql, item.id) or item, account, begun_before(sql, item), is_repeated=True)


def _why_not(sql: Sql, item: Item, account: Account, decide: Decide, now: datetime) -> str:
    barred = unfit(item, account) or terms_of(sql, item.uid).rest(now)
    if barred:
        return barred
    match decide(account, item, past(sql, account.id, without=item.id)):
        case Go(channel):
            return "" if channel == item.channel else _OTHER_WAY
        case Later(_, reason) | Pass(reason):
            return reason


def withdraw(sql: Sql, id_: int, due_at: datetime, now: datetime) -> bool:
    """See `contact_queue.ContactQueue.withdraw`."""
    found = get(sql, id_)
    is_open = found is not None and sql.run(GATE, (found.uid,)) > 0
    item = entered(sql, id_)
    if item is None or item.stage is not ItemStage.PROCESSING:
        return False
    stage, ended, reason = (ItemStage.PENDING, 0.0, "") if is_open else (ItemStage.CANCELLED, seconds(now), SHUT)
    sql.run(_BACK, (stage.value, seconds(due_at), ended, reason, item.id))
    sql.run(statements.NO_CONTACT, (item.account, item.id))
    return is_open
