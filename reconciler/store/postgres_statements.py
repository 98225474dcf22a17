"""Every SQL statement of the PostgreSQL store, named, with what it is for."""

from typing import Final

from reconciler.store.columns import COLUMNS, KEPT, SET

_INTENT_COLUMNS = "key, ref, revision, effects, write, begun_at, owner, expires_at"
_EVENT_COLUMNS = "batch, position, uid, sequence, ref, previous, hash, body"
_READ_EVENT = "serial, ref, sequence, body, previous, hash"

# The session and its transactions.

SETTLE_IN: Final = """
SELECT set_config('lock_timeout', %(lock)s, false), set_config('statement_timeout', %(statement)s, false),
    set_config('idle_in_transaction_session_timeout', %(idle)s, false), set_config('timezone', 'UTC', false),
    set_config('standard_conforming_strings', 'on', false),
    set_config('search_path', quote_ident(current_schema()) || ', pg_temp', false)
"""
"""The settings of a session. Only one schema is looked at: whoever may make another one cannot put a table before ours."""

WHO_AM_I: Final = "SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()"
"""By what this session is found from another one."""

END_SESSION: Final = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = %s AND backend_start = %s"
"""End a session whose client has lost it; nothing is found once it has gone."""

END_STUCK: Final = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND usename = current_user AND application_name = current_setting('application_name')
    AND pid <> pg_backend_pid() AND backend_xid IS NOT NULL AND wait_event = 'ClientRead'
    AND xact_start < clock_timestamp() - make_interval(secs => %s)
"""
"""End sessions of our kind whose client began to write so long ago and has fallen silent.

The server's own time-out does this too, but does not count after a pipeline, nor in the middle of a COPY.
"""

READ_ALL_AS_OF_NOW: Final = """
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET LOCAL idle_in_transaction_session_timeout = '15min'
"""
"""A transaction that sees one state. It blocks nobody, so it may think for longer."""

BEGIN: Final = """
BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
SELECT pg_advisory_xact_lock_shared({lock});
SELECT closure, nextval('batch_id') FROM muster
"""
"""A transaction that writes. All writers share the lock; only who closes the store wants it alone."""

COUNT_AND_COMMIT: Final = """
WITH counted AS (UPDATE muster SET serial = serial + {events}, hash = {hash} RETURNING serial)
INSERT INTO batch (id, first, events, token) SELECT {batch}, counted.serial - {events} + 1, {events}, {token} FROM counted;
COMMIT
"""
"""Give the events of this transaction their serials, and commit: one message, so that nobody is stuck in between.

The row `muster` is locked from here to the commit. So serials have no holes and become visible in their order.
"""

HAS_BATCH: Final = "SELECT 1 FROM batch WHERE id = %s AND token = %s"
"""Whether a transaction was committed after all."""

# The store as a whole.

STORE: Final = "SELECT serial, hash, closure FROM muster"
"""The last event, and whether the store is closed."""

PULSE: Final = "SELECT pg_current_snapshot()::text"
"""Another text whenever a transaction that writes has begun or ended, in any database of the server."""

TIME: Final = "SELECT clock_timestamp()"
"""The time of the server, by which leases end."""

LAST: Final = """
SELECT body FROM batch JOIN event ON event.batch = batch.id ORDER BY batch.first DESC, event.position DESC LIMIT 1
"""
"""What the last event says."""

# Resources.

HEADS: Final = (
    "SELECT ref, state, digest, satisfied, flags, revision, applied_at, asked, holds, operated"
    " FROM resource WHERE NOT forgotten"
)
"""Every resource in short."""
HEADS_OF: Final = f"{HEADS} AND ref >= %s AND ref < %s"
"""Those of one kind, see `records.span_of`."""

VERSIONS: Final = f"{HEADS} AND ref >= %s AND ref < %s"
"""Those whose names lie between two."""

LOAD: Final = """
SELECT ref, state, digest, document, satisfied, flags, revision, entered_at, applied_at, file, revised, head, asked,
    holds, operated
FROM resource WHERE ref = ANY(%s) AND NOT forgotten
"""
"""Resources in full."""

FORGOTTEN: Final = """
SELECT ref FROM resource WHERE forgotten AND revision > 0
UNION SELECT ref FROM former WHERE ref NOT IN (SELECT ref FROM resource WHERE revision > 0)
"""
"""Refs that existed once: forgotten ones, and names that were given up."""

ROWS: Final = "SELECT ref, uid, revision, head, forgotten FROM resource WHERE ref = ANY(%s) ORDER BY ref FOR UPDATE"
"""What writes compare, of many resources at once; nobody else changes them before this transaction ends.

