"""THE POST: all that knows mail, and nothing of kinds, the store or YAML."""
