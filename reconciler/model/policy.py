"""What a team forbids besides the law of a kind: rules over plans, windows in which nothing changes, thresholds."""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Final

from reconciler.model.diagnostic import Place, Severity
from reconciler.model.match import ANYTHING, Match
from reconciler.model.record import Record
from reconciler.model.window import Window, closes, opens

_BOUNDARIES: Final = 1_000
"""Windows that are gone through to find the end of a freeze; where they join for longer, no end is in sight."""


class Policy(Record, frozen=True):
    """A CEL rule that every plan about a resource that `match` picks must meet; `message` is for who must act."""

    id: str
    message: str
    rule: str
    severity: Severity = Severity.ERROR
    match: Match = ANYTHING
    stops: bool = False
    """Whether it is asked also of what takes a campaign out of action."""
    place: Place = Place()
    rule_at: Place = Place()
    match_at: Place = Place()


class Freeze(Record, frozen=True):
    """Times in which nothing changes: inside `deny`, and, where `allow` names any, outside of these. Deny wins."""

    id: str
    message: str = ""
    deny: tuple[Window, ...] = ()
    allow: tuple[Window, ...] = ()
    zone: str = "UTC"
    match: Match = ANYTHING
    exempt: tuple[str, ...] = ()
    """Events that go on, besides what takes a campaign out of action."""
    place: Place = Place()
    match_at: Place = Place()
    exempt_at: Place = Place()

    def is_open(self, now: datetime) -> bool:
        """Whether changes are allowed."""
        if any(closes(window, now) for window in self.deny):
            return False
        return not self.allow or any(closes(window, now) for window in self.allow)


class Thresholds(Record, frozen=True):
    """How much one plan may do without an acknowledgement. None: any number."""

    max_changes_percent: int = 30
    """Of ten or more outward resources, the share that may leave their outward state."""
    max_deletions: int | None = None
    max_launches: int | None = None
    """Resources that enter an outward state."""


USUAL: Final = Thresholds()


class Policies(Record, frozen=True):
    """All of them, in the order of their files."""

    rules: tuple[Policy, ...] = ()
    freezes: tuple[Freeze, ...] = ()
    thresholds: Thresholds = USUAL

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked of a single resource."""
        return not self.rules and not self.freezes

    def rule(self, name: str) -> Policy | None:
        """The rule with this id."""
        return next((one for one in self.rules if one.id == name), None)


NO_POLICIES: Final = Policies()


@lru_cache(maxsize=1024)  # the resources of a plan are asked at one instant
def reopens(freeze: Freeze, now: datetime) -> datetime | None:
    """The first instant from `now` on at which the freeze lets changes pass; None where none is in sight."""
    for _ in range(_BOUNDARIES):
        if freeze.is_open(now):
            return now
        following = _edge((closes(window, now) for window in freeze.deny), latest=True)
        following = following or _edge(opens(window, now) for window in freeze.allow)
        if following is None:
            return None
        now = following
    return None


def boundaries(freeze: Freeze, since: datetime, until: datetime) -> list[datetime]:
    """The instants after `since`, to `until`, at which a window of the freeze opens or closes; no more than matter."""
    found: list[datetime] = []
    windows = (*freeze.deny, *freeze.allow)
    while len(found) < _BOUNDARIES:
        ahead = (edge for window in windows for stretch in window.stretches(since) for edge in stretch)
        following = min((edge for edge in ahead if edge > since), default=None)
        if following is None or following > until:
            break
        found.append(following)
        since = following
    return found


def _edge(found: Iterable[datetime | None], *, latest: bool = False) -> datetime | None:
    instants = [one for one in found if one is not None]
    return (max if latest else min)(instants, default=None)
