"""The ledger's SQL, which SQLite and PostgreSQL both speak; `?` stands for a value."""

from typing import Final

PERFORMED: Final = "SELECT 1 FROM effect WHERE key = ?"
MARK: Final = "INSERT INTO effect (key, at) VALUES (?, ?) ON CONFLICT (key) DO NOTHING"

UID: Final = "SELECT uid FROM resource WHERE ref = ? AND NOT forgotten"

PHASE: Final = "SELECT phase FROM job WHERE uid = ?"
PREPARE: Final = """
INSERT INTO job (uid, phase, generation, works_in) VALUES (?, 'staged', 1, ?)
ON CONFLICT (uid) DO UPDATE SET works_in = excluded.works_in
"""
DROP_SOME: Final = "DELETE FROM unit WHERE id IN (SELECT id FROM unit WHERE uid = ? LIMIT ?)"
"""What a launch that did not come through has left, so many at a time."""
FORGET_LEFT_OUT: Final = "DELETE FROM left_out WHERE uid = ?"
DROP_LANES: Final = "DELETE FROM lane WHERE uid = ?"

ADD: Final = """
INSERT INTO unit (uid, key, lane, stage, payload) VALUES (?, ?, ?, ?, ?) ON CONFLICT (uid, key) DO NOTHING
"""
IS_STAGED: Final = "EXISTS (SELECT 1 FROM job WHERE job.uid = unit.uid AND job.phase = 'staged')"
DROP: Final = f"DELETE FROM unit WHERE uid = ? AND key = ? AND {IS_STAGED}"

FIRST_ID: Final = "SELECT coalesce(min(id), 0) FROM unit WHERE uid = ?"
IDS: Final = "SELECT id FROM unit WHERE id >= ? AND uid = ? ORDER BY id LIMIT ?"
ASSIGN: Final = "UPDATE unit SET lane = ?, stage = 'pending' WHERE id = ? AND stage = 'staged'"
FOLD: Final = """
UPDATE unit SET lane = lane - lane / ? * ? WHERE uid = ? AND lane >= ? AND stage = 'pending' AND stage IN ('pending', 'sending')
"""
"""A connection may have become narrower since its recipients were gathered."""
ASSIGNED: Final = """
SELECT lane, count(*) FROM unit WHERE uid = ? AND stage IN ('pending', 'sending') GROUP BY lane
"""
ADD_LANE: Final = """
INSERT INTO lane (uid, number, via) VALUES (?, ?, ?) ON CONFLICT (uid, number) DO UPDATE SET via = excluded.via
"""
COUNT: Final = "SELECT count(*) FROM unit WHERE uid = ?"
LANE_SIZE: Final = "UPDATE lane SET units = ? WHERE uid = ? AND number = ?"
TOTAL: Final = "UPDATE job SET total = ? WHERE uid = ?"

PACK: Final = "UPDATE job SET package = ? WHERE uid = ?"
PACKAGE: Final = "SELECT package FROM job WHERE uid = ?"
ENTER: Final = """
UPDATE job SET phase = ?, generation = generation + 1, opened_at = CASE WHEN opened_at = 0 THEN ? ELSE opened_at END
WHERE uid = ?
"""
CANCEL_SOME: Final = """
UPDATE unit SET stage = 'cancelled', at = ?
WHERE id IN (SELECT id FROM unit WHERE uid = ? AND stage = 'pending' AND stage IN ('pending', 'sending') LIMIT ?)
"""
AFRESH: Final = "UPDATE lane SET due_at = 0, trouble = '' WHERE uid = ?"
"""A job that is opened begins anew: what stood in its way before may be mended."""
_DOUBTED: Final = """
stage = CASE WHEN attempts < repeats THEN 'pending' ELSE 'unknown' END,
owner = CASE WHEN attempts < repeats THEN '' ELSE owner END, due_at = CASE WHEN attempts < repeats THEN 0 ELSE due_at END
"""
"""What becomes of a unit of which nobody knows what became: it is done again where that is harmless, else it is unknown."""
IN_DOUBT: Final = f"""
UPDATE unit SET {_DOUBTED}, at = ? WHERE uid = ? AND stage = 'sending' AND stage IN ('pending', 'sending')
"""
AT_WORK: Final = "SELECT owner FROM lane WHERE uid = ? AND owner <> '' AND expires_at > ? ORDER BY number"

