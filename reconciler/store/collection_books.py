"""What is read of collection campaigns, in SQLite and PostgreSQL alike."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from reconciler.model.accounts import ELIGIBLE
from reconciler.model.collection_books import AccountLine, Figures, Filter, Interaction, Waiting
from reconciler.model.contact_queue import Item, ItemStage, Sort
from reconciler.model.money import amount_of
from reconciler.store.account_rows import moment
from reconciler.store.contact_items import item_of
from reconciler.store.contact_statements import ITEM_COLUMNS
from reconciler.store.desk import Desk, Sql, instant, seconds
from reconciler.store.stretch import Stretch

_TOTAL: Final = "SELECT count(*) FROM campaign_account WHERE uid = ?"
_CONTACTED: Final = """
SELECT count(*) FROM campaign_account WHERE uid = ? AND EXISTS (
    SELECT 1 FROM contact_item WHERE contact_item.uid = campaign_account.uid
        AND contact_item.account = campaign_account.account AND contact_item.stage = 'completed'
)
"""
_PROMISES: Final = "SELECT count(*) FROM interaction WHERE campaign = ? AND sort = 'promise' AND at >= ?"
_RECOVERED: Final = """
SELECT currency, sum(amount) FROM interaction WHERE campaign = ? AND sort = 'payment' AND at >= ?
GROUP BY currency ORDER BY currency
"""
_INTERACTION: Final = (
    "id, account, campaign, at, sort, event_id, item, channel, medium, amount, currency, due_on, detail"
)
_LINES: Final = """
SELECT account.id, account.number, account.campaign, account.score, account.status, account.balance, account.currency,
    account.paused, account.opted_out, account.declined, account.listed, account.step, account.due_at, account.uid,
    (SELECT stage FROM contact_item
        WHERE contact_item.account = account.id AND contact_item.stage IN ('pending', 'processing')),
    (SELECT interaction.id FROM interaction WHERE interaction.account = account.id
        ORDER BY interaction.account DESC, interaction.at DESC, interaction.id DESC LIMIT 1)
FROM {} WHERE {} AND {}
"""
_LAST: Final = "\U0010ffff"
"""The last of all characters: what begins with a text lies before that text with this behind it."""
_STATUSES: Final = "SELECT status, count(*) FROM {} WHERE {} GROUP BY status ORDER BY status"
_OF_CAMPAIGN: Final = "campaign_account JOIN account ON account.id = campaign_account.account"
"""In the order of the campaign's own key, so that a page is as quick in a small campaign of many accounts as in a large one."""
_STEPS: Final = "SELECT step, count(*) FROM account WHERE campaign = ? AND campaign <> 0 GROUP BY step ORDER BY step"
_HELD_BACK: Final = """
SELECT cause, count(*) FROM (
    SELECT CASE
        WHEN EXISTS (SELECT 1 FROM contact_item WHERE contact_item.account = account.id
            AND contact_item.stage IN ('pending', 'processing')) THEN 'queued already'
        WHEN listed = 0 THEN 'no longer in its source'
        WHEN opted_out = 1 OR declined = 1 THEN 'opted out'
        WHEN paused = 1 THEN 'paused'
        WHEN status NOT IN ({}) THEN 'in status ' || status
        WHEN due_at > ? THEN 'its next step is due later'
        ELSE 'at the end of its strategy' END AS cause
    FROM account WHERE campaign = ? AND campaign <> 0
) AS held GROUP BY cause ORDER BY count(*) DESC, cause
""".format(", ".join(f"'{status}'" for status in ELIGIBLE))
_OPEN: Final = """
SELECT uid, stage, count(*) FROM contact_item WHERE stage IN ('pending', 'processing') GROUP BY uid, stage
"""
_ENDED: Final = "SELECT uid, stage, count(*) FROM contact_item WHERE ended_at >= ? AND ended_at > 0 GROUP BY uid, stage"
_WAITING: Final = """
SELECT uid, reason, count(*), min(due_at) FROM contact_item WHERE stage = 'pending' GROUP BY uid, reason
ORDER BY min(due_at), uid, reason
"""
_INTERACTIONS: Final = f"SELECT {_INTERACTION} FROM interaction WHERE account = ? ORDER BY at DESC, id DESC LIMIT ?"
_ITEMS: Final = f"SELECT {ITEM_COLUMNS} FROM contact_item WHERE account = ? ORDER BY id DESC LIMIT ?"


