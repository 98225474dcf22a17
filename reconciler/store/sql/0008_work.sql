-- The outside work of a campaign, by the uid of its resource. Its lanes are run while `phase` is open and the resource is
-- in the state `works_in`. `total` counts its units. Times are seconds since 1970, UTC.
CREATE TABLE job (
    uid        INTEGER NOT NULL PRIMARY KEY,
    phase      TEXT    NOT NULL,
    generation INTEGER NOT NULL,
    works_in   TEXT    NOT NULL,
    total      INTEGER NOT NULL DEFAULT 0,
    opened_at  REAL    NOT NULL DEFAULT 0,
    package    TEXT    NOT NULL DEFAULT '{}'
) STRICT;

CREATE INDEX job_open ON job (uid) WHERE phase = 'open';

-- Who runs which part of a job. A lease is `owner`'s until `expires_at`; nobody takes the lane up before `due_at`.
CREATE TABLE lane (
    uid        INTEGER NOT NULL,
    number     INTEGER NOT NULL,
    via        TEXT    NOT NULL,
    owner      TEXT    NOT NULL DEFAULT '',
    generation INTEGER NOT NULL DEFAULT 0,
    expires_at REAL    NOT NULL DEFAULT 0,
    due_at     REAL    NOT NULL DEFAULT 0,
    windows    INTEGER NOT NULL DEFAULT 0,
    trouble    TEXT    NOT NULL DEFAULT '',
    sent       INTEGER NOT NULL DEFAULT 0,
    failed     INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (uid, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX lane_via ON lane (via) WHERE owner <> '';

-- One row for each piece of outside work, once by its key.
CREATE TABLE unit (
    id       INTEGER PRIMARY KEY,
    uid      INTEGER NOT NULL,
    key      TEXT    NOT NULL,
    lane     INTEGER NOT NULL DEFAULT 0,
    stage    TEXT    NOT NULL,
    due_at   REAL    NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    owner    TEXT    NOT NULL DEFAULT '',
    at       REAL    NOT NULL DEFAULT 0,
    payload  TEXT    NOT NULL,
    answer   TEXT    NOT NULL DEFAULT '',
    UNIQUE (uid, key)
) STRICT;

-- What a lane takes next, and what it has begun.
CREATE INDEX unit_open ON unit (uid, lane, stage, due_at, id) WHERE stage IN ('pending', 'sending');

-- Few beside those that were sent: what is counted and listed by stage.
CREATE INDEX unit_odd ON unit (uid, stage, id) WHERE stage IN ('failed', 'suppressed', 'cancelled', 'unknown');

-- Effects that were brought about, by the keys of their intents.
CREATE TABLE effect (
    key TEXT NOT NULL PRIMARY KEY,
    at  REAL NOT NULL
) STRICT, WITHOUT ROWID;

-- What draws on a rate goes through here one after another: `turn` is raised by each, so that its row is locked.
CREATE TABLE bucket (
    name TEXT    NOT NULL PRIMARY KEY,
    turn INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What the window of this token took from a bucket: it counts until `ended_at`, when the last call of the window was over,
-- plus the rate's span. While the window is under way `ended_at` is the end of its lease.
CREATE TABLE spent (
    bucket   TEXT    NOT NULL,
    token    TEXT    NOT NULL,
    units    INTEGER NOT NULL,
    ended_at REAL    NOT NULL,
    PRIMARY KEY (token, bucket)
) STRICT, WITHOUT ROWID;

CREATE INDEX spent_until ON spent (bucket, ended_at);

-- How many units a lane sent in each ten seconds.
CREATE TABLE pace (
    uid   INTEGER NOT NULL,
    lane  INTEGER NOT NULL,
    at    INTEGER NOT NULL,
    units INTEGER NOT NULL,
    PRIMARY KEY (uid, lane, at)
) STRICT, WITHOUT ROWID;
