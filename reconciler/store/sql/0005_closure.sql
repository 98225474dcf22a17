-- Why nothing more is written into this store, once it was moved: one row then.
CREATE TABLE closure (
    one  INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    text TEXT    NOT NULL
) STRICT;
