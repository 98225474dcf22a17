"""Every SQL statement of the store, named, with what it is for."""

from typing import Final

from reconciler.store.columns import COLUMNS, KEPT, SET

SERIAL: Final = "SELECT coalesce(max(serial), 0) FROM event"
"""The number of the last event."""

MARK: Final = "SELECT serial, hash FROM event ORDER BY serial DESC LIMIT 1"
"""The last event."""

PULSE: Final = "PRAGMA data_version"
"""Another number whenever another connection has committed."""

CLOSURE: Final = "SELECT text FROM closure"
"""Why the store takes nothing more."""

REOPEN: Final = "DELETE FROM closure"
"""Let the store take events again."""

CLOSE: Final = "INSERT INTO closure (one, text) VALUES (1, ?)"
"""Let it take none."""

LAST: Final = "SELECT body FROM event ORDER BY serial DESC LIMIT 1"
"""What the last event says."""

HEADS: Final = (
    "SELECT ref, state, digest, satisfied, flags, revision, applied_at, asked, holds, operated"
    " FROM resource WHERE forgotten = 0"
)
"""Every resource in short."""
HEADS_OF: Final = f"{HEADS} AND ref >= ? AND ref < ?"
"""Those of one kind, see `records.span_of`."""

VERSIONS: Final = f"{HEADS} AND ref >= ? AND ref < ?"
"""Those whose names lie between two."""

_COLUMNS = (
    "ref, state, digest, document, satisfied, flags, revision, entered_at, applied_at, file, revised, head, asked,"
    " holds, operated"
)

LOAD: Final = f"SELECT {_COLUMNS} FROM resource WHERE ref = ? AND forgotten = 0"
"""One resource in full."""

LOAD_ALL: Final = f"SELECT {_COLUMNS} FROM resource WHERE forgotten = 0"
"""Every resource in full: cheaper than asking for each where most are wanted."""

FORGOTTEN: Final = """
SELECT ref FROM resource WHERE forgotten = 1
UNION SELECT ref FROM former WHERE ref NOT IN (SELECT ref FROM resource)
"""
"""Refs that existed once: forgotten ones, and names that were given up."""

ROWS: Final = """
SELECT ref, uid, revision, head, forgotten FROM resource WHERE ref IN (SELECT value FROM json_each(?))
"""
"""What writes compare, of many resources at once."""

HELD: Final = "SELECT ref FROM intent WHERE key <> ?"
"""Resources that nobody may change, but for the intent of this key."""

SEATS: Final = "SELECT key, serial, last FROM seat WHERE key IN (SELECT value FROM json_each(?))"
"""Who came last into groups, and by which event."""

RESERVED: Final = "SELECT write FROM intent WHERE key <> ?"
"""What is about to be written, but for the intent of this key."""

TAKE_SEAT: Final = """
INSERT INTO seat (key, serial, last) VALUES (?, (SELECT max(serial) FROM event), ?)
ON CONFLICT (key) DO UPDATE SET serial = excluded.serial, last = excluded.last
"""
"""Who comes last into a group, by an event of this transaction."""

LAST_UID: Final = "SELECT coalesce(max(uid), 0) FROM resource"
"""The uid to count on from."""

INSERT: Final = f"INSERT INTO resource ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"
"""A resource that does not exist yet."""

RENAME: Final = "UPDATE resource SET ref = ? WHERE uid = ?"
"""A resource's new name; everything else is as it was."""

GIVE_UP_NAME: Final = "INSERT OR REPLACE INTO former (ref, uid) VALUES (?, ?)"
"""The name that a resource had before."""

UPDATE: Final = f"""
UPDATE resource SET {", ".join(f"{name} = ?" for name in SET)},
    {", ".join(f"{name} = coalesce(?, {name})" for name in KEPT)}
WHERE ref = ? AND uid = ?
"""
"""A resource after the writes of one transaction; null leaves what is there."""

APPEND: Final = """
INSERT INTO event (serial, uid, sequence, ref, previous, hash, body)
VALUES ((SELECT coalesce(max(serial), 0) + 1 FROM event), ?, ?, ?, ?, ?, ?)
"""
"""One line of the log."""

EVENTS: Final = "SELECT serial, ref, sequence, body, previous, hash FROM event ORDER BY serial"
"""The whole log."""

SINCE: Final = "SELECT serial, ref, sequence, body, previous, hash FROM event WHERE serial > ? ORDER BY serial"
"""The log after a number."""

