"""The lists below a receivables campaign: its invoices, its first batch, and its launch checklist. (I-10 … I-19)"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from typing import Final

from reconciler.dashboard.debtors import remark
from reconciler.dashboard.personal import Curtain, curtain
from reconciler.dashboard.receiving.invoice import SOURCE, TONES, address_of, found_at
from reconciler.dashboard.receiving.launching import kept_check
from reconciler.dashboard.render import money
from reconciler.dashboard.resource.frame import resource_page
from reconciler.dashboard.turning import csv_file, file_address, is_file_asked, leaf, place, slices
from reconciler.dashboard.visit import Visit
from reconciler.kinds.receivables.batch import FIRST, batch_of
from reconciler.model.enrolments import Communication, Exit
from reconciler.model.errors import Usage
from reconciler.model.in_campaign import Enrolled, Processed, Within
from reconciler.model.invoices import InvoiceStatus
from reconciler.model.ports import Store
from reconciler.views.enrolled import enrolled_csv
from reconciler.views.receivables_text import FINDINGS
from reconciler.web.door import Answer

_IN: Final = "in"
_LEFT: Final = "left"


@dataclass(frozen=True, slots=True)
class Said:
    """What was said of an invoice, in a cell."""

    stage: str
    tone: str
    words: str


@dataclass(frozen=True, slots=True)
class Row:
    """An invoice of the campaign. `at` is the day of what is to come; `left` when it has left."""

    number: str
    href: str
    status: str
    amount: str
    entered: datetime
    stands: str
    at: date | None
    left: datetime | None
    said: tuple[Said, ...]


def invoices(visit: Visit) -> Answer:
    """Those that the campaign has, or had: by where they stand, page by page."""
    store, one, seen = visit.store, visit.resource(), curtain(visit)
    which = _which(visit, store.ledger.uid(one.ref))
    sources = {store.ledger.uid(ref): ref.name for ref in store.heads(SOURCE)}
    if is_file_asked(visit):
        return _file(visit, which, sources)
    here = leaf(visit, partial(store.in_campaign.lines, which))
    return resource_page(
        visit,
        one,
        "receivables_invoices.html",
        rows=tuple(_row(each, sources, seen) for each in here.rows),
        which=which,
        where=visit.asked("where"),
        wheres={_IN: "in it", _LEFT: "left", **{why.value: f"left: {why.value.replace('_', ' ')}" for why in Exit}},
        leaf=here,
        file=file_address(visit),
        seen=seen,
    )


def _file(visit: Visit, which: Within, sources: Mapping[int, str]) -> Answer:
    """The same invoices; what was said of them is masked as the page has it."""
    seen = curtain(visit)

    def read(there: Store, after: int, limit: int) -> Sequence[Enrolled]:
        return there.in_campaign.lines(which, after, limit)

    def told(found: Sequence[Enrolled]) -> Iterator[str]:
        return enrolled_csv((_hidden(each, seen) for each in found), sources)

    return csv_file(visit, "invoices", 0, slices(read), told)


def _hidden(one: Enrolled, seen: Curtain) -> Enrolled:
    said = one.said
    return replace(one, said=replace(said, detail=_detail(said, seen))) if said else one


def _which(visit: Visit, uid: int) -> Within:
    """Usage where it asks for what there is not."""
    where, step = visit.asked("where"), place(visit, "step")
    if where and where not in (_IN, _LEFT, *Exit):
        raise Usage(f"{where[:40]!r} is none of {', '.join((_IN, _LEFT, *Exit))}")
    return Within(
        uid,
        {_IN: True, _LEFT: False}.get(where),
        Exit(where) if where in tuple(Exit) else None,
        step - 1 if step else None,
        visit.asked("number"),
    )


def _row(one: Enrolled, sources: dict[int, str], seen: Curtain) -> Row:
    goes = one.exit is None and one.still_since is None
    said = (_said(one.said, seen),) if one.said else ()
    return Row(
        one.number,
        address_of(sources.get(one.source, ""), one.number),
        _status(one),
        money(one.amount_due, one.currency),
        one.entered_at,
        _stands(one.exit, one.still_since, one.step),
        one.due_on if goes else one.still_since if one.exit is None else None,
        one.exited_at,
        said,
    )


def _status(one: Enrolled) -> str:
    told = one.status.value.replace("_", " ")
    apart = [word for word, is_so in (("on hold", one.is_held), ("not listed", not one.is_listed)) if is_so]
    return ", ".join([told, *(apart if one.status is InvoiceStatus.AWAITING_PAYMENT else [])])


def _stands(why: Exit | None, still: date | None, step: int) -> str:
    if why is not None:
        return f"left: {why.value.replace('_', ' ')}"
    return "stands still since" if still else f"step {step + 1} on"


def _said(one: Communication, seen: Curtain) -> Said:
    told = f"step {one.step + 1}" + (f" by {one.channel}" if one.channel else "")
    detail = _detail(one, seen)
    return Said(one.stage.value.replace("_", " "), TONES.get(one.stage, ""), f"{told}: {detail}" if detail else told)


def _detail(one: Communication, seen: Curtain) -> str:
    """What became of it, as it may be shown; of what was sent, nothing is to be said."""
    return remark(one.detail, seen) if one.stage.value not in ("sent", "sending") else ""


def first_batch(visit: Visit) -> Answer:
    """The invoices that came in first, and what to make of them (I-19)."""
    store, one, seen = visit.store, visit.resource(), curtain(visit)
    uid = store.ledger.uid(one.ref)
    batch = batch_of(store.in_campaign.first(uid, FIRST))
    names = {store.ledger.uid(ref): ref.name for ref in store.heads(SOURCE)}
    sources = [names.get(each.source, "") for each in store.in_campaign.lines(Within(uid), limit=FIRST)]
    return resource_page(
        visit,
        one,
        "receivables_batch.html",
        batch=batch,
        words=FINDINGS[batch.finding],
        most=FIRST,
        rows=tuple(_processed(batch.invoices, sources, seen)),
    )


def _processed(found: Sequence[Processed], sources: Sequence[str], seen: Curtain) -> Iterator[Row]:
    for one, source in zip(found, sources, strict=True):  # both in the order in which they came in
        goes = one.exit is None and one.still_since is None
        yield Row(
            one.number, address_of(source, one.number), "", "", one.entered_at, _stands(one.exit, one.still_since, one.step),
            one.due_on if goes else one.still_since if one.exit is None else None, one.exited_at,
            tuple(_said(each, seen) for each in one.said),
        )  # fmt: skip


def launch(visit: Visit) -> Answer:
    """The whole checklist: each item's verdict, who can close it and where, the sample invoice, the test (I-10 … I-18)."""
    one = visit.resource()
    held = kept_check(visit, one.ref)
    sample = held.value.checked.sampled.sample if held and held.value.checked and held.value.checked.sampled else None
    return resource_page(
        visit,
        one,
        "receivables_launch.html",
        held=held,
        found=held.value.checked if held else None,
        sample_href=found_at(visit.store, sample.row.number) if sample else "",
    )
