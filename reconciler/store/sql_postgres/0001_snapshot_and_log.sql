-- One row: which version of the tables this is, the last event by serial and hash, and, in a store that is closed,
-- why nothing more is written into it. By its comment a database is known as ours.
CREATE TABLE muster (
    one     BOOLEAN NOT NULL PRIMARY KEY DEFAULT true CHECK (one),
    version INTEGER NOT NULL,
    serial  BIGINT  NOT NULL DEFAULT 0,
    hash    TEXT    NOT NULL DEFAULT '',
    closure TEXT
-- It changes with every commit: room in its page keeps that cheap.
) WITH (fillfactor = 10);
COMMENT ON TABLE muster IS 'The store of Muster';

-- Actual state, one row a resource. `revision` is what every write compares; `head` is the hash of the last event.
-- Revision 0 is a name that an open intent to create holds: no resource yet, and not to be made by anybody else.
-- Text is compared byte by byte, as SQLite does, and as the order of refs wants it.
CREATE TABLE resource (
    uid        BIGINT  NOT NULL PRIMARY KEY,
    ref        TEXT    NOT NULL COLLATE "C" UNIQUE,
    state      TEXT    NOT NULL,
    digest     TEXT    NOT NULL,
    satisfied  TEXT    NOT NULL,
    flags      TEXT    NOT NULL,
    revision   BIGINT  NOT NULL,
    entered_at TEXT    NOT NULL,
    applied_at TEXT    NOT NULL,
    file       TEXT    NOT NULL,
    revised    TEXT    NOT NULL,
    head       TEXT    NOT NULL,
    forgotten  BOOLEAN NOT NULL DEFAULT false,
    document   TEXT    NOT NULL,
    asked      TEXT    NOT NULL DEFAULT '',
    holds      TEXT    NOT NULL DEFAULT '[]',
    operated   TEXT    NOT NULL DEFAULT ''
);
CREATE SEQUENCE resource_uid OWNED BY resource.uid;

-- Names that resources gave up when they were renamed: their history is found by them, and no campaign takes them again.
CREATE TABLE former (
    ref TEXT   NOT NULL COLLATE "C" PRIMARY KEY,
    uid BIGINT NOT NULL
);

-- What one transaction wrote. Its events are counted here, in its last statement: a serial is `first` + `position`.
-- `token` is how a client that lost the answer to its commit finds out whether there was one.
CREATE TABLE batch (
    id     BIGINT  NOT NULL PRIMARY KEY,
    first  BIGINT  NOT NULL UNIQUE,
    events INTEGER NOT NULL,
    token  UUID    NOT NULL
);
CREATE SEQUENCE batch_id OWNED BY batch.id;

-- The log, append-only. (uid, sequence) is a resource's own chain of hashes, and a line's sequence is the revision that
-- it made.
CREATE TABLE event (
    batch    BIGINT  NOT NULL,
    position INTEGER NOT NULL,
    uid      BIGINT  NOT NULL,
    sequence BIGINT  NOT NULL,
    ref      TEXT    NOT NULL,
    previous TEXT    NOT NULL,
    hash     TEXT    NOT NULL,
    body     TEXT    NOT NULL,
    PRIMARY KEY (batch, position),
    UNIQUE (uid, sequence)
);

-- The log as people read it.
CREATE VIEW log AS
    SELECT batch.first + event.position AS serial, event.uid, event.sequence, event.ref, event.body, event.previous, event.hash
    FROM batch JOIN event ON event.batch = batch.id;

CREATE FUNCTION refuse_to_change_the_log() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the event log is append-only' USING ERRCODE = 'integrity_constraint_violation'; END $$;

CREATE TRIGGER event_is_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_the_log();

CREATE TRIGGER batch_is_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON batch
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_the_log();

-- Steps whose effects were begun: what a crash leaves behind, at most one a resource, which nobody else changes
-- meanwhile. `owner` is the run that is at work on it, until `expires_at` at most, by this server's clock; null where
-- nobody is.
CREATE TABLE intent (
    key        TEXT   NOT NULL PRIMARY KEY,
    ref        TEXT   NOT NULL COLLATE "C" UNIQUE,
    revision   BIGINT NOT NULL,
    effects    TEXT   NOT NULL,
    write      TEXT   NOT NULL,
    begun_at   TEXT   NOT NULL COLLATE "C",
    owner      TEXT,
    expires_at TEXT
);

-- Seals of the log: one hash over the first `serial` events, made afterwards, kept so that a log that was cut or
-- rewritten shows.
CREATE TABLE log_seal (
    serial  BIGINT NOT NULL PRIMARY KEY,
    hash    TEXT   NOT NULL,
    made_at TEXT   NOT NULL
);

CREATE TRIGGER log_seal_is_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON log_seal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_the_log();

-- The conditions of each resource, as the last pass that changed them found them: canonical JSON. No part of the log.
CREATE TABLE status (
    ref  TEXT NOT NULL COLLATE "C" PRIMARY KEY,
    body TEXT NOT NULL
);

-- Messages to receivers, written down with what they are about and sent afterwards. (key, target) makes each of them one,
-- whoever notices it. A pending one is taken by setting `owner`, and `due_at` to when it may be taken from that one again.
CREATE TABLE notice (
    key      TEXT    NOT NULL COLLATE "C",
    target   TEXT    NOT NULL COLLATE "C",
    body     TEXT    NOT NULL,
    made_at  TEXT    NOT NULL COLLATE "C",
    due_at   TEXT    NOT NULL COLLATE "C",
    attempts INTEGER NOT NULL,
    fate     TEXT    NOT NULL,
    owner    TEXT    NOT NULL,
    error    TEXT    NOT NULL,
    PRIMARY KEY (key, target)
);

CREATE INDEX notice_due ON notice (due_at) WHERE fate = 'pending';

-- Up to which event notices were written, by receiver.
CREATE TABLE notified (
    target TEXT   NOT NULL COLLATE "C" PRIMARY KEY,
    serial BIGINT NOT NULL
);
