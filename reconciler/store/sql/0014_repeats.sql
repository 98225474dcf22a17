-- Up to how many attempts a unit is done again of which nobody knows what became: 0 where doing it twice is no matter of course.
ALTER TABLE unit ADD COLUMN repeats INTEGER NOT NULL DEFAULT 0;
