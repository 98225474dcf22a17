"""A partner's contract to deliver leads into one campaign version."""
