"""How the rows of contacts are read."""

from datetime import datetime
from typing import Any, Final

from reconciler.model.accounts import Account, Position
from reconciler.model.contact_queue import Item, ItemStage
from reconciler.store import contact_statements as statements
from reconciler.store.account_rows import COLUMNS, account_of, kept_moment, moment
from reconciler.store.desk import Sql, instant

_ACCOUNT: Final = f"SELECT {COLUMNS} FROM account WHERE id = ?"


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
