"""The SQL of the queue of contacts, which SQLite and PostgreSQL both speak; `?` stands for a value."""

from typing import Final

from reconciler.model.accounts import ELIGIBLE

ITEM_COLUMNS: Final = (
    "id, uid, account, round, step, tries, stage, enqueued_at, due_at, begun_at, ended_at, channel, action, reason,"
    " turn"
)
_OPEN: Final = "stage IN ('pending', 'processing')"
"""What the index of open items is about."""
_WAITS: Final = f"stage = 'pending' AND {_OPEN}"
_READY: Final = f"""
campaign = ? AND campaign <> 0 AND paused = 0 AND opted_out = 0 AND declined = 0 AND listed = 1
    AND status IN ({", ".join(f"'{status}'" for status in ELIGIBLE)}) AND due_at <= ? AND due_at > 0
"""
READY: Final = f"""
SELECT id, round, step, tries, due_at FROM account WHERE {_READY}
    AND NOT EXISTS (SELECT 1 FROM contact_item WHERE contact_item.account = account.id AND {_OPEN})
"""
"""The accounts of a campaign that may be contacted, are due, and not queued: AMB-C10, AMB-C11."""
ENQUEUE: Final = f"""
INSERT INTO contact_item (uid, account, round, step, tries, stage, enqueued_at, due_at)
SELECT campaign, id, round, step, tries, 'pending', ?, due_at FROM account WHERE {_READY}
    AND (SELECT contact_item.id FROM contact_item WHERE contact_item.account = account.id AND {_OPEN}
        ORDER BY contact_item.account LIMIT 1) IS NULL
ORDER BY due_at, id LIMIT ?
ON CONFLICT DO NOTHING
"""
"""The same. What is queued is asked for in the order of its index, so that PostgreSQL takes that: where it has not counted the
table's rows yet it would go through all that this very statement has added, again for each account: 4 s for 10,000.
"""

SHUT: Final = "UPDATE job SET phase = 'stopped', generation = generation + 1 WHERE uid = ?"
OPEN: Final = "UPDATE job SET phase = 'open', generation = generation + 1 WHERE uid = ? AND phase <> 'open'"
AFRESH: Final = "UPDATE lane SET due_at = 0, trouble = '' WHERE uid = ?"
CANCEL: Final = f"""
UPDATE contact_item SET stage = 'cancelled', ended_at = ?, reason = ? WHERE uid = ? AND stage = 'pending' AND {_OPEN}
"""
CANCEL_UNITS: Final = """
UPDATE unit SET stage = 'cancelled', at = ? WHERE uid = ? AND stage = 'pending' AND stage IN ('pending', 'sending')
"""
"""Also a call that is about to be repeated because nobody knows what became of it: its item is lost then."""

DUE: Final = f"""
SELECT id, step, account, turn FROM contact_item WHERE uid = ? AND posted = 0 AND {_WAITS} AND due_at <= ?
ORDER BY due_at, id LIMIT ?
"""
POSTED: Final = "UPDATE contact_item SET posted = 1 WHERE id = ?"