_OPEN: Final = """
FROM job JOIN resource
ON resource.uid = job.uid AND (resource.state = job.works_in OR job.works_in = '') AND NOT resource.forgotten
"""
"""A standing job names no state: whoever opened it stops it."""
_LEFT: Final = "SELECT unit.id FROM unit WHERE unit.uid = job.uid AND unit.stage IN ('pending', 'sending')"
_FIRST: Final = "ORDER BY unit.uid, unit.lane, unit.stage, unit.due_at, unit.id LIMIT 1"
"""The order of the index, so that PostgreSQL takes that, and reads one row, also where it believes that many would do.

Its statistics lag behind: without it the last units of a million were looked for among all that were sent.
"""

JOBS: Final = f"""
SELECT job.uid, resource.ref, job.phase, job.phase <> 'staged' AND NOT EXISTS ({_LEFT}) AS is_over
FROM job JOIN resource ON resource.uid = job.uid AND NOT resource.forgotten ORDER BY job.uid
"""
OFFERS: Final = f"""
SELECT job.uid, lane.number, resource.ref, lane.via, lane.owner {_OPEN} JOIN lane ON lane.uid = job.uid
WHERE job.phase = 'open' AND lane.expires_at <= ? AND lane.due_at <= ?
  AND ({_LEFT} AND unit.lane = lane.number AND unit.due_at <= ? {_FIRST}) IS NOT NULL
ORDER BY lane.due_at, job.uid, lane.number LIMIT ?
"""
"""Lanes with something to do and nobody at work on them. A unit that was begun and not recorded is something to do."""
NEGLECTED: Final = f"""
SELECT job.uid, lane.number, resource.ref, lane.via, lane.owner {_OPEN} JOIN lane ON lane.uid = job.uid
WHERE job.phase = 'open' AND lane.owner <> '' AND lane.expires_at > ? ORDER BY job.uid, lane.number
"""
OPEN_JOBS: Final = (
    f"SELECT job.uid, resource.ref {_OPEN} WHERE job.phase = 'open' AND resource.ref LIKE ? ORDER BY job.uid"
)
DRAINED: Final = f"""
SELECT job.uid, resource.ref {_OPEN} WHERE job.phase = 'open' AND resource.ref LIKE ? AND ({_LEFT} {_FIRST}) IS NULL
ORDER BY job.uid
"""

BUSY: Final = f"SELECT 1 {_OPEN} WHERE job.phase = 'open' AND ({_LEFT} {_FIRST}) IS NOT NULL LIMIT 1"

TAKE_TURN: Final = (
    "INSERT INTO bucket (name, turn) VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET turn = bucket.turn + 1"
)
"""From here to the end of the transaction nobody else takes from this bucket."""
RUN_THROUGH: Final = (
    "SELECT count(*) FROM lane WHERE via = ? AND owner <> '' AND expires_at > ? AND NOT (uid = ? AND number = ?)"
)
CLAIM: Final = f"""
UPDATE lane SET owner = ?, expires_at = ?, windows = 0, generation = (SELECT generation FROM job WHERE job.uid = lane.uid)
WHERE uid = ? AND number = ? AND owner IN (?, ?)
  AND EXISTS (SELECT 1 {_OPEN} WHERE job.uid = lane.uid AND job.phase = 'open')
RETURNING generation, trouble
"""
"""A lane from the owner who was seen, or from oneself, where this was done before and its answer was lost."""
DOUBT: Final = f"""
UPDATE unit SET {_DOUBTED}, at = ?
WHERE uid = ? AND lane = ? AND stage = 'sending' AND stage IN ('pending', 'sending')
"""
"""What an owner who is gone had begun: nobody knows."""
STOP_SPENDING: Final = "UPDATE spent SET ended_at = ? WHERE ended_at > ? AND token >= ? AND token < ?"

