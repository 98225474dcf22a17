-- Groups of resources that share values, by the hash of these: the batch in which somebody came in last, and who it was.
-- Whoever comes in compares it and sets it, for two who exclude each other have no row of `resource` in common. Batch 0 is
-- none: a group that somebody has locked, and come to nothing.
CREATE TABLE seat (
    key   TEXT   NOT NULL COLLATE "C" PRIMARY KEY,
    batch BIGINT NOT NULL DEFAULT 0,
    last  TEXT   NOT NULL DEFAULT ''
);
