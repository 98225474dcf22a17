-- What people look for in a resource, beside its document: how the search knows its title, its label `team`, and until
-- when it is held as a whole.
ALTER TABLE resource ADD COLUMN title      TEXT NOT NULL DEFAULT '';
ALTER TABLE resource ADD COLUMN team       TEXT NOT NULL DEFAULT '';
ALTER TABLE resource ADD COLUMN held_until TEXT NOT NULL DEFAULT '';

-- What there is already. Letters beyond ASCII are made small when the resource is next written.
UPDATE resource SET
    title = lower(substr(coalesce(nullif(json_extract(document, '$.spec.title'), ''), json_extract(document, '$.spec.description'), ''), 1, 200)),
    team = coalesce(json_extract(document, '$.metadata.labels.team'), ''),
    held_until = coalesce((
        SELECT max(json_extract(hold.value, '$.until')) FROM json_each(resource.holds) AS hold
        WHERE coalesce(json_array_length(hold.value, '$.paths'), 0) = 0
    ), '');

-- The resources that are not forgotten, narrow enough to look through all of them: by what they are counted, so that
-- counting needs no sorting. Only triggers write it.
CREATE TABLE listed (
    kind       TEXT    NOT NULL,
    state      TEXT    NOT NULL,
    team       TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    archived   INTEGER NOT NULL,
    held_until TEXT    NOT NULL,
    changed    TEXT    NOT NULL,
    -- What the search looks in: the name, and the title as the search knows it.
    sought     TEXT    NOT NULL,
    PRIMARY KEY (kind, state, team, name, version)
) STRICT, WITHOUT ROWID;

-- Pages by name, without looking at what is put away.
CREATE INDEX listed_by_name ON listed (name, kind, version, archived);

CREATE TRIGGER resource_is_listed AFTER INSERT ON resource WHEN NEW.forgotten = 0
BEGIN
    INSERT INTO listed VALUES (
        substr(NEW.ref, 1, instr(NEW.ref, '/') - 1), NEW.state, NEW.team,
        substr(NEW.ref, instr(NEW.ref, '/') + 1, instr(NEW.ref, '@') - instr(NEW.ref, '/') - 1),
        CAST(substr(NEW.ref, instr(NEW.ref, '@') + 1) AS INTEGER),
        NEW.state = 'archived' OR ',' || NEW.flags || ',' LIKE '%,archived,%',
        NEW.held_until, NEW.applied_at, substr(NEW.ref, instr(NEW.ref, '/') + 1, instr(NEW.ref, '@') - instr(NEW.ref, '/') - 1) || ' ' || NEW.title
    );
END;

CREATE TRIGGER resource_is_listed_anew AFTER UPDATE ON resource
BEGIN
    DELETE FROM listed
    WHERE kind = substr(OLD.ref, 1, instr(OLD.ref, '/') - 1) AND state = OLD.state AND team = OLD.team
        AND name = substr(OLD.ref, instr(OLD.ref, '/') + 1, instr(OLD.ref, '@') - instr(OLD.ref, '/') - 1)
        AND version = CAST(substr(OLD.ref, instr(OLD.ref, '@') + 1) AS INTEGER) AND OLD.forgotten = 0;
    INSERT INTO listed SELECT
        substr(NEW.ref, 1, instr(NEW.ref, '/') - 1), NEW.state, NEW.team,
        substr(NEW.ref, instr(NEW.ref, '/') + 1, instr(NEW.ref, '@') - instr(NEW.ref, '/') - 1),
        CAST(substr(NEW.ref, instr(NEW.ref, '@') + 1) AS INTEGER),
        NEW.state = 'archived' OR ',' || NEW.flags || ',' LIKE '%,archived,%',
        NEW.held_until, NEW.applied_at, substr(NEW.ref, instr(NEW.ref, '/') + 1, instr(NEW.ref, '@') - instr(NEW.ref, '/') - 1) || ' ' || NEW.title
    WHERE NEW.forgotten = 0;
END;

CREATE TRIGGER resource_is_not_listed_any_more AFTER DELETE ON resource WHEN OLD.forgotten = 0
BEGIN
    DELETE FROM listed
    WHERE kind = substr(OLD.ref, 1, instr(OLD.ref, '/') - 1) AND state = OLD.state AND team = OLD.team
        AND name = substr(OLD.ref, instr(OLD.ref, '/') + 1, instr(OLD.ref, '@') - instr(OLD.ref, '/') - 1)
        AND version = CAST(substr(OLD.ref, instr(OLD.ref, '@') + 1) AS INTEGER);
END;

INSERT INTO listed SELECT
        substr(resource.ref, 1, instr(resource.ref, '/') - 1), resource.state, resource.team,
        substr(resource.ref, instr(resource.ref, '/') + 1, instr(resource.ref, '@') - instr(resource.ref, '/') - 1),
        CAST(substr(resource.ref, instr(resource.ref, '@') + 1) AS INTEGER),
        resource.state = 'archived' OR ',' || resource.flags || ',' LIKE '%,archived,%',
        resource.held_until, resource.applied_at, substr(resource.ref, instr(resource.ref, '/') + 1, instr(resource.ref, '@') - instr(resource.ref, '/') - 1) || ' ' || resource.title
    FROM resource WHERE forgotten = 0;

-- Whether somebody has to look at a resource: it has drifted, or will not get on by itself.
ALTER TABLE status ADD COLUMN attention INTEGER NOT NULL GENERATED ALWAYS AS (
    instr(body, '["Drifted","True"') > 0 OR instr(body, '["Stalled","True"') > 0
) VIRTUAL;
CREATE INDEX status_attention ON status (ref) WHERE attention = 1;
