"""The queue of leads: what was sent in and is no lead, each with the one reason and the way out. (L-43)"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from secrets import token_bytes
from typing import Any

from reconciler.dashboard.leads.inbound import types_of
from reconciler.dashboard.leads.rows import lead_address
from reconciler.dashboard.onward import PAGE, onward
from reconciler.dashboard.page import Missing, Page
from reconciler.dashboard.personal import Curtain, curtain, fields
from reconciler.dashboard.visit import Visit
from reconciler.kinds.leads.intake import Intake
from reconciler.kinds.leads.queue import Clerk
from reconciler.model.errors import Usage
from reconciler.model.lead_intake import Wanted
from reconciler.model.leads import Queued, QueueReason, QueueStage
from reconciler.views.lead_reasons import REASONS
from reconciler.web.door import Answer

_TONES: Mapping[QueueStage, str] = {QueueStage.OPEN: "warn", QueueStage.RELEASED: "good", QueueStage.DISCARDED: ""}


@dataclass(frozen=True, slots=True)
class ItemRow:
    """An item of the queue, as a list shows it."""

    code: str
    href: str
    at: datetime
    where: str
    reason: str
    detail: str
    way_out: str
    stage: str
    tone: str
    is_test: bool


@dataclass(frozen=True, slots=True)
class Remark:
    """One line of an item's history. What it says of the fields is empty where that is not to be seen."""

    at: str
    by: str
    what: str


def _list(visit: Visit) -> Answer:
    wanted, seen = _wanted(visit), curtain(visit)
    after = visit.asked("after")
    items = visit.store.lead_intake.queue(wanted, found(visit, after).id if after else 0, PAGE + 1)
    counts = visit.premises.kept.glance(("lead-queue",), lambda store: store.lead_intake.counts(), 3.0, 1.0)
    open_by = sorted(counts.value.items(), key=lambda one: (-one[1], one[0])) if counts else []
    return visit.show(
        "leads_queue.html",
        rows=[row_of(one, seen) for one in items[:PAGE]],
        counts=[(campaign, reason.value, count) for (campaign, reason), count in open_by[:PAGE]],
        total=sum(count for _, count in open_by),
        reasons=[one.value for one in REASONS],
        stages=[*(one.value for one in QueueStage), "all"],
        asked={"reason": visit.asked("reason"), "campaign": wanted.campaign, "stage": visit.asked("stage") or "open"},
        seen=seen,
        then=onward(visit, after=items[PAGE - 1].code) if len(items) > PAGE else "",
        first=onward(visit, after="") if after else "",
    )


def _item(visit: Visit) -> Answer:
    one, seen = found(visit, visit.ask.params["code"]), curtain(visit)
    version = visit.premises.outlook.market(visit.store).version_of(one.uid)
    leads = visit.store.lead_books.codes([one.lead]) if one.lead else {}
    left = clerk(visit).outlook(one, visit.now) if one.stage is QueueStage.OPEN else None
    lead = leads.get(one.lead, "")
    return visit.show(
        "leads_item.html",
        item=one,
        row=row_of(one, seen),
        means=REASONS[one.reason].means,
        fields=tuple(fields(one.body.get("fields", {}), types_of(version), seen)),
        addressed=[(name, str(one.body[name])) for name in ("vertical", "workflow", "contract") if name in one.body],
        history=tuple(_history(one, seen)),
        left=(left.reason.value, told(left.reason, left.detail, seen)) if left else None,
        lead=lead,
        lead_href=lead_address(lead) if lead else "",
        seen=seen,
    )


def clerk(visit: Visit) -> Clerk:
    """Whoever looks, as somebody who works on the queue."""
    return Clerk(Intake(visit.premises.outlook, token_bytes), visit.store, visit.visitor.actor)


def found(visit: Visit, code: str) -> Queued:
    """The item of this code. Missing where there is none."""
    one = visit.store.lead_intake.item(code)
    if one is None:
        raise Missing(f"The queue has no {code[:40]}.")
    return one


def row_of(one: Queued, seen: Curtain) -> ItemRow:
    """An item as it may be shown."""
    where = f"{one.campaign}@{one.version}" if one.version else one.campaign or "no campaign"
    return ItemRow(
        one.code, f"/leads/queue/{one.code}", one.at, where, one.reason.value, told(one.reason, one.detail, seen),
        REASONS[one.reason].way_out, one.stage.value, _TONES[one.stage], bool(one.body.get("test")),
    )  # fmt: skip


def told(reason: QueueReason, detail: str, seen: Curtain) -> str:
    """What is said of it. What is wrong with a field says what it was: masked, only which fields they are."""
    if seen.is_drawn and reason is QueueReason.VALIDATION:
        return detail.partition(":")[0]
    return detail


def _history(one: Queued, seen: Curtain) -> Iterator[Remark]:
    for entry in one.body.get("history", ()):
        what = [f"{name} {_said(value, seen)}" for name, value in entry.items() if name not in ("at", "by")]
        yield Remark(str(entry.get("at", "")), str(entry.get("by", "")), "; ".join(what))


def _said(value: Any, seen: Curtain) -> str:
    if not isinstance(value, dict):
        return str(value)
    if seen.is_drawn:
        return ", ".join(value) or "nothing"
    return ", ".join(f"{key}={before!r}" for key, before in value.items()) or "nothing"


def _wanted(visit: Visit) -> Wanted:
    reason, stage = visit.asked("reason"), visit.asked("stage") or "open"
    if reason and reason not in list(QueueReason):
        raise Usage(f"{reason[:40]!r} is no reason")
    if stage != "all" and stage not in list(QueueStage):
        raise Usage(f"{stage[:40]!r} is no stage")
    return Wanted(
        campaign=visit.asked("campaign"),
        reason=QueueReason(reason) if reason else None,
        stage=QueueStage(stage) if stage != "all" else None,
    )


PAGES = (Page("lead-queue", "/leads/queue", _list), Page("lead-item", "/leads/queue/{code}", _item))
