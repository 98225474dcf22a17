-- Seals of the log: one hash over the first `serial` events, made afterwards, kept so that a log that was cut or rewritten shows.
CREATE TABLE log_seal (
    serial  INTEGER NOT NULL PRIMARY KEY,
    hash    TEXT    NOT NULL,
    made_at TEXT    NOT NULL
) STRICT;

CREATE TRIGGER log_seal_is_never_changed BEFORE UPDATE ON log_seal
BEGIN SELECT RAISE(ABORT, 'seals of the log are never changed'); END;

CREATE TRIGGER log_seal_is_never_deleted BEFORE DELETE ON log_seal
BEGIN SELECT RAISE(ABORT, 'seals of the log are never deleted'); END;

-- REPLACE deletes what is in its way without asking the trigger above.
CREATE TRIGGER log_seal_is_never_replaced BEFORE INSERT ON log_seal
WHEN EXISTS (SELECT 1 FROM log_seal WHERE serial = NEW.serial)
BEGIN SELECT RAISE(IGNORE); END;
