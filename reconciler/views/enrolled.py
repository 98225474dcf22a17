"""The invoices of a campaign as CSV: where each of them stands, and what was said of it last."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Final

from reconciler.model.in_campaign import Enrolled
from reconciler.model.instant import to_text
from reconciler.views.csv_text import csv_line

HEAD: Final = (
    "number", "status", "amount_due", "currency", "source", "held", "listed", "entered_at", "exit", "exited_at",
    "next_step", "due_on", "still_since", "said_step", "said_at", "said_stage", "said_by", "said",
)  # fmt: skip


def enrolled_csv(found: Iterable[Enrolled], sources: Mapping[int, str]) -> Iterator[str]:
    """A table with HEAD; steps count from 1. Of an invoice that has left nothing is next; `sources` are names by uid."""
    yield csv_line(HEAD)
    for one in found:
        is_in, said = one.exit is None, one.said
        yield csv_line((
            one.number, one.status.value, one.amount_due, one.currency, sources.get(one.source, ""),
            str(one.is_held).lower(), str(one.is_listed).lower(), to_text(one.entered_at),
            one.exit.value if one.exit else "", _time(one.exited_at),
            one.step + 1 if is_in else "", _day(one.due_on if is_in and not one.still_since else None),
            _day(one.still_since if is_in else None),
            *((said.step + 1, to_text(said.at), said.stage.value, said.channel, said.detail) if said else ("",) * 5),
        ))  # fmt: skip


def _time(at: datetime | None) -> str:
    return to_text(at) if at else ""


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""
