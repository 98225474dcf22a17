"""Holds: somebody keeps the reconciler's hands off a resource, or off some fields of it, for a reason and until a time."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from reconciler.model.instant import from_text, to_text
from reconciler.model.record import Record, replace

LONGEST: Final = timedelta(days=366)
"""What should rest for longer than this is to be said in its manifest."""

MOST_TEXT: Final = 500
"""Characters of a reason or an owner."""

STATE: Final = "/state"
"""The path of the state, as changes and acknowledgements name it."""


class Hold(Record, frozen=True):
    """Who keeps a resource as it is, why, since when and until when; both as UTC text.

    Without `paths` the whole resource is held. With them its drift at these JSON Pointers is acknowledged: it is not
    corrected meanwhile, and everything else goes on.
    """

    reason: str
    owner: str
    since: str
    until: str
    paths: tuple[str, ...] = ()

    @property
    def ends(self) -> datetime:
        """When it is over."""
        return from_text(self.until)

    def in_force(self, now: datetime) -> bool:
        """Whether it holds at `now`: up to its end, not at it."""
        return now < self.ends


Holds = tuple[Hold, ...]


def hold_until(reason: str, owner: str, since: datetime, until: datetime, paths: tuple[str, ...] = ()) -> Hold:
    """A hold to a whole second: one that would end within it lasts to its end."""
    if until.microsecond:
        until = until.replace(microsecond=0) + timedelta(seconds=1)
    return Hold(reason, owner, to_text(since), to_text(until), paths)


def keeping(holds: Holds, now: datetime) -> Holds:
    """The holds that keep the whole resource at `now`, in the order of their ends: it stays as it is while there is one."""
    return tuple(sorted((one for one in holds if not one.paths and one.in_force(now)), key=_by_end))


def holding(holds: Holds, now: datetime) -> Hold | None:
    """Of the holds that keep the whole resource at `now` the last to end: with it the resource is free."""
    return next(reversed(keeping(holds, now)), None)


def own(holds: Holds, now: datetime, owner: str) -> Hold | None:
    """The hold of `owner` that keeps the whole resource at `now`."""
    return next((one for one in keeping(holds, now) if one.owner == owner), None)


def acknowledged(holds: Holds, now: datetime, path: str) -> Hold | None:
    """The hold by which a drift at `path`, or of what it belongs to, is left at `now`."""
    return next(
        (one for one in holds if one.in_force(now) and any(_covers(outer, path) for outer in one.paths)),
        None,
    )


def expired(holds: Holds, now: datetime) -> list[Hold]:
    """The holds that are over at `now`, in the order of their ends."""
    return sorted((one for one in holds if not one.in_force(now)), key=lambda one: (one.ends, one.paths))


def without(holds: Holds, gone: Hold) -> Holds:
    """The holds but for one of them."""
    return tuple(one for one in holds if one != gone)


def held_anew(holds: Holds, new: Hold) -> Holds:
    """The holds with a new one: of each owner a whole resource has one hold, and a path has one acknowledgement, the last.

    So nobody's hold is lost to, or shortened by, that of somebody else.
    """
    kept: list[Hold] = []
    for one in holds:
        paths = tuple(path for path in one.paths if path not in new.paths)
        if not one.paths and not new.paths and one.owner == new.owner:
            continue
        if not one.paths or paths:
            kept.append(replace(one, paths=paths))
    return (*kept, new)


def holds_to_json(holds: Sequence[Hold]) -> list[dict[str, Any]]:
    """The holds as the store, the log and every view have them."""
    return [
        {"reason": one.reason, "owner": one.owner, "since": one.since, "until": one.until}
        | ({"paths": list(one.paths)} if one.paths else {})
        for one in holds
    ]


def holds_from_json(data: Sequence[Mapping[str, Any]]) -> Holds:
    """What `holds_to_json` wrote."""
    return tuple(
        Hold(one["reason"], one["owner"], one["since"], one["until"], tuple(one.get("paths", ()))) for one in data
    )


def _by_end(one: Hold) -> tuple[datetime, str]:
    return one.ends, one.owner


def _covers(outer: str, path: str) -> bool:
    return path == outer or path.startswith(f"{outer}/")
