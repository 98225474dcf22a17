"""The failure log of a campaign: each mail that did not arrive, with what was said of it. (E-30, E-35)"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from reconciler.kinds.email.report import first_signs, outcomes, said_of
from reconciler.model.returns import Sign
from reconciler.model.sums import Sums
from reconciler.model.work import Stage

STAGES: Final = (Stage.FAILED, Stage.UNKNOWN, Stage.SUPPRESSED, Stage.CANCELLED)
SIGNS: Final = (Sign.BOUNCED, Sign.BLOCKED, Sign.DEFERRED, Sign.COMPLAINED)
NAMES: Final = (*(stage.value for stage in STAGES), *(sign.value for sign in SIGNS))
"""What may be asked for."""
USUAL: Final = (Stage.FAILED.value, Stage.UNKNOWN.value, Sign.BOUNCED.value)
"""What is told where nobody asks for something else."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A mail that did not arrive, or of which nobody knows; `via` is empty for what was heard later."""

    at: datetime
    what: str
    address: str
    via: str
    kind: str
    code: str
    text: str
    attempts: int | None = None


def failures(sums: Sums, uid: int, wanted: Collection[str]) -> Iterator[Failure]:
    """Those that are wanted, by `NAMES`: stages by the order of recipients, then signs by address. Page by page."""
    for stage in (one for one in STAGES if one.value in wanted):
        for unit in outcomes(sums, uid, stage):
            yield Failure(unit.at, stage.value, unit.key, unit.via, *said_of(unit.answer), unit.attempts)
    for sign in (one for one in SIGNS if one.value in wanted):
        for heard in first_signs(sums, uid, sign):
            yield Failure(heard.at, sign.value, heard.key, "", *said_of(heard.data))


def page(
    sums: Sums, uid: int, what: str, after: tuple[str, str], limit: int
) -> tuple[Sequence[Failure], tuple[str, str]]:
    """At most `limit` of one of NAMES, behind the place `after`, and the place behind which the next page begins.

    Places are empty before the first page and after the last. A page of signs may be short: each mail is told once.
    """
    if what in (stage.value for stage in STAGES):
        units = sums.outcomes(uid, Stage(what), int(after[0] or 0), limit)
        found = [Failure(one.at, what, one.key, one.via, *said_of(one.answer), one.attempts) for one in units]
        return found, (str(units[-1].id), "") if len(units) == limit else ("", "")
    signs = sums.heard(uid, Sign(what), after, limit)
    before = (after[0], *(one.key for one in signs))
    first = [one for key, one in zip(before, signs, strict=False) if one.key != key]
    found = [Failure(one.at, what, one.key, "", *said_of(one.data)) for one in first]
    return found, (signs[-1].key, signs[-1].id) if len(signs) == limit else ("", "")


def masked(address: str) -> str:
    """An address as it may be shown to somebody who need not know it: j…@example.com."""
    local, at, domain = address.rpartition("@")
    return f"{local[:1]}…{at}{domain}" if at else f"{address[:1]}…"