Everybody locks in the order of refs, so that no two wait for each other.
"""

LOCK_SEATS: Final = """
INSERT INTO seat (key) SELECT unnest(%s::text[]) ORDER BY 1 ON CONFLICT (key) DO UPDATE SET key = excluded.key
"""
"""The rows of groups, made where there are none; nobody else comes into these groups before this transaction ends."""

SEATS: Final = """
SELECT seat.key, coalesce(batch.first + batch.events - 1, 0), seat.last
FROM seat LEFT JOIN batch ON batch.id = seat.batch WHERE seat.key = ANY(%s)
"""
"""Who came last into groups, and by which event at most. Asked once their rows are locked."""

RESERVED: Final = "SELECT write FROM intent WHERE key <> %s"
"""What is about to be written, but for the intent of this key. Asked once the rows of the groups are locked."""

TAKE_SEAT: Final = "UPDATE seat SET batch = %s, last = %s WHERE key = %s"
"""Who comes last into a group, by an event of this transaction."""

NEW_UIDS: Final = "SELECT nextval('resource_uid') FROM generate_series(1, %s)"
"""Uids for new resources."""

INSERT: Final = f"INSERT INTO resource ({', '.join(COLUMNS)}) VALUES ({', '.join(['%s'] * len(COLUMNS))})"
"""A resource that does not exist yet."""

COPY_RESOURCES: Final = f"COPY resource ({', '.join(COLUMNS)}) FROM STDIN"
"""Many of these."""

RENAME: Final = "UPDATE resource SET ref = %s WHERE uid = %s"
"""A resource's new name; everything else is as it was."""

GIVE_UP_NAME: Final = "INSERT INTO former (ref, uid) VALUES (%s, %s) ON CONFLICT (ref) DO UPDATE SET uid = excluded.uid"
"""The name that a resource had before."""

UPDATE: Final = f"""
UPDATE resource SET {", ".join(f"{name} = %s" for name in SET)},
    {", ".join(f"{name} = coalesce(%s, {name})" for name in KEPT)}
WHERE ref = %s AND uid = %s
"""
"""A resource after the writes of one transaction; null leaves what is there."""

# The log.

APPEND: Final = f"INSERT INTO event ({_EVENT_COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"
"""One line of the log, by its place in this transaction."""

COPY_EVENTS: Final = f"COPY event ({_EVENT_COLUMNS}) FROM STDIN"
"""Many of these."""

EVENTS: Final = """
SELECT batch.first + event.position, event.ref, event.sequence, event.body, event.previous, event.hash,
    batch.first, event.position
FROM batch JOIN event ON event.batch = batch.id
WHERE batch.first >= %(first)s AND (batch.first, event.position) > (%(first)s, %(position)s)
    AND batch.first <= %(until)s
ORDER BY batch.first, event.position LIMIT %(page)s
"""
"""A page of the log, after the line of this batch and position."""

SINCE: Final = """
SELECT batch.first + event.position AS serial, event.ref, event.sequence, event.body, event.previous, event.hash
FROM batch JOIN event ON event.batch = batch.id
WHERE batch.first >= coalesce((SELECT max(first) FROM batch WHERE first <= %(serial)s), 0)
    AND batch.first + event.position > %(serial)s
ORDER BY serial
"""
"""The log after a line."""

EVENTS_OF: Final = f"""
SELECT {_READ_EVENT} FROM log WHERE uid = (SELECT uid FROM resource WHERE ref = %s) ORDER BY sequence
"""
"""The log of one resource, under whatever names it had."""

EVENTS_OF_FORMER: Final = f"""
SELECT {_READ_EVENT} FROM log WHERE uid = (SELECT uid FROM former WHERE ref = %s) ORDER BY sequence
"""
"""The log of a resource by a name that it no longer has."""

LAST_EVENTS_OF: Final = f"""
SELECT {_READ_EVENT} FROM log
WHERE uid = coalesce(
    (SELECT uid FROM resource WHERE ref = %(ref)s AND revision > 0), (SELECT uid FROM former WHERE ref = %(ref)s)
) AND sequence < %(before)s
ORDER BY sequence DESC LIMIT %(most)s
"""
"""The last lines of that log before one of them, by whatever name."""

# Intents.

HELD: Final = "SELECT ref FROM intent WHERE key <> %s"
"""Resources that nobody may change, but for the intent of this key. Asked once their rows are locked."""

