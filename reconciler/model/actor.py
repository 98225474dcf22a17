"""Who acts: a word of its own, because whoever reads plans needs it and none of what defines a kind."""

from enum import StrEnum


class Actor(StrEnum):
    """Who takes a transition: a manifest or operator, the runtime's report, or a clock."""

    USER = "user"
    SYSTEM = "system"
    TIMER = "timer"
