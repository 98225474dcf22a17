"""Why one address is in or out: everything that a campaign names, and what it has to say about it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from reconciler.feed.address import canonical_address
from reconciler.feed.row import Fault
from reconciler.kinds.email.audience import Audience, Target
from reconciler.kinds.email.reading import Reading, readings
from reconciler.kinds.email.recipients import Located, breaks
from reconciler.kinds.email.staging import Standing

SHOWN: Final = 10
"""Lines given of one list."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one list, segment, suppression list or the store says of the address.

    `role` is include, exclude, suppress or standing; `lines` are those of the list where the address stands, the first ten
    of them; `unmet` says, for a segment, why it does not count although it stands there.
    """

    role: str
    ref: str
    counts: bool
    lines: tuple[int, ...] = ()
    unmet: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Whether the campaign, launched now, would reach the address. `findings` are in the order in which they count.

    `decided_by` is the first that keeps it out, or the first that lets it in; None where nothing names it.
    Where `broken` is not empty a list cannot be read whole: nothing would be sent to anybody.
    """

    key: str
    is_reached: bool
    decided_by: Finding | None
    findings: tuple[Finding, ...]
    broken: tuple[Located, ...]


def explain(audience: Audience, text: str, standing: Standing, now: datetime) -> Explanation:
    """What is known of the address that `text` is. NotAnAddress where it is none."""
    key = canonical_address(text)
    broken: list[Located] = []
    suppressed = tuple(Target(one.ref, one) for one in audience.suppressed)
    included = _look(audience.include, "include", key, now, broken)
    out = [
        *_look(audience.exclude, "exclude", key, now, broken),
        *_look(suppressed, "suppress", key, now, broken),
        *(Finding("standing", reason, True) for reason in standing.reasons(key, audience.suppressions)),
    ]
    reaching = next((one for one in included if one.counts), None)
    stopping = next((one for one in out if one.counts), None)
    decided = stopping if reaching and stopping else reaching
    is_reached = reaching is not None and stopping is None and not broken
    return Explanation(key, is_reached, decided, (*included, *out), tuple(broken))


def _look(targets: tuple[Target, ...], role: str, key: str, now: datetime, broken: list[Located]) -> list[Finding]:
    found = {one.ref: one for reading in readings(targets) for one in _findings(reading, role, key, now, broken)}
    return [found[target.ref] for target in targets]


def _findings(reading: Reading, role: str, key: str, now: datetime, broken: list[Located]) -> Iterator[Finding]:
    lines: list[int] = []
    met: list[bool] = [False] * len(reading.targets)
    why: list[str] = [""] * len(reading.targets)
    for found in reading.contacts(now, only=key):
        if isinstance(found, Fault):
            if breaks(found, is_strict=role != "include"):
                broken.append(Located(reading.listing.ref, found))
        else:
            lines.append(found.row.line)
            for place, answer in enumerate(found.met):
                met[place] |= answer is True or (bool(answer) and role != "include")
                why[place] = why[place] or (answer if isinstance(answer, str) else "" if answer else "condition false")
    for place, target in enumerate(reading.targets):
        unmet = "" if met[place] else why[place]
        yield Finding(role, target.ref, met[place], tuple(lines[:SHOWN]), unmet)
