-- The conditions of each resource, as the last pass that changed them found them: canonical JSON. No part of the log.
CREATE TABLE status (
    ref  TEXT NOT NULL PRIMARY KEY,
    body TEXT NOT NULL
) STRICT;

-- Messages to receivers, written down with what they are about and sent afterwards. (key, target) makes each of them one,
-- whoever notices it. A pending one is taken by setting `owner`, and `due_at` to when it may be taken from that one again.
CREATE TABLE notice (
    key      TEXT    NOT NULL,
    target   TEXT    NOT NULL,
    body     TEXT    NOT NULL,
    made_at  TEXT    NOT NULL,
    due_at   TEXT    NOT NULL,
    attempts INTEGER NOT NULL,
    fate     TEXT    NOT NULL,
    owner    TEXT    NOT NULL,
    error    TEXT    NOT NULL,
    PRIMARY KEY (key, target)
) STRICT;

CREATE INDEX notice_due ON notice (due_at) WHERE fate = 'pending';

-- Up to which event notices were written, by receiver.
CREATE TABLE notified (
    target TEXT    NOT NULL PRIMARY KEY,
    serial INTEGER NOT NULL
) STRICT;
