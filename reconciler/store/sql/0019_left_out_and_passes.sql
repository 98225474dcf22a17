-- Whom a launch did not take in because the store or a suppression list says that they get no mail: `list` is empty where
-- that holds for the whole project. A launch that begins anew begins here anew.
CREATE TABLE left_out (
    id     INTEGER PRIMARY KEY,
    uid    INTEGER NOT NULL,
    key    TEXT    NOT NULL,
    reason TEXT    NOT NULL,
    list   TEXT    NOT NULL
) STRICT;

CREATE INDEX left_out_of ON left_out (uid, id);

-- The last pass of a daemon over this store, whichever daemon that was: one row. Seconds since 1970, UTC.
CREATE TABLE daemon_pass (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    at    REAL NOT NULL,
    actor TEXT NOT NULL
) STRICT;

-- Titles that were stored before the search knew them are in small letters as far as SQLite has these. `folded` is ours.
UPDATE resource SET title = folded(title) WHERE title GLOB '*[^ -~]*';
