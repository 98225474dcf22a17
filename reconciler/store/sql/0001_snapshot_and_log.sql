-- "Must" in ASCII: by this a file is known as ours.
PRAGMA application_id = 0x4d757374;

-- Actual state, one row a resource. `revision` is what every write compares; `head` is the hash of the last event.
CREATE TABLE resource (
    uid        INTEGER PRIMARY KEY,
    ref        TEXT    NOT NULL UNIQUE,
    state      TEXT    NOT NULL,
    digest     TEXT    NOT NULL,
    satisfied  TEXT    NOT NULL,
    flags      TEXT    NOT NULL,
    revision   INTEGER NOT NULL,
    entered_at TEXT    NOT NULL,
    applied_at TEXT    NOT NULL,
    file       TEXT    NOT NULL,
    revised    TEXT    NOT NULL,
    head       TEXT    NOT NULL,
    forgotten  INTEGER NOT NULL DEFAULT 0,
    document   TEXT    NOT NULL
) STRICT;

-- Names that resources gave up when they were renamed: their history is found by them, and no campaign takes them again.
CREATE TABLE former (
    ref TEXT    NOT NULL PRIMARY KEY,
    uid INTEGER NOT NULL
) STRICT;

-- The log, append-only. `serial` orders everything; (uid, sequence) is a resource's own chain of hashes, and a line's
-- sequence is the revision that it made.
CREATE TABLE event (
    serial   INTEGER PRIMARY KEY,
    uid      INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    ref      TEXT    NOT NULL,
    previous TEXT    NOT NULL,
    hash     TEXT    NOT NULL,
    body     TEXT    NOT NULL,
    UNIQUE (uid, sequence)
) STRICT;

CREATE TRIGGER event_is_never_changed BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'the event log is append-only'); END;

CREATE TRIGGER event_is_never_deleted BEFORE DELETE ON event
BEGIN SELECT RAISE(ABORT, 'the event log is append-only'); END;

-- REPLACE deletes what is in its way without asking the trigger above.
CREATE TRIGGER event_is_never_replaced BEFORE INSERT ON event
WHEN EXISTS (SELECT 1 FROM event WHERE serial = NEW.serial)
  OR EXISTS (SELECT 1 FROM event WHERE uid = NEW.uid AND sequence = NEW.sequence)
BEGIN SELECT RAISE(ABORT, 'the event log is append-only'); END;

-- Steps whose effects were begun: what a crash leaves behind, at most one a resource, which nobody else changes
-- meanwhile. `owner` is the run that is at work on it, until `expires_at` at most; null where nobody is.
CREATE TABLE intent (
    key        TEXT    NOT NULL PRIMARY KEY,
    ref        TEXT    NOT NULL UNIQUE,
    revision   INTEGER NOT NULL,
    effects    TEXT    NOT NULL,
    write      TEXT    NOT NULL,
    begun_at   TEXT    NOT NULL,
    owner      TEXT,
    expires_at TEXT
) STRICT;
