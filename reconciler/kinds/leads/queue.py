"""What was parked, taken up again by a person: corrected, released through the door that it came to, or put aside. (L-43)

An item keeps its history: who changed what, and what a release came to.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from reconciler.kinds.leads.intake import TEST_IS_OVER, Intake, Parked, Refused, Release, Taken
from reconciler.kinds.leads.market import Market
from reconciler.kinds.leads.way import No, Sent, Way, way_of
from reconciler.model.instant import to_text
from reconciler.model.leads import Queued, QueueStage
from reconciler.model.ports import Store

MOST: Final = 100
"""Entries of a history; the oldest go first."""


@dataclass(frozen=True, slots=True)
class Correction:
    """What is changed of an item: fields by name, None for one that is taken out; addresses where they are not empty."""

    fields: Mapping[str, str | None] = field(default_factory=dict)
    vertical: str = ""
    workflow: str = ""
    contract: str = ""


@dataclass(frozen=True, slots=True)
class Clerk:
    """Whoever works on the queue, by name."""

    intake: Intake
    store: Store
    name: str

    def correct(self, item: Queued, correction: Correction, now: datetime) -> bool:
        """Change an open item; False where somebody else has meanwhile."""
        body = dict(item.body)
        was: dict[str, Any] = {}
        fields = dict(body.get("fields", {}))
        for name, value in correction.fields.items():
            was[name] = fields.pop(name, None)
            if value is not None:
                fields[name] = value
        body["fields"] = fields
        for name in ("vertical", "workflow", "contract"):
            if value := getattr(correction, name):
                was[name] = body.get(name)
                body[name] = value
        return self.store.lead_intake.correct(item.code, item.body, self._noted(body, now, was=was))

    def outlook(self, item: Queued, now: datetime) -> No | None:
        """What stands in the way of its release, but for other leads; None for nothing."""
        market = self.intake.outlook.market(self.store)
        sent = sent_of(item, market)
        no, way = self.intake.rehearse(self.store, sent, now), way_of(market, sent)
        if no is None and item.body.get("test") and isinstance(way, Way) and not way.place.is_test:
            return No(item.reason, TEST_IS_OVER)
        return no

    def release(self, item: Queued, now: datetime, forgives: bool = False) -> Taken | Parked | Refused:
        """Send it to the door again; where it is no lead still, the item says why."""
        if item.stage is not QueueStage.OPEN:
            return Refused(f"it is {item.stage.value}")
        sent = sent_of(item, self.intake.outlook.market(self.store))
        body = self._noted(item.body, now, release=item.reason.value)
        tried = Release(item.code, forgives, bool(item.body.get("test")), body, item.body)
        return self.intake.take(self.store, sent, now, tried)

    def discard(self, item: Queued, reason: str, now: datetime) -> bool:
        """Put an open item aside; False where it is not open any more."""
        return self.store.lead_intake.discard(item.code, self._noted(item.body, now, discarded=reason))

    def _noted(self, body: Mapping[str, Any], now: datetime, **what: Any) -> dict[str, Any]:
        history = [*body.get("history", ()), {"at": to_text(now), "by": self.name, **what}]
        return {**body, "history": history[-MOST:]}


def sent_of(item: Queued, market: Market) -> Sent:
    """What an item would be sent as today: to what it was addressed to, or by the contract that a correction names."""
    body: Mapping[str, Any] = item.body
    fields, vertical, workflow = body.get("fields", {}), body.get("vertical", ""), body.get("workflow", "")
    if "contract" in body:
        source = market.sources.get(body["contract"])
        return Sent(item.contract, source.uid if source else 0, fields, vertical=vertical, workflow=workflow)
    return Sent(item.contract, item.contract, fields, item.campaign, item.version, vertical, workflow)