HOLD_NAME: Final = """
INSERT INTO resource (uid, ref, state, digest, satisfied, flags, revision, entered_at, applied_at, file, revised, head,
    forgotten, document)
VALUES (nextval('resource_uid'), %s, '', '', '', '', 0, '', '', '', '', %s, true, '{}')
ON CONFLICT (ref) DO NOTHING
"""
"""A name that is going to be created. Whoever else would create it waits here until this transaction ends."""

LET_NAME_GO: Final = "DELETE FROM resource WHERE ref = %s AND revision = 0"
"""The name of what was not created after all."""

BEGIN_INTENT: Final = f"""
INSERT INTO intent ({_INTENT_COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""
"""An intent, if none is open."""

IN_HANDS: Final = "SELECT 1 FROM intent WHERE key = %s AND owner IS NOT DISTINCT FROM %s FOR UPDATE"
"""Whether an intent is open, and in these hands; it stays so until this transaction ends."""

HAND_OVER: Final = """
UPDATE intent SET owner = %s, expires_at = %s WHERE key = %s AND owner IS NOT DISTINCT FROM %s
"""
"""An intent into other hands, if it still is in those that are named last."""

CLOSE_INTENT: Final = "DELETE FROM intent WHERE key = %s AND owner IS NOT DISTINCT FROM %s"
"""The end of an intent, done or abandoned, if it still is in these hands."""

INTENTS: Final = f"SELECT {_INTENT_COLUMNS} FROM intent ORDER BY begun_at, key"
"""What is open."""

IS_OPEN: Final = "SELECT 1 FROM intent WHERE key = %s"
"""Whether an intent is open, in whatever hands."""

# Moving.

ALONE: Final = """
BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
SET LOCAL statement_timeout = 0;
SET LOCAL application_name = 'muster store copy';
SET LOCAL idle_in_transaction_session_timeout = '15min';
SELECT pg_advisory_xact_lock({lock})
"""
"""A transaction in which nobody else writes. It may be idle while the other store works."""

ALL_RESOURCES: Final = f"""
SELECT {", ".join("forgotten::int" if name == "forgotten" else name for name in COLUMNS)}
FROM resource WHERE revision > 0 ORDER BY uid
"""
"""Every row but names that are only held."""

ALL_FORMER: Final = "SELECT ref, uid FROM former ORDER BY ref"
"""Every name that was given up."""

ALL_EVENTS: Final = """
SELECT batch.first + event.position, event.uid, event.sequence, event.ref, event.previous, event.hash, event.body
FROM batch JOIN event ON event.batch = batch.id ORDER BY batch.first, event.position
"""
"""The whole log."""

ALL_INTENTS: Final = f'SELECT {_INTENT_COLUMNS} FROM intent ORDER BY key COLLATE "C"'
"""Every intent."""

LOG_SEALS: Final = "SELECT serial, hash, made_at FROM log_seal ORDER BY serial"
"""The seals of the log."""

ADD_LOG_SEAL: Final = "INSERT INTO log_seal (serial, hash, made_at) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"
"""One more seal, unless there is one over as many events."""

LOG_SEAL: Final = "SELECT 1 FROM log_seal WHERE (serial, hash, made_at) = (%s, %s, %s)"
"""Whether this seal is kept."""

ALL_STATUSES: Final = "SELECT ref, body FROM status ORDER BY ref"
"""The conditions of all."""

_NOTICE: Final = "key, target, body, made_at, due_at, attempts, fate, owner, error"

ALL_NOTICES: Final = f"SELECT {_NOTICE} FROM notice ORDER BY key, target"
"""Every notice."""

ALL_NOTIFIED: Final = "SELECT target, serial FROM notified ORDER BY target"
"""Up to where each receiver was told."""

PUT_STATUS: Final = (
    "INSERT INTO status (ref, body) VALUES (%s, %s) ON CONFLICT (ref) DO UPDATE SET body = excluded.body"
)
"""The conditions of a resource, in the place of what there was."""

DROP_STATUS: Final = "DELETE FROM status WHERE ref = %s"
"""A resource that is no more."""

STATUSES: Final = "SELECT body FROM status"
"""The conditions of all."""

STATUS: Final = "SELECT body FROM status WHERE ref = ANY(%s)"
"""The conditions of some resources."""

ODD_TITLES: Final = "SELECT uid, title FROM resource WHERE octet_length(title) <> char_length(title)"
"""Titles with letters beyond ASCII."""

SET_TITLE: Final = "UPDATE resource SET title = %s WHERE uid = %s"
"""A title as the search knows it."""

ENTER_PASS: Final = """
INSERT INTO daemon_pass (id, at, actor) VALUES (1, %s, %s)
ON CONFLICT (id) DO UPDATE SET at = excluded.at, actor = excluded.actor WHERE daemon_pass.at < excluded.at
"""
"""A daemon has passed; never backwards."""

LAST_PASS: Final = "SELECT at, actor FROM daemon_pass"
"""When a daemon last has, and whose."""

CURSOR: Final = "SELECT serial FROM notified WHERE target = %s"
"""Up to where a receiver was told."""

MOVE_CURSOR: Final = """
INSERT INTO notified (target, serial) VALUES (%s, %s)
ON CONFLICT (target) DO UPDATE SET serial = greatest(notified.serial, excluded.serial)
"""
"""A receiver was told up to here; never backwards."""

POST: Final = f"INSERT INTO notice ({_NOTICE}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"
"""A notice, if nobody has written it yet."""

CLAIM: Final = f"""
UPDATE notice SET owner = %(owner)s, due_at = %(until)s, attempts = attempts + 1
WHERE (key, target) IN (
    SELECT key, target FROM notice WHERE fate = 'pending' AND due_at <= %(now)s
    ORDER BY due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
RETURNING {_NOTICE}
"""
"""Take notices that are due; those that somebody else is taking are left to him."""

SETTLE: Final = """
UPDATE notice SET fate = %s, due_at = %s, error = %s, owner = '' WHERE key = %s AND target = %s AND owner = %s
"""
"""What became of a notice, if it still is in these hands."""

IS_SETTLED: Final = "SELECT 1 FROM notice WHERE key = %s AND target = %s AND fate = %s AND due_at = %s AND owner = ''"
"""Whether that became of it."""

TALLY: Final = "SELECT target, fate, count(*) FROM notice GROUP BY target, fate"
"""How many notices there are."""

DEAD: Final = f"SELECT {_NOTICE} FROM notice WHERE fate = 'dead' ORDER BY made_at DESC LIMIT %s"
"""What was given up."""

COUNT_UIDS_ON: Final = "SELECT setval('resource_uid', (SELECT max(uid) FROM resource))"
"""New uids come after those that are here; after none, they begin at the beginning."""

COUNT_ON: Final = "SELECT setval(pg_get_serial_sequence('{0}', 'id'), (SELECT max(id) FROM {0}))"
"""New rows of a table come after those that are here."""

HOLD_NAMES: Final = """
INSERT INTO resource (uid, ref, state, digest, satisfied, flags, revision, entered_at, applied_at, file, revised, head,
    forgotten, document)
SELECT nextval('resource_uid'), ref, '', '', '', '', 0, '', '', '', '', %s, true, '{}' FROM intent WHERE revision = 0
ON CONFLICT (ref) DO NOTHING
"""
"""The names that open intents are going to create."""

NEXT_BATCH: Final = "SELECT nextval('batch_id')"
"""A number for a batch."""

ADD_BATCH: Final = "INSERT INTO batch (id, first, events, token) VALUES (%s, %s, %s, %s)"
"""A batch whose serials are known."""

COUNT_ON_FROM: Final = "UPDATE muster SET serial = %s, hash = %s"
"""The last event."""

CLOSE: Final = "UPDATE muster SET closure = %s"
"""Why the store takes nothing more; null where it does."""

# What the database is.

WHAT_IS_HERE: Final = """
SELECT current_schema() IS NOT NULL,
    EXISTS (SELECT FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relname = 'muster'
        AND obj_description(oid, 'pg_class') = 'The store of Muster'),
    EXISTS (SELECT FROM pg_class WHERE relnamespace = current_schema()::regnamespace)
"""
"""Whether there is a schema to be in, whether it holds our store, and whether it holds anything."""

VERSION: Final = "SELECT version, ({domain}::bigint << 32) | 'muster'::regclass::oid::bigint FROM muster"
"""The number of the last migration, and the number of the lock that this store's writers share."""

MIGRATE_ALONE: Final = "SELECT pg_advisory_xact_lock(%s)"
"""Held by whoever migrates, until its transaction ends."""

SET_VERSION: Final = "UPDATE muster SET version = %s"
"""What a migration leaves as its record."""

FIRST_VERSION: Final = "INSERT INTO muster (version) VALUES (%s)"
"""The record of the first one."""
