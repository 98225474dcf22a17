"""Contracts with outdated settings: which, since when, and what is to be changed in which file. (L-11, L-12, AMB-L8)"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from reconciler.dashboard.onward import PAGE, onward
from reconciler.dashboard.page import Page
from reconciler.dashboard.render import href
from reconciler.dashboard.visit import Visit
from reconciler.kinds.leads.outdated import outdated
from reconciler.model.errors import Usage
from reconciler.model.outdated import How, Outdated, Sort
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.web.door import Answer

_EVERY: Final = 20.0
_PATIENCE: Final = 2.0


@dataclass(frozen=True, slots=True)
class Row:
    """A contract that no longer fits a version, and what there is to do, one line for each thing that it names."""

    contract: Ref
    contract_href: str
    version: Ref
    version_href: str
    since: datetime
    revision: int
    file: str
    what: tuple[str, ...]


def _page(visit: Visit) -> Answer:
    campaign = visit.asked("campaign")
    held = visit.premises.kept.glance(
        ("leads-outdated", campaign), lambda store: _found(store, campaign), _EVERY, _PATIENCE
    )
    begin = _place(visit.asked("after"))
    rows = held.value if held else ()
    return visit.show(
        "leads_outdated.html",
        held=held,
        campaign=campaign,
        total=len(rows),
        rows=tuple(_rows(visit.store, rows[begin : begin + PAGE])),
        then=onward(visit, after=str(begin + PAGE)) if len(rows) > begin + PAGE else "",
        first=onward(visit, after="") if begin else "",
    )


def _found(store: Store, campaign: str) -> Sequence[Outdated]:
    with store.snapshot():
        return outdated(store, campaign)


def _place(text: str) -> int:
    if text and not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Usage(f"{text[:40]!r} is no place in this list")
    return int(text or 0)


def _rows(store: Store, found: Sequence[Outdated]) -> Iterator[Row]:
    known = store.load({one.contract for one in found})
    for one in found:
        file = known[one.contract].file if one.contract in known else ""
        what = tuple(_to_do(*why) for why in one.why)
        yield Row(one.contract, href(one.contract), one.version, href(one.version), one.since, one.revision, file, what)


def _to_do(sort: Sort, name: str, how: How) -> str:
    """What became of something that the contract names, and what to do about it."""
    if how is How.REMOVED:
        return f"The {sort} {name} was removed: take it out of the contract, or name another one."
    return f"The {sort} {name} was changed: see whether the contract still means it as it is."


PAGES = (Page("leads-outdated", "/leads/outdated", _page),)
