"""Policy packs: limits of contact that a law or a code describes, as data. Configuration, not legal advice."""
