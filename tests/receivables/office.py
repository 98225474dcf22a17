"""A project whose receivables campaigns run for real: manifests and invoices on disk, the real runtime and store, days that pass.

office = Office(World(tmp_path), mail_port, sms_url)
office.invoices({"INV-1": {}, "INV-2": {"amountDue": "20.00"}})      as their source says from now on
office.workflow("soft", [{"day": 0, "channel": "mail", "template": "hello"}, {"day": 9, "action": "exit"}])
office.launch("overdue", workflow="soft")                            tested and reviewed
office.pass_days(3)                                                  what is due goes out, day by day
office.said()                                                        [("INV-1", "overdue", 0, "sent"), …]
office.exits()                                                       {("INV-1", "overdue"): "paid", …}
"""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from reconciler.app import App
from reconciler.engine.lane import LaneRun, Slice
from reconciler.kinds.receivables.loading import load
from reconciler.kinds.receivables.tested import parts_of
from reconciler.kinds.receivables.working import ReceivablesWorker
from reconciler.model.campaign_tests import CampaignTest
from reconciler.model.outcome import Outcome
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from tests.hooks.servers import Serving
from tests.leads.saleroom import rows
from tests.smtp_counter import Counter
from tests.world import World

LEASE = timedelta(minutes=5)
SHORT = Slice(span=timedelta(seconds=1))
COLUMNS = (
    "number",
    "status",
    "onHold",
    "amountDue",
    "currency",
    "dueDate",
    "brand",
    "contactName",
    "contactEmail",
    "contactPhone",
)
USUAL = {
    "status": "awaiting_payment",
    "onHold": "false",
    "amountDue": "80.00",
    "currency": "EUR",
    "dueDate": "2026-12-20",
}
REMINDERS = (
    {"day": 0, "channel": "mail", "template": "hello"},
    {"day": 3, "channel": "sms", "template": "nudge"},
    {"day": 10, "channel": "mail", "template": "hello"},
    {"day": 21, "action": "exit"},
)


