"""The workshops: one folder per kind, with its law, the shape of its spec and the runtime that does the work."""