GOES_ON: Final = f"""
SELECT 1 + coalesce((SELECT turn FROM bucket WHERE name = 'suppression'), 0) {_OPEN}
WHERE job.uid = ? AND job.generation = ? AND job.phase = 'open'
"""
LANE: Final = "SELECT windows FROM lane WHERE uid = ? AND number = ? AND owner = ? AND generation = ?"
RENEW: Final = (
    "UPDATE lane SET expires_at = ?, windows = ? WHERE uid = ? AND number = ? AND owner = ? AND generation = ?"
)
RECOVER: Final = """
UPDATE lane SET expires_at = ?, windows = ?, trouble = '' WHERE uid = ? AND number = ? AND owner = ? AND generation = ?
"""
"""A lane in trouble has got through again."""
DUE: Final = """
SELECT id, key, attempts, payload FROM unit
WHERE uid = ? AND lane = ? AND stage = 'pending' AND stage IN ('pending', 'sending') AND due_at <= ? ORDER BY due_at, id LIMIT ?
"""
BEGUN: Final = """
SELECT id, key, attempts - 1, payload FROM unit
WHERE uid = ? AND lane = ? AND stage = 'sending' AND stage IN ('pending', 'sending') AND owner = ? ORDER BY due_at, id
"""
NEXT_DUE: Final = f"""
SELECT (SELECT due_at FROM unit WHERE uid = ? AND lane = ? AND stage = 'pending' AND stage IN ('pending', 'sending') {_FIRST})
"""
BEGIN: Final = "UPDATE unit SET stage = 'sending', owner = ?, at = ?, attempts = attempts + 1 WHERE id = ?"
SETTLE: Final = """
UPDATE unit SET stage = ?, due_at = ?, at = ?, answer = ? WHERE id = ? AND owner = ? AND stage IN ('sending', 'unknown')
"""
"""What became of a unit, also where another has taken the lane over meanwhile and could not know."""
SETTLE_DOUBT: Final = f"""
UPDATE unit SET {_DOUBTED}, at = ?, answer = ? WHERE id = ? AND owner = ? AND stage IN ('sending', 'unknown')
"""
TRY_AGAIN: Final = """
UPDATE unit SET stage = ?, due_at = ?, at = ?, answer = ? WHERE id = ? AND owner = ? AND stage = 'sending'
"""
"""A unit that is to be tried again. One in doubt stays so: its campaign may have come to an end since, and nobody would."""
GIVE_BACK: Final = """
UPDATE unit SET stage = 'pending', attempts = attempts - 1
WHERE uid = ? AND lane = ? AND owner = ? AND stage = 'sending' AND stage IN ('pending', 'sending')
"""
TALLY: Final = "UPDATE lane SET sent = sent + ?, failed = failed + ? WHERE uid = ? AND number = ?"
PACE: Final = """
INSERT INTO pace (uid, lane, at, units) VALUES (?, ?, ?, ?)
ON CONFLICT (uid, lane, at) DO UPDATE SET units = pace.units + excluded.units
"""
RELEASE: Final = """
UPDATE lane SET owner = '', expires_at = 0, due_at = ?, trouble = ? WHERE uid = ? AND number = ? AND owner = ? AND generation = ?
"""

SPENT: Final = "SELECT ended_at, units FROM spent WHERE bucket = ? AND ended_at > ? ORDER BY ended_at"
FORGET_SPENT: Final = "DELETE FROM spent WHERE bucket = ? AND ended_at <= ?"
SPEND: Final = """
INSERT INTO spent (bucket, token, units, ended_at) VALUES (?, ?, ?, ?)
ON CONFLICT (token, bucket) DO UPDATE SET units = excluded.units, ended_at = excluded.ended_at
"""
SUPPRESSING: Final = "suppression"
"""The bucket from which a turn is taken with every suppression, so that lanes notice."""
HAVE_SPENT: Final = "UPDATE spent SET ended_at = ?, units = ? WHERE token = ?"

