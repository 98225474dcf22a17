"""The post: all that knows mail, and nothing of kinds, stores or YAML."""
