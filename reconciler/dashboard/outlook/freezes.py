"""When freezes let nothing change: the stretches of time in which they are shut, as local days."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from reconciler.model.policy import Freeze, boundaries


@dataclass(frozen=True, slots=True)
class Closed:
    """A stretch in which a freeze is shut, from `start` to just before `end`, both in the zone of the calendar."""

    id: str
    message: str
    kinds: tuple[str, ...]
    labels: tuple[tuple[str, str], ...]
    start: datetime
    end: datetime
    place: str
    is_open_ended: bool = False
    """Whether it goes on beyond what was looked at."""

    def touches(self, day: date) -> bool:
        """Whether it is shut at some time of a day."""
        last = self.end - timedelta(microseconds=1)
        return self.start.date() <= day <= last.date()


def closed(freezes: Sequence[Freeze], since: datetime, until: datetime, zone: str) -> list[Closed]:
    """Every stretch between two instants in which a freeze is shut, by when it begins."""
    found = [one for freeze in freezes for one in _stretches(freeze, since, until, ZoneInfo(zone))]
    return sorted(found, key=lambda one: (one.start, one.id))


def _stretches(freeze: Freeze, since: datetime, until: datetime, place: ZoneInfo) -> Iterator[Closed]:
    begin: datetime | None = None
    edges = [since, *boundaries(freeze, since, until)]
    for at in edges:
        is_open = freeze.is_open(at)
        if begin is None and not is_open:
            begin = at
        elif begin is not None and is_open:
            yield _closed(freeze, (begin, at), place)
            begin = None
    if begin is not None:
        yield _closed(freeze, (begin, until), place, lasts=True)


def _closed(freeze: Freeze, span: tuple[datetime, datetime], place: ZoneInfo, lasts: bool = False) -> Closed:
    start, end = (at.astimezone(place) for at in span)
    at = str(freeze.place) if freeze.place.file else ""
    return Closed(freeze.id, freeze.message, freeze.match.kinds, freeze.match.labels, start, end, at, lasts)
