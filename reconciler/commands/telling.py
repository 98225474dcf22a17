"""How what happened with accounts is told by hand, and from files: through the same door as over HTTP."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import click

from reconciler.app import actor
from reconciler.commands.options import Common, write
from reconciler.commands.taking_in import NOT_ALL, chosen_source, file_source
from reconciler.controller.verdict import DENIED, DONE, INVALID
from reconciler.feed.row import Fault
from reconciler.feed.rows import rows
from reconciler.kinds.collections.events import EventRow, EventSaid, hear, hearing_told
from reconciler.kinds.collections.loading import ACCOUNTS
from reconciler.kinds.said import Unreadable, read_row
from reconciler.model import canonical
from reconciler.model.contact_queue import Heard
from reconciler.model.errors import Usage
from reconciler.model.instant import to_text
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.views.progress import counting
from reconciler.views.style import safe

_STEP: Final = 100
"""Rows after which the count moves."""
_SHOWN: Final = 50
"""Faults that are told in full."""
_NAMES: Final = {"id_": "id", "due_on": "dueOn"}
_OPTIONS: Final = {
    "id": "--id", "at": "--at", "amount": "--amount", "currency": "--currency", "dueOn": "--due-on", "detail": "--detail",
}  # fmt: skip
_AGAINST: Final = {
    Heard.NOBODY: "the source has no account of this number",
    Heard.OTHER: "this id was told before for something else",
}


def told(common: Common, account: str, source: str, said: Mapping[str, str | None], form: str) -> int:
    """Tell one thing; the exit code. Usage where it makes no sense."""
    app = common.app()
    store, now = app.store_in_use(), app.clock.now()
    uid = _uid(store, source)
    values = {_NAMES.get(name, name): text or "" for name, text in said.items()}
    values["id"] = values["id"] or f"by-hand:{actor()}:{to_text(now)}".replace(" ", "-")
    try:
        event = read_row(values, EventSaid)
        found = hear(store, uid, account, event, now)
    except Unreadable as error:
        raise Usage(_as_options(str(error))) from None
    if found.account is None or found.heard in _AGAINST:
        click.echo(f"{safe(account)}: {_AGAINST[found.heard]}", err=True)
        return DENIED
    if form == "json":
        write(canonical.encode_pretty(hearing_told(event, found)) + "\n")
        return DONE
    known = " (known already)" if found.heard is Heard.KNOWN else ""
    write(f"{safe(account)}: {event.event}{known}; its status is {safe(found.account.row.status)}\n")
    return DONE


def _as_options(text: str) -> str:
    """What is wrong, by the names that options have here."""
    for member, option in _OPTIONS.items():
        text = text.replace(f"`{member}`", option)
    return text


def events_imported(common: Common, file: str, source: str) -> int:
    """Take the events of a file in; the exit code."""
    opened, app = file_source(file), common.app()
    store = app.store_in_use()
    uid = _uid(store, source)
    faults, taken, unread = 0, 0, False
    with counting("importing events", _STEP) as beat:
        for row in rows(opened, ("account", "id", "event")):
            if isinstance(row, Fault):
                why, unread = f"{row.detail}; {row.help}", unread or row.final
            else:
                why = _refused(store, uid, row.values, app.clock.now())
            faults, taken = faults + bool(why), taken + (not why)
            if why and faults <= _SHOWN:
                click.echo(f"{safe(file)}:{row.line}: {safe(why)}", err=True)
            if (faults + taken) % _STEP == 0:
                beat()
    more = f" ({faults - _SHOWN:,} of them untold)" if faults > _SHOWN else ""
    write(
        f"{taken:,} {'event' if taken == 1 else 'events'} taken in" + (f", {faults:,} not{more}\n" if faults else "\n")
    )
    return INVALID if unread else NOT_ALL if faults else DONE


def _refused(store: Store, uid: int, values: Mapping[str, object], now: datetime) -> str:
    """Why a row is not taken; empty where it was."""
    try:
        said = read_row(dict(values), EventRow)
        found = hear(store, uid, said.account, said, now)
    except Unreadable as error:
        return str(error)
    return _AGAINST.get(found.heard, "")


def _uid(store: Store, source: str) -> int:
    return store.ledger.uid(Ref(ACCOUNTS.kind, chosen_source(ACCOUNTS, store, source)))
