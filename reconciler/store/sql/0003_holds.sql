-- Who keeps the reconciler's hands off a resource, as a JSON list; one is in force until its time, whatever the row says then.
ALTER TABLE resource ADD COLUMN holds TEXT NOT NULL DEFAULT '[]';
-- Why an operator took the resource into its present state; empty where a manifest, a timer or the runtime did.
ALTER TABLE resource ADD COLUMN operated TEXT NOT NULL DEFAULT '';
