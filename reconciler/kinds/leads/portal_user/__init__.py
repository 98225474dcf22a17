"""A person who sees an account's leads in the portal."""