JOB: Final = """
SELECT resource.ref, job.phase, job.generation, job.opened_at, job.total, job.works_in = ''
FROM job JOIN resource ON resource.uid = job.uid WHERE job.uid = ?
"""
OPEN_STAGES: Final = """
SELECT lane, stage, count(*) FROM unit WHERE uid = ? AND stage IN ('pending', 'sending') GROUP BY lane, stage
"""
RETRY_UNKNOWN: Final = """
UPDATE unit SET stage = 'pending', owner = '', due_at = 0
WHERE uid = ? AND lane = ? AND attempts < ? AND stage = 'unknown'
  AND stage IN ('failed', 'suppressed', 'cancelled', 'unknown')
"""
UNKNOWN: Final = """
SELECT unit.id, unit.key, coalesce(lane.via, ''), unit.at, unit.attempts, unit.answer
FROM unit LEFT JOIN lane ON lane.uid = unit.uid AND lane.number = unit.lane
WHERE unit.uid = ? AND unit.id > ? AND unit.stage = 'unknown'
  AND unit.stage IN ('failed', 'suppressed', 'cancelled', 'unknown') ORDER BY unit.id LIMIT ?
"""
MEND: Final = """
UPDATE unit SET stage = 'pending', owner = '', due_at = 0, attempts = 0, payload = ?
WHERE uid = ? AND key = ? AND stage = ?
"""
RESEND: Final = """
UPDATE unit SET stage = 'pending', owner = '', due_at = 0 WHERE id = ? AND stage = 'unknown'
  AND EXISTS (SELECT 1 FROM resource WHERE resource.uid = unit.uid AND resource.state = ? AND NOT resource.forgotten)
"""
"""Only of a campaign that is still in the state in which somebody has judged it."""
ANNOTATE: Final = "UPDATE unit SET answer = ? WHERE id = ? AND stage = 'unknown'"
OUT: Final = """
SELECT number FROM lane WHERE uid = ? AND via = ? AND owner = '' ORDER BY number
"""
HOLD_LANE: Final = "UPDATE lane SET windows = windows WHERE uid = ? AND number = ? AND owner = ''"
"""Until the end of the transaction nobody claims it."""
WAITING_IN: Final = """
SELECT count(*) FROM unit WHERE uid = ? AND lane = ? AND stage = 'pending' AND stage IN ('pending', 'sending')
"""
MOVE: Final = """
UPDATE unit SET lane = ? WHERE id IN (
  SELECT id FROM unit WHERE uid = ? AND lane = ? AND stage = 'pending' AND stage IN ('pending', 'sending')
  ORDER BY due_at, id LIMIT ?)
"""
KEY_OF: Final = "SELECT key FROM unit WHERE id = ? AND uid = ?"
SENT_TO: Final = """
SELECT job.uid, (SELECT unit.at FROM unit WHERE unit.uid = job.uid AND unit.key = ? AND unit.stage = 'sent') FROM job
"""
"""Job by job, each by the index of its keys: addresses have no index of their own, for there are millions."""
IN_TROUBLE: Final = "SELECT 1 FROM lane WHERE uid = ? AND trouble <> '' LIMIT 1"
RESTING: Final = """
SELECT uid, number, via, trouble, due_at FROM lane WHERE uid IN (%s) AND trouble <> '' AND EXISTS (
    SELECT 1 FROM unit WHERE unit.uid = lane.uid AND unit.lane = lane.number AND unit.stage IN ('pending', 'sending')
) ORDER BY uid, number
"""
FIRST_ANSWER: Final = """
SELECT answer FROM unit
WHERE uid = ? AND stage = ? AND stage IN ('failed', 'suppressed', 'cancelled', 'unknown') ORDER BY id LIMIT 1
"""
SENDING: Final = """
SELECT count(*) FROM unit WHERE uid = ? AND lane = ? AND stage = 'sending' AND stage IN ('pending', 'sending')
"""
ODD_STAGES: Final = """
SELECT lane, stage, count(*) FROM unit
WHERE uid = ? AND stage IN ('failed', 'suppressed', 'cancelled', 'unknown') GROUP BY lane, stage
"""
LANES: Final = """
SELECT number, via, owner, expires_at, due_at, trouble, sent, failed, units FROM lane WHERE uid = ? ORDER BY number
"""
PACES: Final = "SELECT at, sum(units) FROM pace WHERE uid = ? AND at > ? GROUP BY at ORDER BY at"