class SqlCollectionBooks:
    """Implements `collection_books.CollectionBooks` at the desk of a store."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def figures(self, campaign: int, since: datetime | None) -> Figures:
        """See `collection_books.CollectionBooks`."""

        def ask(sql: Sql) -> Figures:
            total, contacted = (int(sql.rows(one, (campaign,))[0][0]) for one in (_TOTAL, _CONTACTED))
            if since is None:
                return Figures(total, contacted, 0)
            start = (campaign, seconds(since))
            recovered = {currency: amount_of(int(amount)) for currency, amount in sql.rows(_RECOVERED, start)}
            return Figures(total, contacted, int(sql.rows(_PROMISES, start)[0][0]), recovered)

        return self._desk.reading(ask)

    def lines(self, which: Filter, after: int = 0, limit: int = 50, before: int = 0) -> Sequence[AccountLine]:
        """See `collection_books.CollectionBooks`."""
        table, where, values = _conditions(which)
        part = Stretch(after, limit, before)
        statement = _LINES.format(
            table, where, part.clause("campaign_account.account" if which.campaign else "account.id")
        )
        found = part.in_order(self._desk.reading(lambda sql: sql.rows(statement, (*values, *part.values))))
        last = self._last([row[-1] for row in found if row[-1] is not None])
        return [_line(row, last.get(row[-1])) for row in found]

    def statuses(self, which: Filter) -> Mapping[str, int]:
        """See `collection_books.CollectionBooks`."""
        table, where, values = _conditions(which)
        return dict(self._desk.reading(lambda sql: sql.rows(_STATUSES.format(table, where), values)))

    def steps(self, campaign: int) -> Mapping[int, int]:
        """See `collection_books.CollectionBooks`."""
        return {int(step): int(count) for step, count in self._desk.reading(lambda sql: sql.rows(_STEPS, (campaign,)))}

    def held_back(self, campaign: int, now: datetime) -> Mapping[str, int]:
        """See `collection_books.CollectionBooks`."""
        return dict(self._desk.reading(lambda sql: sql.rows(_HELD_BACK, (seconds(now), campaign))))

    def queue(self, since: datetime) -> Mapping[int, Mapping[ItemStage, int]]:
        """See `collection_books.CollectionBooks`."""
        found = self._desk.reading(lambda sql: sql.rows(_OPEN) + sql.rows(_ENDED, (seconds(since),)))
        counts: dict[int, dict[ItemStage, int]] = {}
        for uid, stage, items in sorted(found):
            counts.setdefault(uid, {})[ItemStage(stage)] = items
        return counts

    def waiting(self) -> Sequence[Waiting]:
        """See `collection_books.CollectionBooks`."""
        found = self._desk.reading(lambda sql: sql.rows(_WAITING))
        return [Waiting(uid, reason, items, instant(first)) for uid, reason, items, first in found]

    def interactions(self, account: int, limit: int = 100) -> Sequence[Interaction]:
        """See `collection_books.CollectionBooks`."""
        return [_interaction(row) for row in self._desk.reading(lambda sql: sql.rows(_INTERACTIONS, (account, limit)))]

    def items(self, account: int, limit: int = 100) -> Sequence[Item]:
        """See `collection_books.CollectionBooks`."""
        return [item_of(row) for row in self._desk.reading(lambda sql: sql.rows(_ITEMS, (account, limit)))]

    def _last(self, ids: Sequence[int]) -> Mapping[int, Interaction]:
        statement = f"SELECT {_INTERACTION} FROM interaction WHERE id IN ({', '.join('?' * len(ids))})"
        found = self._desk.reading(lambda sql: sql.rows(statement, ids)) if ids else []
        return {row[0]: _interaction(row) for row in found}


def _conditions(which: Filter) -> tuple[str, str, list[object]]:
    """From which tables, on what conditions, with which values."""
    given: tuple[tuple[bool, str, tuple[object, ...]], ...] = (
        (which.campaign > 0, "campaign_account.uid = ?", (which.campaign,)),
        (which.source > 0, "account.uid = ?", (which.source,)),
        (which.status != "", "account.status = ?", (which.status,)),
        (which.step is not None, "account.step = ?", (which.step,)),
        (which.number != "", "account.number >= ? AND account.number < ?", (which.number, which.number + _LAST)),
    )
    asked = [(condition, values) for is_asked, condition, values in given if is_asked]
    table = _OF_CAMPAIGN if which.campaign else "account"
    told = " AND ".join(condition for condition, _ in asked) or "1 = 1"
    return table, told, [value for _, values in asked for value in values]


def _line(row: tuple[Any, ...], last: Interaction | None) -> AccountLine:
    id_, number, campaign, score, status, balance, currency, paused, opted_out, declined, listed, *rest = row
    step, due_at, source, stage, _ = rest
    is_contactable = bool(listed) and not (paused or opted_out or declined) and status in ELIGIBLE
    return AccountLine(
        id_, number, campaign, score, status, amount_of(balance), currency, is_contactable, step, moment(due_at), last,
        ItemStage(stage) if stage else None, source,
    )  # fmt: skip


def _interaction(row: tuple[Any, ...]) -> Interaction:
    id_, account, campaign, at, sort, event_id, item, channel, medium, amount, currency, due_on, detail = row
    return Interaction(
        id_, account, campaign, instant(at), Sort(sort), event_id, item, channel, medium, amount_of(amount), currency,
        due_on, detail,
    )  # fmt: skip
