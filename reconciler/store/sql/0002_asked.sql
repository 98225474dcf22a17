-- The `state` that the manifest asked for when the resource was last written; empty where that was never recorded.
ALTER TABLE resource ADD COLUMN asked TEXT NOT NULL DEFAULT '';
