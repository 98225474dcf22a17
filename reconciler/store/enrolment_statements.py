"""The SQL of enrolments, which SQLite and PostgreSQL both speak; `?` stands for a value."""

from typing import Final

from reconciler.model.enrolments import Exit, Saying

_NAMES: Final = (
    "id", "invoice", "uid", "entered_at", "entered_on", "still_days", "still_since", "arranged", "step", "due_on", "said_on",
    "said_day", "posted", "turn", "exited_at", "exit",
)  # fmt: skip
COLUMNS: Final = ", ".join(f"enrolment.{name}" for name in _NAMES)
GET: Final = f"SELECT {COLUMNS} FROM enrolment WHERE id = ?"
OF_INVOICE: Final = f"SELECT {COLUMNS} FROM enrolment WHERE invoice = ? ORDER BY id"
PAST: Final = f"""
SELECT {COLUMNS}, coalesce(resource.ref, '') FROM enrolment LEFT JOIN resource ON resource.uid = enrolment.uid
WHERE enrolment.invoice IN (%s) ORDER BY enrolment.invoice, enrolment.exited_at, enrolment.id
"""
NAME: Final = "SELECT ref FROM resource WHERE uid = ?"
SAID: Final = """
SELECT enrolment, step, at, channel, stage, detail FROM communication WHERE enrolment IN (%s) ORDER BY enrolment, step
"""
COLLECTABLE: Final = "invoice.status = 'awaiting_payment' AND invoice.held = 0 AND invoice.listed = 1"
OUTSIDE: Final = f"""
SELECT invoice.id FROM invoice
WHERE {COLLECTABLE} AND invoice.id > ?
  AND NOT EXISTS (SELECT 1 FROM enrolment WHERE enrolment.invoice = invoice.id AND enrolment.exit = '')
ORDER BY invoice.id LIMIT ?
"""
DUE: Final = f"""
SELECT {COLUMNS} FROM enrolment JOIN invoice ON invoice.id = enrolment.invoice AND {COLLECTABLE}
WHERE enrolment.uid = ? AND enrolment.due_on <= ? AND enrolment.exit = ''
  AND enrolment.posted = 0 AND enrolment.still_since = ''
ORDER BY enrolment.due_on, enrolment.id LIMIT ?
"""

LOOK: Final = "SELECT change, circumstances, after FROM enrolment_pass WHERE id = 1"
FIRST_LOOK: Final = (
    "INSERT INTO enrolment_pass (id, change, circumstances, after) VALUES (1, 0, '', 0) ON CONFLICT DO NOTHING"
)
LOOKED: Final = """
UPDATE enrolment_pass SET change = ?, circumstances = ?, after = ?
WHERE id = 1 AND change = ? AND circumstances = ? AND after = ?
"""

ENTER_GATE: Final = """
INSERT INTO enrolment_gate (uid, turn, closed) VALUES (?, 1, 1)
ON CONFLICT (uid) DO UPDATE SET turn = enrolment_gate.turn + 1
"""
CLOSED: Final = "SELECT closed FROM enrolment_gate WHERE uid = ?"
SHUT: Final = "UPDATE enrolment_gate SET closed = 1 WHERE uid = ?"
OPEN: Final = "INSERT INTO enrolment_gate (uid, turn, closed) VALUES (?, 1, 0) ON CONFLICT (uid) DO NOTHING"
STATE: Final = "SELECT state FROM resource WHERE uid = ? AND NOT forgotten"
ACTIVE: Final = "active"
"""The state in which a campaign takes invoices and communicates."""

ENTER: Final = f"""
INSERT INTO enrolment (invoice, uid, entered_at, entered_on, due_on)
SELECT id, ?, ?, ?, ? FROM invoice WHERE id = ? AND change = ? AND {COLLECTABLE}
ON CONFLICT DO NOTHING
"""
LEAVE: Final = "UPDATE enrolment SET exit = ?, exited_at = ? WHERE id = ? AND uid = ? AND exit = ''"
LOST_WORDS: Final = f"""
UPDATE communication SET stage = '{Saying.UNKNOWN.value}', detail = ?
WHERE stage = '{Saying.SENDING.value}' AND enrolment IN (SELECT id FROM enrolment WHERE uid = ?)
"""
"""What was being said by somebody who was lost."""
RELEASE: Final = f"""
UPDATE enrolment SET exit = '{Exit.CAMPAIGN_STOPPED.value}', exited_at = ? WHERE uid = ? AND exit = ''
"""
STAND: Final = """
UPDATE enrolment SET still_since = CASE WHEN still_since = '' THEN ? ELSE still_since END, arranged = ?
WHERE id = ? AND uid = ? AND exit = ''
"""
RUN: Final = """
UPDATE enrolment SET still_since = '', arranged = 0, still_days = ?, due_on = ? WHERE id = ? AND exit = ''
"""
POST: Final = """
UPDATE enrolment SET posted = 1 WHERE id = ? AND uid = ? AND step = ? AND turn = ? AND posted = 0 AND exit = ''
  AND still_since = ''
"""
TAKE_BACK: Final = "UPDATE enrolment SET posted = 0, turn = turn + 1 WHERE id = ? AND step = ? AND turn = ?"
DIVERT: Final = "UPDATE enrolment SET turn = turn + 1 WHERE id = ? AND step = ? AND turn = ? AND exit = ''"
ONWARD: Final = """
UPDATE enrolment SET step = ?, due_on = ?, said_on = ?, said_day = ?, posted = 0, turn = 0, exit = ?, exited_at = ?
WHERE id = ? AND step = ? AND exit = ''
"""
INVOICE: Final = "SELECT change, status, held, listed FROM invoice WHERE id = ?"
STAGE: Final = "SELECT stage FROM communication WHERE enrolment = ? AND step = ?"
SAY: Final = "INSERT INTO communication (enrolment, step, at, channel, stage, detail) VALUES (?, ?, ?, ?, ?, ?)"
SETTLE: Final = f"""
UPDATE communication SET at = ?, stage = ?, detail = ?
WHERE enrolment = ? AND step = ? AND stage = '{Saying.SENDING.value}'
"""
UNSAY: Final = f"DELETE FROM communication WHERE enrolment = ? AND step = ? AND stage = '{Saying.SENDING.value}'"
