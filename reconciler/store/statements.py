"""Every SQL statement of the store, named, with what it is for."""

from typing import Final

SERIAL: Final = "SELECT coalesce(max(serial), 0) FROM event"
"""The number of the last event."""

HEADS: Final = "SELECT ref, state, digest, satisfied, flags, revision FROM resource WHERE forgotten = 0"
"""Every resource in short."""

_COLUMNS = "ref, state, digest, document, satisfied, flags, revision, entered_at, applied_at, file, revised, head"

LOAD: Final = f"SELECT {_COLUMNS} FROM resource WHERE ref = ? AND forgotten = 0"  # noqa: S608 - a constant
"""One resource in full."""

LOAD_ALL: Final = f"SELECT {_COLUMNS} FROM resource WHERE forgotten = 0"  # noqa: S608 - a constant
"""Every resource in full: cheaper than asking for each where most are wanted."""

FORGOTTEN: Final = "SELECT ref FROM resource WHERE forgotten = 1"
"""Refs that existed once."""

INSERT: Final = """
INSERT INTO resource (uid, ref, state, digest, satisfied, flags, revision, entered_at, applied_at, file, revised, head, document)
VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?)
ON CONFLICT (ref) DO NOTHING
"""
"""A resource that must not exist yet; one that does leaves the row count short."""

LAST_UID: Final = "SELECT coalesce(max(uid), 0) FROM resource"
"""The uid to count on from."""

ROW: Final = "SELECT uid, revision, head, forgotten FROM resource WHERE ref = ?"
"""What a write compares."""

UPDATE: Final = """
UPDATE resource SET
    ref = ?, state = ?, satisfied = ?, flags = ?, revision = revision + 1, applied_at = ?, file = ?, revised = ?,
    head = ?, forgotten = ?,
    entered_at = CASE WHEN ? THEN ? ELSE entered_at END,
    digest = coalesce(?, digest), document = coalesce(?, document)
WHERE uid = ? AND revision = ?
"""
"""Compare-and-set."""

LAST_SEQUENCE: Final = "SELECT max(sequence) FROM event WHERE uid = ?"
"""The end of a resource's chain."""

APPEND: Final = "INSERT INTO event (uid, sequence, ref, previous, hash, body) VALUES (?, ?, ?, ?, ?, ?)"
"""One line of the log."""

EVENTS: Final = "SELECT serial, ref, sequence, body, previous, hash FROM event ORDER BY serial"
"""The whole log."""

EVENTS_OF: Final = """
SELECT serial, ref, sequence, body, previous, hash FROM event
WHERE uid = (SELECT uid FROM resource WHERE ref = ?)
ORDER BY serial
"""
"""The log of one resource, under whatever names it had."""

EVENTS_OF_FORMER: Final = """
SELECT serial, ref, sequence, body, previous, hash FROM event
WHERE uid IN (SELECT uid FROM event WHERE ref = ?)
ORDER BY serial
"""
"""The log of a resource by a name that it no longer has; reads the whole log."""

BEGIN_INTENT: Final = """
INSERT INTO intent (key, ref, revision, effects, write, begun_at)
SELECT ?1, ?2, ?3, ?4, ?5, ?6
WHERE ?3 = coalesce((SELECT revision FROM resource WHERE ref = ?2 AND forgotten = 0), 0)
ON CONFLICT DO NOTHING
"""
"""An intent, if the resource has not moved on and none is open."""

CLOSE_INTENT: Final = "DELETE FROM intent WHERE key = ?"
"""The end of an intent, done or abandoned."""

INTENTS: Final = "SELECT key, ref, revision, effects, write, begun_at FROM intent ORDER BY begun_at, key"
"""What is open."""
