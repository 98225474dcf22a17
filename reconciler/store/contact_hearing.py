"""What is heard of accounts, each event once, and what it changes: promises, payments, answers, opting out. (AMB-C8)

What an event changes is reckoned from all that is known by then, by when it happened: the order in which events come in does
not matter.
"""

from datetime import date, datetime, time, timedelta
from decimal import Decimal

from reconciler.model.accounts import ELIGIBLE, PAID, PROMISED
from reconciler.model.contact_queue import Heard, Sort, Told
from reconciler.model.contact_terms import zone_of
from reconciler.model.instant import first_instant
from reconciler.model.money import kept
from reconciler.store import contact_statements as statements
from reconciler.store.contact_items import account as account_now
from reconciler.store.contact_terms import settings
from reconciler.store.desk import Sql, seconds


def told(sql: Sql, whose: tuple[int, str], one: Told, now: datetime) -> Heard:
    """See `contact_queue.ContactQueue.told`; `whose` is the source and the number."""
    found = sql.rows(statements.FIND, whose)
    if not found:
        return Heard.NOBODY
    id_ = int(found[0][0])
    sql.run(statements.HOLD, (id_,))
    if not sql.run(statements.TELL, (*_row(one), id_)):
        return _before(sql, id_, one)
    match one.sort:
        case Sort.RESPONSE | Sort.CONVERSATION:
            _answered(sql, id_, one.at)
        case Sort.PROMISE:
            _answered(sql, id_, one.at)
            _promised(sql, id_, now)
        case Sort.PAYMENT:
            _promised(sql, id_, now)
            _paid(sql, id_)
        case Sort.OPT_OUT | Sort.OPT_IN:
            last = sql.rows(statements.DECLINED, (id_,))[0][0]
            sql.run(statements.DECLINE, (int(last == Sort.OPT_OUT), id_))
    return Heard.NEW


def _before(sql: Sql, id_: int, one: Told) -> Heard:
    """What an id stood for when it was told first; when that was said to be does not matter."""
    _, sort, _, _, _, amount, currency, due_on, detail = _row(one)
    found = sql.rows(statements.TOLD_BEFORE, (id_, one.event_id))
    return Heard.KNOWN if found == [(sort, amount, currency, due_on, detail)] else Heard.OTHER


def _row(one: Told) -> tuple[object, ...]:
    said = one.channel, one.medium, kept(one.amount or Decimal(0)), one.currency, one.due_on, one.detail
    return (seconds(one.at), one.sort.value, one.event_id, *said)


def _answered(sql: Sql, id_: int, at: datetime) -> None:
    sql.run(statements.ANSWERED, (seconds(at), seconds(at), id_, seconds(at), id_))


def _promised(sql: Sql, id_: int, now: datetime) -> None:
    """How it stands with the last promise: kept, open, or broken. A status that is no business of ours stays."""
    found = sql.rows(statements.LAST_PROMISE, (id_,))
    account = account_now(sql, id_)
    if not found or account.row.status not in (*ELIGIBLE, PROMISED):
        return
    at, amount, currency, due_on = found[0]
    payments = [paid for (paid,) in sql.rows(statements.PAID_SINCE, (id_, at, currency, currency))]
    if payments and sum(payments) >= amount:
        sql.run(statements.PROMISE, (0.0, "in_auto_management", id_))
        return
    until = _broken_at(sql, due_on)
    is_broken = until <= seconds(now)
    sql.run(statements.PROMISE, (0.0, "promise_overdue", id_) if is_broken else (until, PROMISED, id_))


def _paid(sql: Sql, id_: int) -> None:
    """Who has paid all that the source says is owed is contacted no more, also before the source says so."""
    balance, currency, changed_at = sql.rows(statements.SINCE, (id_,))[0]
    payments = [paid for (paid,) in sql.rows(statements.PAID_SINCE, (id_, changed_at, currency, currency))]
    if sum(payments) >= balance and account_now(sql, id_).row.status in (*ELIGIBLE, PROMISED):
        sql.run(statements.PROMISE, (0.0, PAID, id_))


def _broken_at(sql: Sql, due_on: str) -> float:
    """The end of the day until which a promise is to be kept, in the organisation's zone."""
    after = datetime.combine(date.fromisoformat(due_on) + timedelta(days=1), time.min)
    return seconds(first_instant(after, zone_of(settings(sql))))