ENTER: Final = "UPDATE account SET turn = turn + 1 WHERE id = (SELECT account FROM contact_item WHERE id = ?)"
"""From here to the end of the transaction nobody else works on the account."""
ITEM: Final = f"SELECT {ITEM_COLUMNS} FROM contact_item WHERE id = ?"
WAS_TRIED: Final = """
SELECT 1 FROM contact_item WHERE account = ? AND round = ? AND step = ? AND tries = ?
    AND stage IN ('processing', 'completed', 'failed', 'unknown') LIMIT 1
"""
PAST: Final = """
SELECT at, sort, medium FROM interaction WHERE account = ? AND sort = 'contact' AND item <> ? ORDER BY at DESC, id DESC LIMIT ?
"""
LAST_TALK: Final = """
SELECT at, sort, medium FROM interaction WHERE account = ? AND sort = 'conversation' ORDER BY at DESC, id DESC LIMIT 1
"""
BEGIN: Final = f"""
UPDATE contact_item SET stage = 'processing', begun_at = ?, channel = ?, action = ?, reason = '' WHERE id = ? AND {_WAITS}
"""
CONTACT: Final = """
INSERT INTO interaction (account, campaign, at, sort, item, channel, medium, detail) VALUES (?, ?, ?, 'contact', ?, ?, ?, ?)
"""
NO_CONTACT: Final = "DELETE FROM interaction WHERE account = ? AND item = ? AND sort = 'contact'"
"""Nobody was asked after all: it counts for nothing."""
MEDIUM: Final = "SELECT medium FROM interaction WHERE account = ? AND item = ? AND sort = 'contact' LIMIT 1"
PUT_OFF: Final = f"""
UPDATE contact_item SET posted = 0, turn = turn + 1, due_at = ?, reason = ? WHERE id = ? AND {_WAITS}
"""
END: Final = "UPDATE contact_item SET stage = ?, ended_at = ?, reason = ? WHERE id = ? AND stage = ?"
GO_ON: Final = """
UPDATE account SET step = ?, tries = ?, due_at = ?, attempts = ?, first_at = ?, answered_at = ? WHERE id = ?
"""
WAIT: Final = "UPDATE account SET due_at = ? WHERE id = ? AND due_at > 0 AND due_at < ?"
STATUS: Final = "UPDATE account SET status = ? WHERE id = ?"
ESCALATED: Final = """
INSERT INTO interaction (account, campaign, at, sort, item, detail) VALUES (?, ?, ?, 'escalation', ?, ?)
"""
LOST: Final = f"""
SELECT {ITEM_COLUMNS} FROM contact_item WHERE stage = 'processing' AND NOT EXISTS (
    SELECT 1 FROM unit JOIN job ON job.uid = unit.uid
    WHERE unit.uid = contact_item.uid AND unit.key = 'c' || contact_item.id || ':' || contact_item.turn
        AND (unit.stage = 'sending' OR (unit.stage = 'pending' AND job.phase = 'open')))
ORDER BY id LIMIT ?
"""

STRANDED: Final = f"""
UPDATE contact_item SET posted = 0, turn = turn + 1 WHERE posted = 1 AND {_WAITS} AND NOT EXISTS (
    SELECT 1 FROM unit WHERE unit.uid = contact_item.uid
        AND unit.key = 'c' || contact_item.id || ':' || contact_item.turn AND unit.stage IN ('pending', 'sending'))
"""
"""A worker was lost that had taken them up and not begun."""

FIND: Final = "SELECT id FROM account WHERE uid = ? AND number = ?"
HOLD: Final = "UPDATE account SET turn = turn + 1 WHERE id = ?"
TELL: Final = """
INSERT INTO interaction (account, campaign, at, sort, event_id, channel, medium, amount, currency, due_on, detail)
SELECT id, campaign, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM account WHERE id = ?
ON CONFLICT DO NOTHING
"""
TOLD_BEFORE: Final = """
SELECT sort, amount, currency, due_on, detail FROM interaction WHERE account = ? AND event_id = ?
"""
ANSWERED: Final = """
UPDATE account SET attempts = CASE WHEN attempts > made.later THEN made.later ELSE attempts END,
    answered_at = CASE WHEN answered_at < ? THEN ? ELSE answered_at END
FROM (SELECT count(*) AS later FROM interaction WHERE account = ? AND sort = 'contact' AND at > ?) AS made
WHERE id = ?
"""
"""Contacts that were made after the answer stay without one, however late it is heard of."""
DECLINED: Final = """
SELECT sort FROM interaction WHERE account = ? AND sort IN ('opt_out', 'opt_in') ORDER BY at DESC, id DESC LIMIT 1
"""
DECLINE: Final = "UPDATE account SET declined = ? WHERE id = ?"
LAST_PROMISE: Final = """
SELECT at, amount, currency, due_on FROM interaction WHERE account = ? AND sort = 'promise' ORDER BY at DESC, id DESC LIMIT 1
"""
PAID_SINCE: Final = """
SELECT amount FROM interaction WHERE account = ? AND sort = 'payment' AND at >= ? AND (currency = ? OR ? = '')
"""
"""Not their sum: SQLite fails where that is more than it can keep, and a promise would go unheard."""
SINCE: Final = "SELECT balance, currency, changed_at FROM account WHERE id = ?"
PROMISE: Final = "UPDATE account SET promised_until = ?, status = ? WHERE id = ?"
BROKEN: Final = """
UPDATE account SET status = CASE WHEN status = 'promise' THEN 'promise_overdue' ELSE status END, promised_until = 0
WHERE promised_until > 0 AND promised_until <= ?
"""
ANY_BROKEN: Final = "SELECT 1 FROM account WHERE promised_until > 0 AND promised_until <= ? LIMIT 1"
BRAKE: Final = "INSERT INTO engine_brake (is_on, reason, actor, at) VALUES (?, ?, ?, ?)"
