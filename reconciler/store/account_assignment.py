"""Which campaign has which accounts, in SQLite and PostgreSQL alike. (AMB-C7, AMB-C9)

Who gives accounts to a campaign passes its gate, its job's row, and holds it until the transaction is over: so nothing is
given to one whose queue was shut meanwhile. Accounts are always taken in the order of their ids.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from reconciler.model.accounts import Account, AccountPass
from reconciler.store.account_rows import COLUMNS, accounts_of
from reconciler.store.desk import Desk, Sql, seconds
from reconciler.store.intake import AT_ONCE, filled, last_number, numbers

GATE: Final = """
UPDATE job SET total = total WHERE uid = ? AND phase = 'open'
    AND EXISTS (SELECT 1 FROM resource WHERE resource.uid = job.uid AND NOT resource.forgotten)
"""
"""Passed where it changes a row: until the end of the transaction nobody else gives, queues or shuts."""
_NOBODYS: Final = """
(campaign = 0 OR NOT EXISTS (SELECT 1 FROM resource WHERE resource.uid = account.campaign AND NOT resource.forgotten
    AND resource.state NOT IN ('completed', 'deleted')))
"""
"""A campaign that is completed or deleted holds on to no account."""
_OF_CAMPAIGN: Final = (
    f"SELECT {COLUMNS} FROM account WHERE campaign = ? AND campaign <> 0 AND id > ? ORDER BY id LIMIT ?"
)
_UNASSIGNED: Final = f"""
SELECT {COLUMNS} FROM account WHERE uid = ? AND listed = 1 AND id > ? AND {_NOBODYS} ORDER BY id LIMIT ?
"""
_CHANGED: Final = f"""
SELECT {COLUMNS} FROM account WHERE change > ? AND uid = ? AND listed = 1 AND id > ? AND {_NOBODYS} ORDER BY id LIMIT ?
"""
_ASSIGN: Final = f"""
UPDATE account SET campaign = ?, joined_at = ?, round = round + 1, step = 0, tries = 0, due_at = ?, attempts = 0,
    first_at = 0, turn = turn + 1
WHERE id IN ({", ".join("?" * AT_ONCE)}) AND listed = 1 AND {_NOBODYS} AND campaign <> ? RETURNING id
"""
_MEMBER: Final = "INSERT INTO campaign_account (uid, account) VALUES (?, ?) ON CONFLICT DO NOTHING"
"""Only of what was given just now: another may be about to be freed, and its row with it."""
_FREE: Final = """
UPDATE account SET campaign = 0, joined_at = 0, turn = turn + 1, change = ? WHERE id = ? AND campaign = ?
"""
"""Another campaign may be waiting for it: it has changed."""
_NO_MEMBER: Final = """
DELETE FROM campaign_account WHERE uid = ? AND account = ?
    AND NOT EXISTS (SELECT 1 FROM account WHERE account.id = campaign_account.account AND account.campaign = campaign_account.uid)
"""
"""Unless somebody else has given it to the campaign since it was looked at."""
_CANCEL: Final = """
UPDATE contact_item SET stage = 'cancelled', ended_at = ?, reason = 'its account was taken from the campaign'
WHERE account = ? AND uid = ? AND stage = 'pending' AND stage IN ('pending', 'processing')
"""
_CANCEL_ALL: Final = """
UPDATE contact_item SET stage = 'cancelled', ended_at = ?, reason = 'its strategy was changed'
WHERE uid = ? AND stage = 'pending' AND stage IN ('pending', 'processing')
"""
_RESTART: Final = """
UPDATE account SET round = round + 1, step = 0, tries = 0, due_at = ?, attempts = 0, first_at = 0, turn = turn + 1
WHERE campaign = ? AND campaign <> 0
"""
_PASSED: Final = "SELECT day, change FROM account_pass WHERE uid = ?"
_PASS: Final = """
INSERT INTO account_pass (uid, day, change) VALUES (?, ?, ?)
ON CONFLICT (uid) DO UPDATE SET day = excluded.day, change = excluded.change
"""


class Assignment:
    """The part of `accounts.Accounts` that is about campaigns, at the desk of a store."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def of_campaign(self, campaign: int, after: int, limit: int) -> Sequence[Account]:
        """See `accounts.Accounts`."""
        return accounts_of(self._desk.reading(lambda sql: sql.rows(_OF_CAMPAIGN, (campaign, after, limit))))

    def unassigned(self, uid: int, since: int, after: int, limit: int) -> Sequence[Account]:
        """See `accounts.Accounts`."""
        statement, given = (_CHANGED, (since, uid, after, limit)) if since else (_UNASSIGNED, (uid, after, limit))
        return accounts_of(self._desk.reading(lambda sql: sql.rows(statement, given)))

    def assign(self, campaign: int, ids: Sequence[int], due_at: datetime, now: datetime) -> int:
        """See `accounts.Accounts`."""
        asked = sorted(ids)

        def give(sql: Sql) -> int:
            if not asked or not sql.run(GATE, (campaign,)):
                return 0
            given: list[int] = []
            for start in range(0, len(asked), AT_ONCE):
                some = filled(asked[start : start + AT_ONCE])
                values = (campaign, seconds(now), seconds(due_at), *some, campaign)
                given += [id_ for (id_,) in sql.rows(_ASSIGN, values)]
            sql.many(_MEMBER, [(campaign, id_) for id_ in given])
            return len(given)

        return self._desk.writing(give)

    def free(self, campaign: int, ids: Sequence[int], now: datetime) -> int:
        """See `accounts.Accounts`."""

        def take(sql: Sql) -> int:
            freed, first = 0, numbers(sql, "account", len(ids))
            for change, id_ in enumerate(sorted(ids), first):
                freed += sql.run(_FREE, (change, id_, campaign))
                sql.run(_CANCEL, (seconds(now), id_, campaign))
                sql.run(_NO_MEMBER, (campaign, id_))
            return freed

        return self._desk.writing(take)

    def restart(self, campaign: int, due_at: datetime, now: datetime) -> int:
        """See `accounts.Accounts`."""

        def begin(sql: Sql) -> int:
            begun = sql.run(_RESTART, (seconds(due_at), campaign))
            sql.run(_CANCEL_ALL, (seconds(now), campaign))
            return begun

        return self._desk.writing(begin)

    def change(self) -> int:
        """See `accounts.Accounts`."""
        return self._desk.reading(lambda sql: last_number(sql, "account"))

    def passed(self, campaign: int) -> AccountPass:
        """See `accounts.Accounts`."""
        found = self._desk.reading(lambda sql: sql.rows(_PASSED, (campaign,)))
        return AccountPass(*found[0]) if found else AccountPass()

    def pass_to(self, campaign: int, reached: AccountPass) -> None:
        """See `accounts.Accounts`."""
        self._desk.writing(lambda sql: sql.run(_PASS, (campaign, reached.day, reached.change)))
