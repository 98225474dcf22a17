"""The invoices of a campaign as a list, in SQLite and PostgreSQL alike: a page costs what it shows, however many there are."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from reconciler.model.enrolments import Communication, Exit, Saying
from reconciler.model.in_campaign import Enrolled, Within
from reconciler.model.invoices import InvoiceStatus
from reconciler.model.money import amount_of
from reconciler.store.desk import Sql, instant
from reconciler.store.stretch import Stretch

_LINES: Final = """
SELECT enrolment.id, invoice.number, invoice.uid, invoice.status, invoice.amount_due, invoice.currency, invoice.held,
    invoice.listed, enrolment.entered_at, enrolment.step, enrolment.due_on, enrolment.still_since, enrolment.exit,
    enrolment.exited_at
FROM enrolment JOIN invoice ON invoice.id = enrolment.invoice WHERE {} AND {}
"""
_SAID: Final = """
SELECT enrolment, step, at, channel, stage, detail FROM communication WHERE enrolment IN ({}) ORDER BY enrolment, step
"""
_LAST: Final = "\U0010ffff"
"""The last of all characters: what begins with a text lies before that text with this behind it."""


def enrolled(sql: Sql, which: Within, part: Stretch) -> list[Enrolled]:
    """See `in_campaign.InCampaign.lines`."""
    where, values = _conditions(which)
    rows = part.in_order(sql.rows(_LINES.format(where, part.clause("enrolment.id")), (*values, *part.values)))
    said = _said(sql, [row[0] for row in rows])
    return [_line(row, said.get(row[0])) for row in rows]


def _conditions(which: Within) -> tuple[str, Sequence[object]]:
    given: tuple[tuple[bool, str, tuple[object, ...]], ...] = (
        (True, "enrolment.uid = ?", (which.uid,)),
        (which.is_in is True, "enrolment.exit = ''", ()),
        (which.is_in is False, "enrolment.exit <> ''", ()),
        (which.exit is not None, "enrolment.exit = ?", (which.exit.value if which.exit else "",)),
        (which.step is not None, "enrolment.step = ?", (which.step,)),
        (which.number != "", "invoice.number >= ? AND invoice.number < ?", (which.number, which.number + _LAST)),
    )
    asked = [(condition, values) for is_asked, condition, values in given if is_asked]
    return " AND ".join(one for one, _ in asked), [value for _, values in asked for value in values]


def _said(sql: Sql, ids: Sequence[int]) -> Mapping[int, Communication]:
    """What was said last in each of these."""
    rows = sql.rows(_SAID.format(", ".join("?" * len(ids))), ids) if ids else []
    return {
        id_: Communication(id_, step, instant(at), via, Saying(stage), told) for id_, step, at, via, stage, told in rows
    }


def _line(row: Sequence[Any], said: Communication | None) -> Enrolled:
    id_, number, source, status, amount, currency, held, listed, entered, step, due_on, still, why, exited = row
    return Enrolled(
        id_, number, source, InvoiceStatus(status), amount_of(amount), currency, bool(held), bool(listed), instant(entered),
        step, date.fromisoformat(due_on), date.fromisoformat(still) if still else None, Exit(why) if why else None,
        instant(exited) if why else None, said,
    )  # fmt: skip
