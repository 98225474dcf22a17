"""One difference between the stored document and the desired one."""

from enum import Enum
from typing import Any, Final

from reconciler.model.diagnostic import Place
from reconciler.model.record import Record


class Absence(Enum):
    """The value of a member that is not there; distinct from null, which a document may hold."""

    ABSENT = "absent"

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = Absence.ABSENT


class Change(Record, frozen=True):
    """`path` is a JSON Pointer; list items with an `x-key` and members of sets are named by key or value, not index."""

    path: str
    before: Any = ABSENT
    after: Any = ABSENT
    layer: Place = Place()
    """Where an environment says so; nowhere where the manifest's own file does, or nobody has looked."""

    @property
    def adds_or_removes(self) -> bool:
        """Whether a member appears or vanishes here, rather than changing its value."""
        return self.before is ABSENT or self.after is ABSENT


def escape(member: str) -> str:
    """One token of a JSON Pointer (RFC 6901)."""
    return member.replace("~", "~0").replace("/", "~1") if "~" in member or "/" in member else member


def unescape(token: str) -> str:
    """The member that a JSON Pointer's token names."""
    return token.replace("~1", "/").replace("~0", "~") if "~" in token else token


def tokens(pointer: str) -> tuple[str, ...]:
    """The members that `pointer` walks through; none for the whole document."""
    return tuple(unescape(token) for token in pointer.split("/")[1:])
