-- What people look for in a resource, beside its document: how the search knows its title, its label `team`, and until
-- when it is held as a whole.
ALTER TABLE resource
    ADD COLUMN title      TEXT NOT NULL DEFAULT '',
    ADD COLUMN team       TEXT NOT NULL DEFAULT '' COLLATE "C",
    ADD COLUMN held_until TEXT NOT NULL DEFAULT '' COLLATE "C";

-- A text within a document; nothing where there is none, or none that PostgreSQL can have (a document may hold \u0000).
CREATE FUNCTION text_within(document TEXT, VARIADIC path TEXT[]) RETURNS TEXT LANGUAGE plpgsql IMMUTABLE AS
$$ BEGIN RETURN coalesce(document::json #>> path, ''); EXCEPTION WHEN OTHERS THEN RETURN ''; END $$;

-- What there is already. Letters that this database cannot make small are when the resource is next written.
UPDATE resource SET
    title = lower(left(coalesce(nullif(text_within(document, 'spec', 'title'), ''), text_within(document, 'spec', 'description')), 200)),
    team = text_within(document, 'metadata', 'labels', 'team'),
    held_until = coalesce((
        SELECT max(hold ->> 'until' COLLATE "C") FROM json_array_elements(holds::json) AS hold
        WHERE coalesce(json_array_length(hold -> 'paths'), 0) = 0
    ), '');
DROP FUNCTION text_within;

-- The resources that are not forgotten, narrow enough to look through all of them. Only triggers write it.
CREATE TABLE listed (
    kind       TEXT    NOT NULL COLLATE "C",
    state      TEXT    NOT NULL COLLATE "C",
    team       TEXT    NOT NULL COLLATE "C",
    name       TEXT    NOT NULL COLLATE "C",
    version    BIGINT  NOT NULL,
    archived   INTEGER NOT NULL,
    held_until TEXT    NOT NULL COLLATE "C",
    changed    TEXT    NOT NULL COLLATE "C",
    -- What the search looks in: the name, and the title as the search knows it.
    sought     TEXT    NOT NULL,
    PRIMARY KEY (name, kind, version)
);

-- The order by last change: sorting 100,000 rows takes this server as long as all else of a page.
CREATE INDEX listed_changed ON listed (changed, name, kind, version);

-- As SQLite calls it, so that both are asked alike.
CREATE FUNCTION instr(within TEXT, part TEXT) RETURNS INTEGER LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN strpos(within, part);

CREATE VIEW to_list AS
    SELECT uid, split_part(ref, '/', 1) AS kind, state, team,
        split_part(split_part(ref, '/', 2), '@', 1) AS name, split_part(ref, '@', 2)::bigint AS version,
        (state = 'archived' OR 'archived' = ANY(string_to_array(flags, ',')))::int AS archived,
        held_until, applied_at AS changed, split_part(split_part(ref, '/', 2), '@', 1) || ' ' || title AS sought
    FROM resource WHERE NOT forgotten;

CREATE FUNCTION list_new_resources() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
    INSERT INTO listed SELECT kind, state, team, name, version, archived, held_until, changed, sought
    FROM to_list WHERE uid IN (SELECT uid FROM fresh);
    RETURN NULL;
END $$;

CREATE FUNCTION list_resource_anew() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
    IF NOT OLD.forgotten AND (TG_OP = 'DELETE' OR NEW.forgotten OR NEW.ref <> OLD.ref) THEN
        DELETE FROM listed
        WHERE name = split_part(split_part(OLD.ref, '/', 2), '@', 1) AND kind = split_part(OLD.ref, '/', 1)
            AND version = split_part(OLD.ref, '@', 2)::bigint;
    END IF;
    IF TG_OP = 'UPDATE' AND NOT NEW.forgotten THEN
        INSERT INTO listed SELECT kind, state, team, name, version, archived, held_until, changed, sought
        FROM to_list WHERE uid = NEW.uid
        ON CONFLICT (name, kind, version) DO UPDATE SET state = excluded.state, team = excluded.team,
            archived = excluded.archived, held_until = excluded.held_until, changed = excluded.changed,
            sought = excluded.sought;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER resource_is_listed AFTER INSERT ON resource REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION list_new_resources();

CREATE TRIGGER resource_is_listed_anew AFTER UPDATE OR DELETE ON resource
    FOR EACH ROW EXECUTE FUNCTION list_resource_anew();

INSERT INTO listed SELECT kind, state, team, name, version, archived, held_until, changed, sought FROM to_list;

-- Whether somebody has to look at a resource: it has drifted, or will not get on by itself.
ALTER TABLE status ADD COLUMN attention INTEGER NOT NULL GENERATED ALWAYS AS (
    (strpos(body, '["Drifted","True"') > 0 OR strpos(body, '["Stalled","True"') > 0)::int
) STORED;
CREATE INDEX status_attention ON status (ref) WHERE attention = 1;
