"""Who receives a campaign: everyone included, less the excluded, the suppressed, and whom the store must not mail (E-43).

Lists are read once, in the order in which the campaign names them; of equal addresses the first row counts. Nothing is held
but one batch, so memory does not grow with the lists (AMB-E5: the outcome is a snapshot, written where the launch is).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Final, TypeVar

import msgspec

from reconciler.feed.row import Fault, Trouble
from reconciler.kinds.email.audience import Audience, Target
from reconciler.kinds.email.reading import Contact, Reading, readings
from reconciler.kinds.email.staging import Candidate, Staging
from reconciler.model.record import Record

BATCH: Final = 1000
"""Recipients handed on at a time."""

SHOWN: Final = 100
"""Faults kept in full; the rest is counted."""

MAX_CONTACT: Final = 1 << 16
"""Bytes of one contact as JSON: they are stored for every recipient."""

EXCLUDED: Final = "excluded"
SUPPRESSED: Final = "suppressed"

_HARMLESS: Final = frozenset({Trouble.BAD_ADDRESS, Trouble.NO_ADDRESS, Trouble.CONDITION})
"""Faults after which a list that keeps people out still does so: what is no address is not mailed anyway."""

T = TypeVar("T")

_encode = msgspec.json.Encoder().encode


class Located(Record, frozen=True):
    """A fault, and the list that has it."""

    ref: str
    fault: Fault


class Reached(Record, frozen=True):
    """What one list, segment or suppression list came to: `rows` of its list that it matched, duplicates included.

    `role` is include, exclude or suppress.
    """

    ref: str
    role: str
    rows: int


@dataclass(frozen=True, slots=True)
class Resolution:
    """What resolving came to. Where `broken` is not empty a list is not whole, and nothing may be sent."""

    reached: tuple[Reached, ...]
    duplicates: int
    removed: Mapping[str, int]
    total: int
    faults: tuple[Located, ...]
    counts: Mapping[tuple[str, str], int]
    """How many faults there are, by list and code."""
    broken: tuple[Located, ...]


def breaks(fault: Fault, *, is_strict: bool) -> bool:
    """Whether a list with this fault may not be used; a list that keeps people out is read strictly.

    Whoever stands in a row of it that cannot be read would be mailed.
    """
    return fault.final or (is_strict and fault.code not in _HARMLESS)


def resolve(audience: Audience, staging: Staging, now: datetime) -> Resolution:
    """Gather the recipients in `staging`; `now` is the launch's instant. Where a list is broken, the rest is still read."""
    return _Resolving(staging, now).run(audience)


@dataclass(slots=True)
class _Resolving:
    """One pass over the lists, and what it has counted."""

    staging: Staging
    now: datetime
    reached: list[Reached] = field(default_factory=list)
    removed: Counter[str] = field(default_factory=Counter)
    faults: list[Located] = field(default_factory=list)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    broken: list[Located] = field(default_factory=list)
    matched: int = 0
    known: set[str] = field(default_factory=set)
    """Lists whose rows have been complained about."""

    def run(self, audience: Audience) -> Resolution:
        """First all who are in, then all who are out: what keeps someone out does so wherever they were found."""
        added = sum(self._add(reading) for reading in readings(audience.include))
        for reading in readings(audience.exclude):
            self._remove(reading, EXCLUDED)
        for listing in audience.suppressed:
            self._remove(Reading(listing, (Target(listing.ref, listing),)), SUPPRESSED)
        self.removed.update(self.staging.remove_standing(audience.suppressions))
        removed = {reason: count for reason, count in sorted(self.removed.items()) if count}
        total = added - sum(removed.values())
        duplicates = self.matched - added
        counts = dict(sorted(self.counts.items()))
        return Resolution(
            tuple(self.reached), duplicates, removed, total, tuple(self.faults), counts, tuple(self.broken)
        )

    def _add(self, reading: Reading) -> int:
        tally = [0] * len(reading.targets)
        added = sum(self.staging.add(batch) for batch in _batches(self._candidates(reading, tally)))
        self._end(reading, "include", tally)
        return added

    def _candidates(self, reading: Reading, tally: list[int]) -> Iterator[Candidate]:
        for contact in self._contacts(reading, is_strict=False):
            is_in = False
            for place, met in enumerate(contact.met):
                if met is True:
                    tally[place] += 1
                    is_in = True
            if not is_in:
                continue
            encoded = _encode(contact.row.values)
            if len(encoded) > MAX_CONTACT:
                self._note(reading, _too_long(contact.row.line, len(encoded)), is_strict=False)
                continue
            yield Candidate(contact.address.key, contact.address.mailbox, encoded, self.matched)
            self.matched += 1

    def _remove(self, reading: Reading, reason: str) -> None:
        tally = [0] * len(reading.targets)
        named = reading.listing.ref.partition("/")[2] if reason == SUPPRESSED else ""
        for keys in _batches(self._keys(reading, tally)):
            self.removed[reason] += self.staging.remove(keys, named)
        self._end(reading, "exclude" if reason == EXCLUDED else "suppress", tally)

    def _keys(self, reading: Reading, tally: list[int]) -> Iterator[str]:
        for contact in self._contacts(reading, is_strict=True):
            if any(contact.met):  # also where nobody can say: then better not mailed
                for place, met in enumerate(contact.met):
                    tally[place] += bool(met)
                yield contact.address.key

    def _contacts(self, reading: Reading, *, is_strict: bool) -> Iterator[Contact]:
        for found in reading.contacts(self.now):
            if isinstance(found, Fault):
                self._note(reading, found, is_strict=is_strict)
            else:
                yield found

    def _note(self, reading: Reading, fault: Fault, *, is_strict: bool) -> None:
        """Keep a fault."""
        located = Located(reading.listing.ref, fault)
        if breaks(fault, is_strict=is_strict) and len(self.broken) < SHOWN:
            self.broken.append(located)
        if reading.listing.ref in self.known and fault.code is not Trouble.CONDITION:
            return  # the list was read before, for another role
        self.counts[located.ref, fault.code] += 1
        if len(self.faults) < SHOWN:
            self.faults.append(located)

    def _end(self, reading: Reading, role: str, tally: list[int]) -> None:
        self.known.add(reading.listing.ref)
        self.reached += [Reached(one.ref, role, n) for one, n in zip(reading.targets, tally, strict=True)]


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    source = iter(items)
    while batch := list(islice(source, BATCH)):
        yield batch


def _too_long(line: int, size: int) -> Fault:
    detail = f"the row has {size:,} bytes as JSON; at most {MAX_CONTACT:,} are kept for a recipient"
    return Fault(Trouble.TOO_LONG, line, detail, "leave out the columns that the mail does not need")
