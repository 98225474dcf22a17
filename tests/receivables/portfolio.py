"""Invoices and campaigns in a store, without files: what In Campaign % is counted of.

book = Portfolio(store)
book.settings(expectedPercent=90); book.campaign("soft", "active", ["invoice.number != 'I-3'"])
book.owe("I-1", "I-2", held=["I-2"])           invoices that await payment
book.enrol("soft", "I-1")                      into a campaign, as the pass does
book.leave("soft", "I-1", Exit.PAID)
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from reconciler.model import canonical
from reconciler.model.enrolments import Communication, Entered, Exit, Left, Saying
from reconciler.model.invoices import InvoiceRow, InvoiceStatus
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from tests.leads.desk import put
from tests.receivables.said import say

NOW = datetime(2027, 1, 4, 9, 0, tzinfo=UTC)
TODAY = date(2027, 1, 4)
LEDGER = Ref("InvoiceSource", "ledger")
WORKFLOW = {"steps": [{"day": 0, "channel": "mail", "template": "hello"}, {"day": 7, "action": "exit"}]}


@dataclass
class Portfolio:
    """One tenant's invoices and campaigns."""

    store: Store
    now: datetime = NOW
    source: int = field(init=False)

    def __post_init__(self) -> None:
        self.source = put(self.store, LEDGER, "present", {"spec": {"apiKey": {"env": "KEY"}}})
        put(self.store, Ref("Workflow", "flow"), "present", {"spec": WORKFLOW})

    def settings(self, **said: Any) -> Ref:
        """NotificationSettings; `supportContact` and `timezone` beside what is said of In Campaign %."""
        apart = {name: said.pop(name) for name in ("supportContact", "timezone") if name in said}
        put(self.store, Ref("NotificationSettings", "portal"), "present", {"spec": {"inCampaign": said, **apart}})
        return Ref("NotificationSettings", "portal")

    def campaign(
        self, name: str, state: str, rules: Sequence[str] = ("true",), *, priority: int = 100, **spec: Any
    ) -> int:
        """A campaign whose audience is its own rule set; its uid."""
        put(self.store, Ref("RuleSet", name), "present", {"spec": {"all": list(rules)}})
        whole = {"title": name, "workflow": "flow", "audience": {"ruleSet": name, "priority": priority}, **spec}
        uid = put(self.store, Ref("ReceivablesCampaign", name, 1), state, {"spec": whole})
        if state == "active":
            self.store.enrolments.open(uid)
        return uid

    def owe(
        self,
        *numbers: str,
        status: str = "awaiting_payment",
        held: Iterable[str] = (),
        data: Mapping[str, Any] | None = None,
    ) -> None:
        """Invoices of 50.00 EUR, due on New Year's Day."""
        on_hold = frozenset(held)
        rows = [_row(number, InvoiceStatus(status), number in on_hold, data or {}) for number in numbers]
        self.store.invoices.take(self.source, rows, self.now)

    def enrol(self, name: str, *numbers: str) -> None:
        """Into a campaign."""
        uid, look = self.uid(name), self.store.enrolments.look()
        moves = [Entered(one.id, one.change, uid, TODAY, TODAY) for one in map(self._invoice, numbers)]
        assert self.store.enrolments.move(look, look, moves, self.now)

    def leave(self, name: str, *numbers: str, why: Exit = Exit.WORKFLOW_FINISHED) -> None:
        """Out of it."""
        uid, look = self.uid(name), self.store.enrolments.look()
        moves = [Left(self._enrolment(number, uid), uid, why) for number in numbers]
        assert self.store.enrolments.move(look, look, moves, self.now)

    def say(self, name: str, number: str, step: int, stage: Saying, detail: str = "") -> None:
        """What became of a communication."""
        say(self.store, Communication(self._enrolment(number, self.uid(name)), step, self.now, "mail", stage, detail))

    def uid(self, name: str) -> int:
        return self.store.ledger.uid(Ref("ReceivablesCampaign", name, 1))

    def _invoice(self, number: str) -> Any:
        found = self.store.invoices.get(self.source, number)
        assert found is not None
        return found

    def _enrolment(self, number: str, uid: int) -> int:
        return next(one.id for one in self.store.enrolments.of_invoice(self._invoice(number).id) if one.uid == uid)


def _row(number: str, status: InvoiceStatus, held: bool, data: Mapping[str, Any]) -> InvoiceRow:
    said = {"number": number, "status": status.value, "onHold": held, **data}
    return InvoiceRow(number, status, held, Decimal(50), "EUR", date(2027, 1, 1), said, canonical.digest(said))
