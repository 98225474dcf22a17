"""How `muster leads import` goes: a file read twice, first to see that it can be read to its end."""

from dataclasses import dataclass
from secrets import token_bytes

import click

from reconciler.commands.options import Common, write
from reconciler.commands.queueing import readable
from reconciler.controller.verdict import DONE, INVALID
from reconciler.feed.source import CsvFile, JsonLines
from reconciler.kinds.leads.intake import Intake
from reconciler.kinds.leads.loading import Batch, load, rehearse
from reconciler.kinds.leads.market import Outlook
from reconciler.model.errors import Usage
from reconciler.views.lead_load import render_tally, tally_to_json
from reconciler.views.progress import progress_bar
from reconciler.views.style import safe

NOT_ALL = 1
"""The exit code where a row is no lead."""


@dataclass(frozen=True, slots=True)
class Load:
    """What is to be imported, as it was written."""

    file: str
    contract: str
    workflow: str
    vertical: str


def imported(common: Common, asked: Load, dry_run: bool, form: str) -> int:
    """Take a file in, or say what would stand in its way; the exit code."""
    readable(asked.vertical, asked.workflow)
    app = common.app()
    store = app.store_in_use()
    outlook = Outlook()
    source = outlook.market(store).sources.get(asked.contract)
    if source is None:
        raise Usage(f"there is no PartnerContract {asked.contract[:80]!r}")
    batch = Batch(_source(asked.file), source.uid, asked.vertical, asked.workflow)
    go = rehearse if dry_run else load
    with progress_bar(_lines(asked.file), "importing") as step:
        tally = go(Intake(outlook, token_bytes), store, batch, app.clock.now, step)
    if tally.fault:
        click.echo(f"error: {asked.file}:{tally.fault.line}: {safe(tally.fault.detail)}; nothing was begun", err=True)
        return INVALID
    write(tally_to_json(asked.file, tally, dry_run) if form == "json" else render_tally(asked.file, tally, dry_run))
    return NOT_ALL if tally.missed else DONE


def _source(file: str) -> CsvFile | JsonLines:
    name = file.lower()
    if name.endswith(".csv"):
        return CsvFile(file)
    if name.endswith((".jsonl", ".ndjson")):
        return JsonLines(file)
    raise Usage(f"{file} is neither .csv nor .jsonl; its name says how it is read")


def _lines(file: str) -> int:
    """About how many rows a file has: what a bar is drawn by."""
    with open(file, "rb") as opened:  # noqa: PTH123 (click has looked at it)
        return sum(block.count(b"\n") for block in iter(lambda: opened.read(1 << 20), b""))