EVENTS_OF: Final = """
SELECT serial, ref, sequence, body, previous, hash FROM event
WHERE uid = (SELECT uid FROM resource WHERE ref = ?)
ORDER BY serial
"""
"""The log of one resource, under whatever names it had."""

EVENTS_OF_FORMER: Final = """
SELECT serial, ref, sequence, body, previous, hash FROM event
WHERE uid = (SELECT uid FROM former WHERE ref = ?)
ORDER BY serial
"""
"""The log of a resource by a name that it no longer has."""

LAST_EVENTS_OF: Final = """
SELECT serial, ref, sequence, body, previous, hash FROM event
WHERE uid = coalesce((SELECT uid FROM resource WHERE ref = ?1), (SELECT uid FROM former WHERE ref = ?1)) AND sequence < ?2
ORDER BY sequence DESC LIMIT ?3
"""
"""The last lines of that log before one of them, by whatever name."""

BEGIN_INTENT: Final = """
INSERT INTO intent (key, ref, revision, effects, write, begun_at, owner, expires_at)
SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8
WHERE ?3 = coalesce((SELECT revision FROM resource WHERE ref = ?2 AND forgotten = 0), 0)
ON CONFLICT DO NOTHING
"""
"""An intent, if the resource has not moved on and none is open."""

IN_HANDS: Final = "SELECT 1 FROM intent WHERE key = ? AND owner IS ?"
"""Whether an intent is open, and in these hands."""

HAND_OVER: Final = "UPDATE intent SET owner = ?, expires_at = ? WHERE key = ? AND owner IS ?"
"""An intent into other hands, if it still is in those that are named last."""

CLOSE_INTENT: Final = "DELETE FROM intent WHERE key = ? AND owner IS ?"
"""The end of an intent, done or abandoned, if it still is in these hands."""

INTENTS: Final = """
SELECT key, ref, revision, effects, write, begun_at, owner, expires_at FROM intent ORDER BY begun_at, key
"""
"""What is open."""

LOG_SEALS: Final = "SELECT serial, hash, made_at FROM log_seal ORDER BY serial"
"""The seals of the log."""

ADD_LOG_SEAL: Final = "INSERT INTO log_seal (serial, hash, made_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
"""One more seal, unless there is one over as many events."""
PUT_STATUS: Final = "INSERT INTO status (ref, body) VALUES (?, ?) ON CONFLICT (ref) DO UPDATE SET body = excluded.body"
"""The conditions of a resource, in the place of what there was."""

DROP_STATUS: Final = "DELETE FROM status WHERE ref = ?"
"""A resource that is no more."""

STATUSES: Final = "SELECT body FROM status"
"""The conditions of all."""

STATUS: Final = "SELECT body FROM status WHERE ref = ?"
"""The conditions of one resource."""

ENTER_PASS: Final = """
INSERT INTO daemon_pass (id, at, actor) VALUES (1, ?, ?)
ON CONFLICT (id) DO UPDATE SET at = excluded.at, actor = excluded.actor WHERE daemon_pass.at < excluded.at
"""
"""A daemon has passed; never backwards."""

LAST_PASS: Final = "SELECT at, actor FROM daemon_pass"
"""When a daemon last has, and whose."""

CURSOR: Final = "SELECT serial FROM notified WHERE target = ?"
"""Up to where a receiver was told."""

MOVE_CURSOR: Final = """
INSERT INTO notified (target, serial) VALUES (?, ?)
ON CONFLICT (target) DO UPDATE SET serial = max(serial, excluded.serial)
"""
"""A receiver was told up to here; never backwards."""

_NOTICE = "key, target, body, made_at, due_at, attempts, fate, owner, error"

POST: Final = f"INSERT INTO notice ({_NOTICE}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
"""A notice, if nobody has written it yet."""

CLAIM: Final = f"""
UPDATE notice SET owner = ?1, due_at = ?3, attempts = attempts + 1
WHERE rowid IN (SELECT rowid FROM notice WHERE fate = 'pending' AND due_at <= ?2 ORDER BY due_at LIMIT ?4)
RETURNING {_NOTICE}
"""
"""Take notices that are due."""

SETTLE: Final = (
    "UPDATE notice SET fate = ?, due_at = ?, error = ?, owner = '' WHERE key = ? AND target = ? AND owner = ?"
)
"""What became of a notice, if it still is in these hands."""

TALLY: Final = "SELECT target, fate, count(*) FROM notice GROUP BY target, fate"
"""How many notices there are."""

DEAD: Final = f"SELECT {_NOTICE} FROM notice WHERE fate = 'dead' ORDER BY made_at DESC LIMIT ?"
"""What was given up."""
