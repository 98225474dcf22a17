"""Whatever happens to invoices, day by day: what is said to whom, and when, is what a calendar says. (AMB-I6 … AMB-I9)"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.hooks.servers import serving
from tests.receivables.conftest import _taken
from tests.receivables.office import Office
from tests.smtp_counter import smtp_counter
from tests.world import World

STEPS = (
    {"day": 0, "channel": "mail", "template": "hello"},
    {"day": 2, "channel": "sms", "template": "nudge"},
    {"day": 2, "channel": "mail", "template": "hello"},
    {"day": 7, "channel": "mail", "template": "hello"},
    {"day": 9, "action": "exit"},
)
DAYS = [0, 2, 2, 7, 9]
CHANGES = ("", "", "", "", "", "", "hold", "go on", "go on", "arrange", "break", "pay", "void", "lose", "find")
"""What may become of an invoice on a day."""


@dataclass
class OnPaper:
    """An invoice as somebody with a calendar would work it."""

    status: str = "awaiting_payment"
    held: bool = False
    listed: bool = True
    entered: date | None = None
    still_since: date | None = None
    arranged: bool = False
    step: int = 0
    due: date = date.max
    left: str = ""
    said: list[tuple[int, date]] = field(default_factory=list)

    def become(self, change: str) -> None:
        if not self.listed and change != "find":
            return  # nobody says it
        match change:
            case "hold" | "go on":
                self.held = change == "hold"
            case "arrange":
                self.status = "on_payment_arrangement"
            case "break":
                self.status = "awaiting_payment"
            case "pay" | "void":
                self.status = {"pay": "paid", "void": "voided"}[change]
            case "lose" | "find":
                self.listed = change == "find"

    @property
    def runs(self) -> bool:
        return self.status == "awaiting_payment" and not self.held and self.listed

    def day(self, today: date) -> None:
        if self.entered is None and self.runs:
            self.entered = self.due = today
        if self.entered is None or self.left:
            return
        self._follow(today)
        while not self.left and self.still_since is None and self.due <= today:
            self._go_on(today)

    def _follow(self, today: date) -> None:
        if self.status in ("paid", "voided"):
            self.left = self.status
        elif self.arranged and self.status == "awaiting_payment":
            self.left = "arrangement_failed"
        elif not self.runs:
            self.arranged = self.arranged or self.status == "on_payment_arrangement"
            self.still_since = self.still_since or today
        elif self.still_since is not None:
            stood, self.still_since = today - self.still_since, None
            self.due, self.entered = self.due + stood, (self.entered or today) + stood

    def _go_on(self, today: date) -> None:
        if DAYS[self.step] == 9:
            self.left = "workflow_finished"
            return
        self.said.append((self.step, today))
        self.step += 1
        self.due = (self.entered or today) + timedelta(DAYS[self.step])
        if DAYS[self.step] > DAYS[self.step - 1]:
            self.due = max(self.due, today + timedelta(days=1))


HISTORY = st.lists(st.sampled_from(CHANGES), min_size=14, max_size=14)


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """One campaign, which goes on from one example to the next with invoices of other numbers."""
    with smtp_counter() as mail, serving(_taken) as agent:
        office = Office(World(Path(tmp_path_factory.mktemp("busy"))), mail.port, agent.url)
        office.mails, office.calls = mail, agent
        office.workflow("soft", STEPS)
        office.invoices({"A": {"status": "awaiting_payment"}})
        office.launch("overdue")
        office.change("A", status="paid")
        yield office


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.generate],
)
@given(histories=st.lists(HISTORY, min_size=8, max_size=8), worked=st.lists(st.booleans(), min_size=14, max_size=14))
def test_what_is_said_is_what_a_calendar_says(busy: Office, histories: list[list[str]], worked: list[bool]) -> None:
    """AMB-I6, AMB-I8, I-08, I-09: also where nobody works on some days, and takes nothing in."""
    (example,) = busy.rows("SELECT count(*) FROM invoice")[0]
    papers = {f"N{example}-{place}": OnPaper() for place in range(len(histories))}
    for turn, is_worked in enumerate([True, *worked]):
        today = busy.world.clock.now().date()
        if is_worked:
            for paper, history in zip(papers.values(), histories, strict=True):
                if turn:
                    paper.become(history[turn - 1])
            _take_in(busy, papers)
            busy.turn()
            for paper in papers.values():
                paper.day(today)
        busy.world.clock.advance(days=1)
    for number, paper in papers.items():
        assert _said(busy, number) == paper.said, number
        assert busy.exits().get((number, "overdue"), "") == paper.left, number
    _never(busy)


def _take_in(office: Office, papers: dict[str, OnPaper]) -> None:
    for number in papers.keys() & office.known.keys():
        if not papers[number].listed:
            office.known.pop(number)
    office.invoices(
        {
            number: {"status": one.status, "onHold": str(one.held).lower()}
            for number, one in papers.items()
            if one.listed
        }
    )
    office.load()


def _said(office: Office, number: str) -> list[tuple[int, date]]:
    found = office.rows(
        "SELECT communication.step, at FROM communication JOIN enrolment ON enrolment.id = enrolment"
        " JOIN invoice ON invoice.id = invoice WHERE number = ? AND stage = 'sent' ORDER BY at, communication.step",
        number,
    )
    zone = office.world.clock.now().tzinfo
    return [(step, datetime.fromtimestamp(at, zone).date()) for step, at in found]


def _never(office: Office) -> None:
    """What must not be, whatever happened."""
    assert not office.rows("SELECT invoice FROM enrolment WHERE exit = '' GROUP BY invoice HAVING count(*) > 1")
    assert not office.rows(
        "SELECT 1 FROM communication JOIN enrolment ON enrolment.id = enrolment"
        " WHERE exit <> '' AND communication.at > exited_at AND exit <> 'workflow_finished'"
    )
    calls = [found.headers["idempotency-key"] for found in office.calls.requests]
    assert len(calls) == len(set(calls))
