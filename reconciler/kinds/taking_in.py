"""How whole sources, and files beside them, are taken in: batch by batch, each row or what is wrong with it, and what is gone.

A row with a fault is left out: it counts as not named, so nobody is contacted for what nobody can read. A source that cannot be
read to its end lists nothing as gone. Of two rows with one number the first counts, and the second is a fault.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final, Generic, TypeAlias, TypeVar

from reconciler.feed.row import Fault, Row, Trouble
from reconciler.feed.source import CsvFile, JsonLines, Query, Source
from reconciler.kinds.loaded import Loaded
from reconciler.kinds.sourced import LEFT_OUT, Layout, source_rows
from reconciler.model import canonical
from reconciler.model.errors import Permanent
from reconciler.model.intake import EVERYTHING, Became, Intake, Reading, Taken
from reconciler.model.ports import Beat
from reconciler.model.ref import Ref
from reconciler.store.intake import Numbered

R = TypeVar("R", bound=Numbered)
Parse: TypeAlias = Callable[[Row, Layout], R | Sequence[Fault]]
"""The invoice or account that a row is, or all that is wrong with it."""

BATCH: Final = 500
"""Rows of one transaction."""
SHOWN: Final = 50
"""Faults that are kept to be told; all are counted."""
EVERY: Final = timedelta(minutes=10)
"""How often a database is asked again; of a file one can see that it has changed."""
_RETIRED: Final = "out of use"


@dataclass(frozen=True, slots=True)
class Origin(Generic[R]):
    """A source that is in use: its uid, how its rows are laid out and parsed; `needed` are the columns that it must have."""

    ref: Ref
    uid: int
    layout: Layout
    parse: Parse[R]
    needed: tuple[str, ...]


@dataclass(slots=True)
class _Course(Generic[R]):
    """A reading as it goes: what was seen so far."""

    origin: Origin[R]
    source: Source
    lines: dict[str, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    left_out: int = 0
    is_whole: bool = True

    def rows(self) -> Iterator[R]:
        """The rows that can be taken; everything else is noted."""
        origin = self.origin
        for found in source_rows(self.source, origin.layout, origin.needed):
            if isinstance(found, Fault):
                self._note([found])
                continue
            made = origin.parse(found, origin.layout)
            if isinstance(made, Sequence):
                self._note(made)
            elif (before := self.lines.setdefault(made.number, found.line)) != found.line:
                self._note([_twice(made.number, found.line, before)])
            else:
                yield made

    def _note(self, faults: Sequence[Fault]) -> None:
        self.is_whole = self.is_whole and not any(one.final for one in faults)
        self.left_out += 1
        self.faults.extend(faults[: SHOWN - len(self.faults)])


def peek(origin: Origin[R], source: Source) -> Iterator[R]:
    """The rows of a source that could be taken, without taking them: for a plan that is made before the source is applied."""
    return _Course(origin, source).rows()


def read_whole(intake: Intake[R], origin: Origin[R], source: Source, now: datetime, beat: Beat) -> Loaded:
    """Read a source to its end: what it names is taken, and what it names no more is listed no more."""
    course, signature = _Course(origin, source), signature_of(origin, source)
    reading = intake.begin_reading(origin.uid)
    counts = _taken(intake, origin.uid, course.rows(), (now, reading), beat)
    loaded = _loaded(course, counts)
    if not course.is_whole:
        return loaded
    gone = intake.end_reading(origin.uid, reading, Reading(now, signature, loaded.trouble))
    return _loaded(course, counts, gone)


def add_from(intake: Intake[R], origin: Origin[R], source: Source, now: datetime, beat: Beat) -> Loaded:
    """Take the rows of a file as if they had been posted: what it does not name stays as it is."""
    course = _Course(origin, source)
    return _loaded(course, _taken(intake, origin.uid, course.rows(), (now, 0), beat))


def is_due(intake: Intake[Any], origin: Origin[Any], source: Source, now: datetime) -> bool:
    """Whether a source is to be read again: it has changed, or it is a database whose turn has come."""
    last = intake.last_reading(origin.uid)
    if last is None or last.signature != signature_of(origin, source):
        return True
    return isinstance(source, Query) and now - last.at >= EVERY


def retire(intake: Intake[Any], uid: int, now: datetime) -> None:
    """List nothing more of a source that was taken out of use: what it said last, nobody knows to be so any more."""
    last = intake.last_reading(uid)
    if last is None or last.signature != _RETIRED:
        intake.end_reading(uid, EVERYTHING, Reading(now, _RETIRED))


def signature_of(origin: Origin[Any], source: Source) -> str:
    """What differs once the source may say something else. Permanent where its file cannot be looked at."""
    layout = [origin.layout.id, origin.layout.columns, origin.layout.types, origin.layout.currency]
    return canonical.digest([layout, _look(source)])


def _look(source: Source) -> Any:
    match source:
        case CsvFile(path) | JsonLines(path):
            try:
                found = Path(path).stat()
            except OSError as error:
                raise Permanent(f"{path} cannot be read: {error.strerror}") from None
            return [found.st_mtime_ns, found.st_size, found.st_ino]
        case Query(query=text):
            return text
    return [dict(row) for row in source.rows]


def _taken(
    intake: Intake[R], uid: int, found: Iterator[R], when: tuple[datetime, int], beat: Beat
) -> dict[Became, int]:
    counts = dict.fromkeys(Became, 0)
    now, reading = when
    while batch := list(islice(found, BATCH)):
        for became in intake.take(uid, batch, now, reading):
            counts[became] += 1
        beat()
    return counts


def _loaded(course: _Course[R], counts: dict[Became, int], gone: int = 0) -> Loaded:
    taken = Taken(counts[Became.ADDED], counts[Became.CHANGED], counts[Became.SAME], gone)
    place = course.source.path if isinstance(course.source, CsvFile | JsonLines) else ""
    return Loaded(course.origin.ref, taken, place, course.faults, course.left_out, course.is_whole)


def _twice(number: str, line: int, before: int) -> Fault:
    return Fault(Trouble.TWICE, line, f"{number!r} stands in line {before} already, which counts", LEFT_OUT)
