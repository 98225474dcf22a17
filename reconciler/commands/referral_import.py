"""How `referral import` goes: row by row through the doors that HTTP has, a fault with its line, the others taken in."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import click

from reconciler.commands.options import Common, write
from reconciler.controller.verdict import DONE, INVALID
from reconciler.feed.row import Fault, Row, Trouble
from reconciler.feed.rows import rows
from reconciler.feed.source import CsvFile, JsonLines, Source
from reconciler.kinds.referral.asked import AccessSaid, AdvocateSaid, EventSaid, LinkSaid
from reconciler.kinds.referral.judging import report
from reconciler.kinds.referral.programs import Programs
from reconciler.kinds.referral.reception import Reception, Refused
from reconciler.kinds.referral.telling import chosen
from reconciler.kinds.said import Unreadable, read_row
from reconciler.model.errors import Usage
from reconciler.model.ports import Clock, Store
from reconciler.views.csv_text import csv_line
from reconciler.views.progress import counting
from reconciler.views.style import safe

_STEP: Final = 100
"""Rows after which the count moves."""
_SHOWN: Final = 50
"""Faults that are told in full."""
_NOT_ALL: Final = 1
"""The exit code where rows were not taken in: that of `leads import`."""
_ONE: Final = {"advocates": "advocate", "links": "link", "accesses": "access", "events": "event"}
_NEEDS: Final = {
    "advocates": ("id",), "links": ("advocate",), "accesses": ("friend", "code"), "events": ("id", "friend", "event"),
}  # fmt: skip


@dataclass(slots=True)
class _Intake:
    """What takes rows in, one after another."""

    store: Store
    name: str
    clock: Clock
    programs: Programs = field(default_factory=Programs)

    def take(self, sort: str, row: Row) -> Refused | None:
        """One row; what stands against it."""
        takers = {"advocates": self._advocate, "links": self._link, "accesses": self._access, "events": self._event}
        found = takers[sort](row)
        return found if isinstance(found, Refused) else None

    def _advocate(self, row: Row) -> object:
        return self._reception().enrol(read_row(row.values, AdvocateSaid))

    def _link(self, row: Row) -> object:
        found = self._reception().share(read_row(row.values, LinkSaid), secrets.token_bytes)
        if not isinstance(found, Refused):
            write(csv_line((found.advocate, found.code)))
        return found

    def _access(self, row: Row) -> object:
        return self._reception().open(read_row(row.values, AccessSaid))

    def _event(self, row: Row) -> object:
        return report(self.store, self.programs, self.name, read_row(row.values, EventSaid), self.clock.now())

    def _reception(self) -> Reception:
        offering = self.programs.named(self.store, self.name)
        if offering is None:
            raise Usage(f"ReferralProgram/{self.name} is not in use any more")
        return Reception(self.store, offering, self.clock.now())


def imported(common: Common, file: str, sort: str, program: str | None) -> int:
    """Take a file in; the exit code."""
    source, app = _source(file), common.app()
    store = app.store_in_use()
    intake = _Intake(store, chosen(store, program).ref.name, app.clock)
    faults, taken, unread = 0, 0, False
    if sort == "links":
        write(csv_line(("advocate", "code")))
    with counting(f"importing {sort}", _STEP) as told:
        for row in rows(source, _NEEDS[sort]):
            said = _fault(file, row) if isinstance(row, Fault) else _refused(file, row, intake.take, sort)
            faults, taken = faults + bool(said), taken + (not said)
            unread = unread or (isinstance(row, Fault) and row.final)
            if said and faults <= _SHOWN:
                click.echo(said, err=True)
            if (taken + faults) % _STEP == 0:
                told()
    more = f", {faults:,} not ({faults - _SHOWN:,} of them untold)" if faults > _SHOWN else f", {faults:,} not"
    click.echo(f"{taken:,} {_ONE[sort] if taken == 1 else sort} taken in{more if faults else ''}", err=True)
    return INVALID if unread else _NOT_ALL if faults else DONE


def _refused(file: str, row: Row, take: Callable[[str, Row], Refused | None], sort: str) -> str:
    try:
        found = take(sort, row)
    except Unreadable as error:
        return f"{safe(file)}:{row.line}: {safe(str(error))}"
    return f"{safe(file)}:{row.line}: {safe(found.detail)}" if found else ""


def _fault(file: str, one: Fault) -> str:
    line = f":{one.line}" if one.line else ""
    advice = "add it to the header line" if one.code is Trouble.NO_COLUMN else one.help
    return f"{safe(file)}{line}: {safe(one.detail)}; {safe(advice)}"


def _source(file: str) -> Source:
    match Path(file).suffix.lower():
        case ".csv":
            return CsvFile(file)
        case ".jsonl" | ".ndjson":
            return JsonLines(file)
    raise Usage(f"{file} is neither .csv nor .jsonl")
