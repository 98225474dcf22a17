-- Groups of resources that share values, by the hash of these: the event by which somebody came in last, and who it was.
-- Whoever comes in compares it and sets it, for two who exclude each other have no row of `resource` in common.
CREATE TABLE seat (
    key    TEXT    NOT NULL PRIMARY KEY,
    serial INTEGER NOT NULL,
    last   TEXT    NOT NULL
) STRICT;
