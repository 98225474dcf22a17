"""How the rows of contacts are read."""

from datetime import datetime
from typing import Any, Final

from reconciler.model.accounts import Account, Position
from reconciler.model.contact_queue import Go, Item, ItemStage, Past, Sort
from reconciler.store import contact_statements as statements
from reconciler.store.account_rows import COLUMNS, account_of, kept_moment, moment
from reconciler.store.desk import Sql, instant

_ACCOUNT: Final = f"SELECT {COLUMNS} FROM account WHERE id = ?"
_PAST: Final = 1000
"""How many of the last contacts limits look at: as many as a limit may count."""


def unit_key(item: int, turn: int) -> str:
    """By what the unit of a contact is known in the job of its campaign."""
    return f"c{item}:{turn}"


def item_of(row: tuple[Any, ...]) -> Item:
    """A contact, from `ITEM_COLUMNS`."""
    (
        id_,
        uid,
        account,
        run,
        step,
        tries,
        stage,
        enqueued_at,
        due_at,
        begun_at,
        ended_at,
        channel,
        action,
        reason,
        turn,
    ) = row
    return Item(
        id_, uid, account, run, step, tries, ItemStage(stage), instant(enqueued_at), instant(due_at), moment(begun_at),
        moment(ended_at), channel, action, reason, turn,
    )  # fmt: skip


def entered(sql: Sql, item: int) -> Item | None:
    """A contact as it is once nobody else works on its account."""
    sql.run(statements.ENTER, (item,))
    return get(sql, item)


def get(sql: Sql, item: int) -> Item | None:
    """A contact as it is."""
    found = sql.rows(statements.ITEM, (item,))
    return item_of(found[0]) if found else None


def account(sql: Sql, id_: int) -> Account:
    """The account of a contact."""
    return account_of(sql.rows(_ACCOUNT, (id_,))[0])


def go_on(sql: Sql, id_: int, position: Position) -> None:
    """From here the account goes on in its run of the strategy."""
    times = (
        kept_moment(position.due_at),
        position.attempts,
        kept_moment(position.first_at),
        kept_moment(position.answered_at),
    )
    sql.run(statements.GO_ON, (position.step, position.tries, *times, id_))


def later(sql: Sql, id_: int, due_at: datetime) -> None:
    """The account is not looked at again before then."""
    due = kept_moment(due_at)
    sql.run(statements.WAIT, (due, id_, due))


def unfit(item: Item, account: Account) -> str:
    """Why this contact is not to be made any more, whatever rules say; empty where it may be."""
    position = account.position
    if account.campaign != item.uid:
        return "its account has left the campaign"
    if (position.round, position.step, position.tries) != (item.round, item.step, item.tries):
        return "its account has gone on since"
    if not account.is_eligible:
        return _barred(account)
    return ""


def _barred(account: Account) -> str:
    if account.row.opted_out or account.declined:
        return "they have opted out"
    if account.row.paused:
        return "its account is paused"
    return f"its status is {account.row.status}" if account.listed else "its source lists the account no longer"


def begun_before(sql: Sql, item: Item) -> Go:
    """How a contact was begun."""
    found = sql.rows(statements.MEDIUM, (item.account, item.id))
    return Go(item.channel, found[0][0] if found else "", item.action)


def past(sql: Sql, account: int, without: int = 0) -> tuple[Past, ...]:
    """What limits ask for of an account, the oldest first: its contacts, `without` that of one item, and the last conversation.

    Whatever else is told of it, and however often, pushes no contact out of their sight.
    """
    found = [*sql.rows(statements.PAST, (account, without, _PAST)), *sql.rows(statements.LAST_TALK, (account,))]
    return tuple(Past(instant(at), Sort(sort), medium) for at, sort, medium in sorted(found))
