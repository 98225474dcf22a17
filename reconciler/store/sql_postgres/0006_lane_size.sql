-- How many units a lane was given: what is left of a million is told by it, without counting them.
ALTER TABLE lane ADD COLUMN units bigint NOT NULL DEFAULT 0;
