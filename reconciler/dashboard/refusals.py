"""Why there is no page: what its function may raise, and what a visit raises for it."""


class Missing(Exception):
    """There is nothing at this address; the text says what was looked for."""


class Refused(Exception):
    """What was asked cannot be done; the text says why, and what to do instead."""
