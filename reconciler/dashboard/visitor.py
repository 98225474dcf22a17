"""Who looks at the dashboard, and what they may do there."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What somebody may do. Each may do what those before it may."""

    VIEWER = "viewer"
    """Look at everything."""
    OPERATOR = "operator"
    """Take the brake: transitions with a reason and an end, holds, enqueueing, tests, the engine's pause; prepare patches."""
    ADMINISTRATOR = "administrator"
    """Write branches into the repository, release what others hold, read the audit."""

    def may(self, needed: "Role") -> bool:
        """Whether this role is the needed one, or one that may do more."""
        order = list(Role)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is known. `seal` stands in every form that changes something: no other site can know it."""

    name: str
    role: Role
    seal: str
    can_leave: bool = False
    """Whether they have come in by a token: whom a proxy names, that one signs out."""

    @property
    def actor(self) -> str:
        """As the log names them."""
        return f"user:{self.name}"
