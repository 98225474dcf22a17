"""What a mailing has come to, read for pages: its work is looked at each time, what is summed over all its mails is kept."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Final

from reconciler.app import asked_rates
from reconciler.controller.progress import heard_of
from reconciler.dashboard.glancing import glanced
from reconciler.dashboard.kept import Held
from reconciler.dashboard.visit import Visit
from reconciler.kinds.email.report import Report, report_of
from reconciler.model.ports import Store
from reconciler.model.progress import Progress
from reconciler.model.resource import Resource
from reconciler.model.returns import Sign

KIND: Final = "EmailCampaign"
_SIGNS_EVERY: Final = 3.0
_REPORT_EVERY: Final = 15.0
_RATE_EVERY: Final = 60.0
"""Seconds for which figures are kept: the larger what they are made of."""
LINKS: Final = 100
"""Links that are told of."""


@dataclass(frozen=True, slots=True)
class Work:
    """The work of a campaign; `knows_signs` is false while what came back is still being counted."""

    progress: Progress
    knows_signs: bool


def work_of(visit: Visit, one: Resource) -> Work | None:
    """How far the sending has come; None where nothing was launched. (E-48 to E-51)"""
    store = visit.store
    uid, now = store.ledger.uid(one.ref), store.time(visit.now)
    job = store.ledger.view(uid, now)
    if job is None:
        return None
    asked = glanced(visit, ("mail-rate", uid), lambda there: _asked(there, uid), _RATE_EVERY)
    heard = _kept_signs(visit, uid)
    return Work(Progress(job, now, heard.value if heard else {}, asked.value if asked else None), heard is not None)


def kept_report(visit: Visit, one: Resource) -> Held[Report | None] | None:
    """The report of a campaign, some seconds old at most; None while it is being made. (E-25, E-30, E-35, E-41)"""
    return glanced(visit, *_report(visit, one), _REPORT_EVERY)


def begin_report(visit: Visit, one: Resource) -> None:
    """Have it made while the page looks for other things."""
    visit.premises.kept.glance(*_report(visit, one), _REPORT_EVERY)


def _report(visit: Visit, one: Resource) -> tuple[Hashable, Callable[[Store], Report | None]]:
    """The key of a report, and how it is made."""
    zone = visit.premises.app.project.timezone or "UTC"
    law = visit.premises.repository.kinds.table[KIND].lifecycle
    is_over = one.state in law.states and law.states[one.state].final

    def work(store: Store) -> Report | None:
        with store.snapshot():
            return report_of(store, one, zone, store.time(visit.premises.app.clock.now()), is_over)

    return ("mail-report", store_key(visit, one), one.state, one.flags), work


def kept_links(visit: Visit, one: Resource) -> tuple[tuple[str, int], ...]:
    """The links of a mailing that were followed, each with by how many recipients, the most first."""
    uid = store_key(visit, one)

    def work(store: Store) -> tuple[tuple[str, int], ...]:
        clicks, links = store.sums.clicks(uid, LINKS), store.ledger.package(uid).get("links", ())
        return tuple((links[number], times) for number, times in clicks.items() if number < len(links))

    held = glanced(visit, ("mail-links", uid), work, _REPORT_EVERY)
    return held.value if held else ()


def store_key(visit: Visit, one: Resource) -> int:
    """What a campaign's rows are kept under."""
    return visit.store.ledger.uid(one.ref)


def share(part: int, whole: int, of: str = "sent") -> str:
    """So many of a hundred, as a note: 98.2 % of sent; nothing where there is nothing to share."""
    return f"{part * 1000 // whole / 10} % of {of}" if whole else ""


def _kept_signs(visit: Visit, uid: int) -> Held[Mapping[Sign, tuple[int, int]]] | None:
    return glanced(visit, ("mail-signs", uid), lambda store: heard_of(store, uid), _SIGNS_EVERY)


def _asked(store: Store, uid: int) -> float | None:
    return asked_rates()[KIND](store, uid)
