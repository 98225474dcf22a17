"""How `load` and `import` of receivables and collections go, and how invoices are listed."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from reconciler.commands.options import Common, write
from reconciler.controller.verdict import DONE, INVALID
from reconciler.feed.source import CsvFile, JsonLines
from reconciler.kinds.loaded import Loaded
from reconciler.kinds.receivables.loading import INVOICES
from reconciler.kinds.sources import Sources
from reconciler.kinds.taking_in import BATCH, add_from
from reconciler.model.errors import Permanent, Usage
from reconciler.model.invoices import Invoice, Wanted
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.views.invoices import invoices_csv, invoices_json, invoices_text
from reconciler.views.progress import counting
from reconciler.views.taken import taken_json, taken_text

NOT_ALL = 1
"""The exit code where a row was left out."""
_PAGE = 1000


def loaded(common: Common, sources: Sources[Any], names: Sequence[str], form: str) -> int:
    """Read sources to their ends; the exit code. What cannot be opened keeps no other from being read."""
    app = common.app()
    store = app.store_in_use()
    chosen = [_known(sources, store, name) for name in names] or sources.in_use(store)
    found: list[Loaded] = []
    code = DONE
    with counting("reading", BATCH) as beat:
        for name in chosen:
            try:
                found += sources.load(store, app.shelf(store), [name], app.clock.now(), beat)
            except Permanent as error:
                click.echo(f"error: {error}", err=True)
                code = INVALID
    if code and not found and form == "text":
        return code
    return max(code, _told(common, found, form, is_import=False))


def imported(common: Common, sources: Sources[Any], file: str, name: str, form: str) -> int:
    """Take the rows of a file in; the exit code."""
    source, app = file_source(file), common.app()
    store = app.store_in_use()
    opened = sources.origin(store, chosen_source(sources, store, name))
    if opened is None:
        raise Usage(f"{sources.kind}/{name} is not in use any more")
    with counting("importing", BATCH) as beat:
        found = add_from(sources.intake(store), opened[0], source, app.clock.now(), beat)
    return _told(common, [found], form, is_import=True)


def invoices_listed(common: Common, wanted: Wanted, source: str | None, form: str) -> Iterator[str]:
    """Invoices, page by page. Usage for a source that nobody knows."""
    store = common.app().store()
    if source is not None:
        wanted = replace(wanted, uid=store.ledger.uid(Ref(INVOICES.kind, _known(INVOICES, store, source))))
    names = {store.ledger.uid(ref): ref.name for ref in store.heads() if ref.kind == INVOICES.kind}
    rows = ((names.get(one.uid, ""), one) for one in _pages(store, wanted))
    if form == "text":
        return invoices_text(rows, common.color)
    return invoices_csv(rows) if form == "csv" else invoices_json(rows)


def _pages(store: Store, wanted: Wanted) -> Iterator[Invoice]:
    after = 0
    while page := store.invoices.page(wanted, after, _PAGE):
        yield from page
        after = page[-1].id


def _told(common: Common, found: Sequence[Loaded], form: str, *, is_import: bool) -> int:
    root = Path(common.directory).resolve()
    found = [replace(one, place=_beside(root, one.place)) for one in found]
    write(taken_json(found) if form == "json" else taken_text(found, is_import=is_import))
    if any(not one.is_whole for one in found):
        return INVALID
    return NOT_ALL if any(one.left_out for one in found) else DONE


def _beside(root: Path, place: str) -> str:
    """A file as it is called from the project."""
    path = Path(place)
    return str(path.relative_to(root)) if place and path.is_absolute() and path.is_relative_to(root) else place


def chosen_source(sources: Sources[Any], store: Store, name: str) -> str:
    """The source of this name, else the only one. Usage where there is no such one."""
    return _known(sources, store, name) if name else _only(sources, store)


def _known(sources: Sources[Any], store: Store, name: str) -> str:
    known = sources.in_use(store)
    if name not in known:
        told = ", ".join(known) or "none; apply its manifest first"
        raise Usage(f"there is no {sources.kind} {name[:100]!r} in use; there is {told}")
    return name


def _only(sources: Sources[Any], store: Store) -> str:
    known = sources.in_use(store)
    if len(known) != 1:
        names = f"say --source NAME: there is {', '.join(known)}" if known else f"there is no {sources.kind} in use"
        raise Usage(names)
    return known[0]


def file_source(file: str) -> CsvFile | JsonLines:
    """A file as rows. Usage where its name does not say how it is read."""
    match Path(file).suffix.lower():
        case ".csv":
            return CsvFile(file)
        case ".jsonl" | ".ndjson":
            return JsonLines(file)
    raise Usage(f"{file} is neither .csv nor .jsonl; its name says how it is read")