@dataclass
class Office:
    """A creditor. Mails go to `mail`, a port; texts to `sms`, a URL."""

    world: World
    mail: int = 1
    sms: str = "http://127.0.0.1:9/"
    zone: str = "UTC"
    known: dict[str, dict[str, str]] = field(default_factory=dict)
    workers: int = 0
    mails: Counter = field(init=False)
    calls: Serving = field(init=False)

    def __post_init__(self) -> None:
        self.manifest("SmtpConnection", "relay", {"host": "127.0.0.1", "port": self.mail, "tls": "none"})
        self.manifest(
            "Channel", "mail", {"type": "email", "smtp": "relay", "from": {"name": "B", "email": "b@billing.example"}}
        )
        self.manifest("Channel", "sms", {"type": "webhook", "medium": "sms", "url": self.sms, "allowPrivate": True})
        self.template("hello", subject="Invoice {{ invoice.number }}")
        self.template("nudge")
        self.manifest("InvoiceSource", "ledger", {"source": {"csv": "invoices.csv"}, "id": "number"})
        self.manifest("NotificationSettings", "portal", {"timezone": self.zone})
        self.rule_set("everybody", "invoice.amountDue > 0.0")
        self.workflow("soft", REMINDERS)
        self.invoices({})

    def template(
        self, name: str, text: str = "{{ invoice.amountDue }} of {{ invoice.number }} is open", **spec: Any
    ) -> None:
        self.manifest("Template", name, {"text": {"inline": text}, **spec})

    def workflow(self, name: str, steps: Sequence[Mapping[str, Any]], **spec: Any) -> None:
        self.manifest("Workflow", name, {"steps": list(steps), **spec})

    def rule_set(self, name: str, *conditions: str) -> None:
        self.manifest("RuleSet", name, {"all": list(conditions)})

    def manifest(self, kind: str, name: str, spec: Mapping[str, Any], **more: Any) -> None:
        document = {"apiVersion": "muster/v1", "kind": kind, "metadata": {"name": name}, **more, "spec": spec}
        self.world.write(f"{kind.lower()}-{name}.yaml", json.dumps(document))

    def invoices(self, changed: Mapping[str, Mapping[str, str] | None]) -> None:
        """These are other than before from now on: some columns of each, or None where its source names it no more."""
        for number, row in changed.items():
            usual = {"number": number, **USUAL, "contactName": number, "contactEmail": f"{number.lower()}@c.example"}
            if row is None:
                self.known.pop(number)
            else:
                self.known[number] = {**usual, "contactPhone": "+1555", **self.known.get(number, {}), **row}
        out = io.StringIO()
        writer = csv.DictWriter(out, COLUMNS)
        writer.writeheader()
        writer.writerows(self.known.values())
        self.world.write("invoices.csv", out.getvalue())

    def change(self, number: str, **row: str) -> None:
        """One invoice is another from now on, and that is taken in."""
        self.invoices({number: row})
        self.load()

    def load(self) -> None:
        """Take the invoices in, as `muster receivables load` does."""
        with closing(self.app()) as app:
            store = app.store()
            for loaded in load(store, app.shelf(store), [], self.world.clock.now(), lambda: None):
                assert not loaded.faults, loaded.faults

    def load_first(self) -> None:
        """Take the invoices in before there is a campaign."""
        self.apply()
        self.load()

    def app(self) -> App:
        return App.open(self.world.root, store=self.world.url, clock=self.world.clock)

    def apply(self) -> Outcome:
        with closing(self.app()) as app:
            reconciler = app.reconciler()
            reconciler.settle()
            outcome = reconciler.apply(reconciler.plan()[0])
        assert not (outcome.failed or outcome.denied or outcome.waiting), outcome
        return outcome

    def draft(self, name: str, state: str = "draft", **spec: Any) -> None:
        """A campaign of `spec`: `rules`, `priority`, `source` and `workflow` as given, else for everybody."""
        audience = {"ruleSet": spec.pop("rules", "everybody"), "priority": spec.pop("priority", 100)}
        if "source" in spec:
            audience["source"] = spec.pop("source")
        sample = spec.pop("sample", min(self.known, default="none"))
        whole = {
            "title": f"Overdue {name}", "description": "pay", "workflow": "soft", "audience": audience,
            "launch": {"sampleInvoice": sample, "reviewedBy": "dana@billing.example"}, **spec,
        }  # fmt: skip
        self.manifest("ReceivablesCampaign", name, whole, state=state)

    def launch(self, name: str, **spec: Any) -> None:
        """Drafted, tested and launched."""
        self.draft(name, **spec)
        self.apply()
        self.load()
        ref = Ref("ReceivablesCampaign", name)
        with closing(self.app()) as app:
            store = app.store()
            shelf = app.shelf(store)
            document = shelf.lookup(ref)
            assert document is not None
            parts = parts_of(document, shelf.lookup)
            store.campaign_tests.record(CampaignTest(ref, parts, self.world.clock.now(), "user:dana", "INV-1"))
        self.ask(name, "active", **spec)

    def ask(self, name: str, state: str, **spec: Any) -> None:
        """Ask for a state, and see it."""
        self.draft(name, state, **spec)
        self.apply()
        assert self.world.state(f"ReceivablesCampaign/{name}") == state

    def turn(self) -> None:
        """Everything that is to be done now."""
        with closing(self.app()) as app:
            store = app.store()
            worker = ReceivablesWorker(store, lambda _: "", self.world.clock)
            for _ in range(100):
                assert not list(worker.reports())
                if not self.work(store, worker):
                    return
        raise AssertionError("there is no end to it")

    def work(self, store: Store, worker: ReceivablesWorker) -> int:
        """Every lane that has something to do; how many those were."""
        clock, ledger = self.world.clock, store.ledger
        offers = ledger.offers(clock.now(), 100)
        for offer in offers:
            self.workers += 1
            claim = ledger.claim(offer, f"w{self.workers}", clock.now(), clock.now() + LEASE, 0)
            if claim is None:  # stopped since
                continue
            lane = LaneRun(ledger, claim, clock.now, SHORT)
            worker.work(lane)
            lane.close()
        return len(offers)

    def pass_days(self, many: int = 1) -> None:
        """So many days, at the end of each of which everything is done that is to be."""
        for _ in range(many):
            self.world.clock.advance(days=1)
            self.turn()

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with closing(self.app()) as app:
            return rows(app.store(), statement, *values)

    def said(self) -> list[tuple[str, str, int, str]]:
        """Invoice, campaign, step, and what became of it, in the order of the calls."""
        found = self.rows(
            "SELECT number, ref, communication.step, stage FROM communication"
            " JOIN enrolment ON enrolment.id = communication.enrolment JOIN invoice ON invoice.id = enrolment.invoice"
            " JOIN resource ON resource.uid = enrolment.uid ORDER BY communication.at, number, communication.step"
        )
        return [(number, Ref.canonical(ref).name, step, stage) for number, ref, step, stage in found]

    def exits(self) -> dict[tuple[str, str], str]:
        """Why each invoice left each campaign; empty: it is in."""
        found = self.rows(
            "SELECT number, ref, exit FROM enrolment JOIN invoice ON invoice.id = enrolment.invoice"
            " JOIN resource ON resource.uid = enrolment.uid ORDER BY enrolment.id"
        )
        return {(number, Ref.canonical(ref).name): why for number, ref, why in found}

    def inside(self) -> dict[str, str]:
        """In which campaign each invoice is."""
        return {number: name for (number, name), why in self.exits().items() if not why}
