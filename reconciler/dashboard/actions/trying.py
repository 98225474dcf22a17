"""Tests from a page: the real letter to colleagues (E-04), and a receivables campaign tried whole (I-15, AMB-I4)."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from reconciler.dashboard.debtors import rehearsed, remark
from reconciler.dashboard.page import Missing
from reconciler.dashboard.personal import curtain_of_form
from reconciler.dashboard.render import href
from reconciler.dashboard.visit import Visit
from reconciler.kinds.email.desk import Desk
from reconciler.kinds.email.launch import EmailRuntime
from reconciler.kinds.email.trial import has_arrived, said
from reconciler.kinds.email.trying import Wanted, tried
from reconciler.kinds.messaging.relay import Relay
from reconciler.kinds.receivables.runtime import ReceivablesRuntime
from reconciler.kinds.receivables.testing import Bench, asked_for, tested
from reconciler.model.canonical import Document
from reconciler.model.diagnostic import has_errors
from reconciler.model.errors import Busy, MusterError, Permanent, Usage
from reconciler.model.instant import to_text
from reconciler.model.ports import Runtime
from reconciler.model.ref import Ref
from reconciler.model.resource import Resource
from reconciler.views.receivables_tested import Tested, tested_text
from reconciler.web.door import Answer

PATIENCE: Final = timedelta(seconds=20)
"""How long a page waits for the limits of a connection, which campaigns draw on too."""
MAIL, INVOICES = "EmailCampaign", "ReceivablesCampaign"


@dataclass(frozen=True, slots=True)
class _Files:
    """The manifests as they are now, for one request alone: a test takes seconds, and keeps nobody waiting."""

    runtime: Runtime | None
    lookup: Callable[[Ref], Document | None]


def page(visit: Visit) -> Answer:
    """To whom it would go."""
    return _asking(visit, _campaign(visit))


def send(visit: Visit) -> Answer:
    """Send it, and say what became of it."""
    one = _campaign(visit)
    try:
        with visit.premises.busily.alone(one.ref):
            found = _mail(visit, one) if one.ref.kind == MAIL else _invoices(visit, one)
    except (MusterError, Permanent) as error:
        visit.note(f"test refused: {error}")
        return _asking(visit, one, 409, f"{error}.")
    return found


def _campaign(visit: Visit) -> Resource:
    one = visit.resource()
    if one.ref.kind not in (MAIL, INVOICES):
        raise Missing(f"{one.ref.kind} has no test.")
    return one


def _asking(visit: Visit, one: Resource, status: int = 200, fault: str = "", **told: Any) -> Answer:
    """`told` is what came of it: `report`, and whether that `is_masked`."""
    data = {"report": "", "is_masked": False, **told}
    is_mail, to = one.ref.kind == MAIL, visit.sent("to")
    return visit.show("try.html", status=status, one=one, is_mail=is_mail, fault=fault, to=to, **data)


def _files(visit: Visit, ref: Ref) -> _Files:
    app = visit.premises.app
    library = app.library(app.kinds())
    if has_errors(library.catalog.diagnostics) or ref not in library.catalog.manifests:
        raise Usage(f"no sound manifest describes {ref}: `muster validate` says what is the matter")
    found: Mapping[str, Runtime] = app.runtimes(visit.store, library)
    return _Files(found.get(ref.kind), lambda other: library.documents([other]).get(other))


def _addresses(visit: Visit) -> tuple[str, ...]:
    return tuple(visit.sent("to").replace(",", " ").split())


def _mail(visit: Visit, one: Resource) -> Answer:
    files = _files(visit, one.ref)
    if not isinstance(files.runtime, EmailRuntime):
        raise Usage(f"{one.ref.kind} is not run here")
    desk = Desk(visit.store, files.runtime, one.ref, files.lookup, visit.premises.app.clock)
    wanted = Wanted(_addresses(visit), (visit.sent("as") or None, None), visit.sent("via"))
    outcomes = list(tried(desk, wanted, _wait))
    told = "; ".join(f"{address.mailbox}: {said(outcome)}" for address, outcome in outcomes)
    if all(has_arrived(outcome) for _, outcome in outcomes):
        return visit.done(href(one.ref), f"The test letter is out. {told}")
    visit.note(f"test: {told}")
    return _asking(visit, one, 409, f"Not every letter was taken. {told}")


def _invoices(visit: Visit, one: Resource) -> Answer:
    files = _files(visit, one.ref)
    runtime = files.runtime
    if not isinstance(runtime, ReceivablesRuntime):
        raise Usage(f"{one.ref.kind} is not run here")
    document = files.lookup(one.ref) or {}
    bench = Bench(
        visit.store, runtime.shelf(files.lookup), runtime.around(files.lookup), files.lookup, visit.premises.app.clock,
        visit.visitor.actor, _wait,
    )  # fmt: skip
    seen = curtain_of_form(visit)
    is_dry = bool(visit.sent("dry")) or not seen.is_drawn
    found = tested(bench, one.ref, document, None if is_dry else asked_for(_addresses(visit)))
    if not is_dry:
        visit.store.campaign_tests.record(found.test)
    visit.note(f"test {'shown' if is_dry else 'kept'}: {'; '.join(found.test.faults) or 'passed'}")
    test = replace(found.test, faults=tuple(remark(fault, seen) for fault in found.test.faults))
    told = Tested(test, found.sampled, rehearsed(found.rehearsal, seen), found.sent, not is_dry)
    return _asking(visit, one, report=tested_text(told, False), is_masked=seen.is_drawn)


def _wait(relay: Relay, now: datetime, until: datetime) -> None:
    """Until then. Busy where a page would wait too long."""
    if until - now > PATIENCE:
        raise Busy(f"the limits of {relay.name} are used up until {to_text(until)}; try again then")
    time.sleep(max((until - now).total_seconds(), 0))
