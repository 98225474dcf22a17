"""Whom a mailing would reach, were it launched now: counted as a launch counts, once for all who look. (E-05, E-43)"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from reconciler.dashboard.mailing.figures import KIND
from reconciler.dashboard.page import Page, Refused
from reconciler.dashboard.personal import curtain
from reconciler.dashboard.resource.frame import resource_page
from reconciler.dashboard.visit import Visit
from reconciler.kinds.email.estimate import Estimate
from reconciler.kinds.email.launch import EmailRuntime
from reconciler.kinds.email.recipients import Located
from reconciler.model.canonical import Document
from reconciler.model.errors import Permanent
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.model.resource import Resource
from reconciler.web.door import Answer

_EVERY: Final = 300.0
"""Seconds for which an estimate is kept: it reads every list from its source."""
_PATIENCE: Final = 2.0
_FAULTS: Final = 50
"""Rows that cannot be used that are told of one by one."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A row of a list that cannot be used; `detail` is empty where it may name somebody who is not to be seen."""

    place: str
    code: str
    detail: str
    help: str


def _page(visit: Visit) -> Answer:
    one = visit.resource()
    if one.state not in ("draft", "scheduled"):
        raise Refused(f"{one.ref} is {one.state}: whom it reaches was settled at its launch.")
    key = ("mail-reach", visit.store.ledger.uid(one.ref), one.revision)
    held = visit.premises.kept.glance(key, lambda store: _counted(visit, store, one), _EVERY, _PATIENCE)
    seen = curtain(visit)
    found = held.value if held and isinstance(held.value, Estimate) else None
    return resource_page(
        visit, one, "email_reach.html", held=held, found=found, seen=seen,
        trouble=held.value if held and isinstance(held.value, str) else "",
        faults=tuple(_faults(found, seen.is_drawn)) if found else (),
    )  # fmt: skip


def _counted(visit: Visit, store: Store, one: Resource) -> Estimate | str:
    """What it comes to, of what is applied; else why it cannot be said."""
    runtime = visit.premises.app.runtimes(store).get(KIND)
    if not isinstance(runtime, EmailRuntime):
        return f"{KIND} is not run here"

    def stored(ref: Ref) -> Document | None:
        found = store.load([ref]).get(ref)
        return found.document if found else None

    try:
        return runtime.estimated(one.document, stored)
    except Permanent as error:
        return str(error)


def _faults(found: Estimate, is_drawn: bool) -> Iterator[Fault]:
    what = found.resolution
    for located in list(dict.fromkeys((*what.broken, *what.faults)))[:_FAULTS]:
        yield _fault(located, is_drawn)


def _fault(located: Located, is_drawn: bool) -> Fault:
    fault = located.fault
    place = f"{located.ref}, line {fault.line}" if fault.line else located.ref
    return Fault(place, fault.code, "" if is_drawn else fault.detail, fault.help)


PAGES = (Page("email-reach", f"/resources/{KIND}/{{name}}/reach", _page),)
