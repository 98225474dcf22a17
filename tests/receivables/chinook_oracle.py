"""What becomes of Chinook's invoices in campaigns, worked out a second time: day by day, in SQL, from `chinook.BILLING` alone.

It knows nothing of the engine: its tables are its own, and what a campaign means is said in SQL. A day is one turn.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

_TABLES = """
CREATE TABLE step (campaign TEXT, number INTEGER, day INTEGER, channel TEXT, otherwise TEXT, least REAL);
CREATE TABLE work (
    id INTEGER PRIMARY KEY, invoice INTEGER, campaign TEXT, entered TEXT, still INTEGER DEFAULT 0, since TEXT DEFAULT '',
    arranged INTEGER DEFAULT 0, step INTEGER DEFAULT 0, due TEXT, said_on TEXT DEFAULT '', said_day INTEGER DEFAULT 0,
    why TEXT DEFAULT '', gone TEXT DEFAULT ''
);
CREATE TABLE said (work INTEGER, step INTEGER, day TEXT, channel TEXT, stage TEXT);
CREATE TABLE alert (opened TEXT, closed TEXT DEFAULT '', part INTEGER, whole INTEGER);
CREATE TABLE now AS SELECT * FROM billing;
"""
_FREE = "now.status = 'awaiting_payment' AND now.held = 'false'"
_LAST = "(SELECT {} FROM work WHERE invoice = now.id AND why <> '' ORDER BY gone DESC, id DESC LIMIT 1)"
_FOLLOW = """
UPDATE work SET why = (SELECT status FROM now WHERE now.id = invoice), gone = :day
WHERE why = '' AND (SELECT status FROM now WHERE now.id = invoice) IN ('paid', 'voided');
UPDATE work SET why = 'arrangement_failed', gone = :day
WHERE why = '' AND arranged = 1 AND (SELECT status FROM now WHERE now.id = invoice) = 'awaiting_payment';
UPDATE work SET since = CASE since WHEN '' THEN :day ELSE since END, arranged = 1
WHERE why = '' AND (SELECT status FROM now WHERE now.id = invoice) = 'on_payment_arrangement';
UPDATE work SET since = :day
WHERE why = '' AND since = '' AND coalesce((SELECT held FROM now WHERE now.id = invoice), 'true') = 'true';
UPDATE work SET still = still + julianday(:day) - julianday(since), since = '',
    due = date(due, '+' || CAST(julianday(:day) - julianday(since) AS INTEGER) || ' days')
WHERE why = '' AND since <> '' AND arranged = 0 AND (SELECT held FROM now WHERE now.id = invoice) = 'false';
"""
_ENTER = """
INSERT INTO work (invoice, campaign, entered, due)
SELECT now.id, :name, :day, max(:day, coalesce(date(nullif({said_on}, ''), '+1 day'), ''))
FROM now WHERE {free} AND ({rule}) AND NOT EXISTS (SELECT 1 FROM work WHERE invoice = now.id AND ({taken}))
"""
_DUE = """
SELECT work.id, work.step, step.day, step.channel, step.otherwise, step.least, now.amount, now.phone, now.email
FROM work JOIN now ON now.id = work.invoice JOIN step ON step.campaign = work.campaign AND step.number = work.step
WHERE work.why = '' AND work.since = '' AND work.due <= :day AND {free}
"""
_SAY = f"""
CREATE TEMP TABLE turn AS
WITH due AS ({_DUE.format(free=_FREE)}), able AS (
    SELECT due.*, CASE channel WHEN 'sms' THEN phone <> '' WHEN 'mail' THEN email NOT GLOB '*[^ -~]*@*' END AS straight,
        otherwise = 'mail' AND email NOT GLOB '*[^ -~]*@*' AS around
    FROM due
)
SELECT id, step, day, CASE
    WHEN channel = '' THEN 'exit' WHEN CAST(amount AS REAL) < coalesce(least, 0) THEN 'passed_over'
    WHEN straight OR around THEN 'sent' ELSE 'passed_over' END AS stage,
    CASE WHEN straight THEN channel ELSE otherwise END AS way
FROM able;
UPDATE work SET why = 'workflow_finished', gone = :day WHERE id IN (SELECT id FROM turn WHERE stage = 'exit');
DELETE FROM turn WHERE stage = 'exit';
INSERT INTO said SELECT id, step, :day, way, stage FROM turn;
UPDATE work SET said_on = :day, said_day = (SELECT day FROM turn WHERE turn.id = work.id)
WHERE id IN (SELECT id FROM turn WHERE stage = 'sent');
UPDATE work SET step = step + 1 WHERE id IN (SELECT id FROM turn);
UPDATE work SET due = (
    SELECT max(date(entered, '+' || CAST(step.day + still AS INTEGER) || ' days'),
        CASE WHEN said_on <> '' AND step.day > said_day THEN date(said_on, '+1 day') ELSE '' END)
    FROM step WHERE step.campaign = work.campaign AND step.number = work.step)
WHERE id IN (SELECT id FROM turn);
DROP TABLE turn;
"""


@dataclass(frozen=True)
class Plan:
    """A campaign: whom it means, as SQL over `now`, and its steps (day, channel, otherwise, least amount); "" ends it."""

    name: str
    priority: int
    rule: str
    steps: Sequence[tuple[int, str, str, float | None]]
    treated: bool = False


@dataclass
class Oracle:
    """The same invoices, by SQL alone. `expected` percent."""

    db: sqlite3.Connection
    expected: int = 90
    active: dict[str, tuple[Plan, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.db.executescript(_TABLES)

    def launch(self, plan: Plan, day: date) -> None:
        self.active[plan.name] = plan, day.isoformat()
        rows = [(plan.name, number, *step) for number, step in enumerate(plan.steps)]
        self.db.executemany("INSERT INTO step VALUES (?, ?, ?, ?, ?, ?)", rows)

    def stop(self, name: str, day: date) -> None:
        del self.active[name]
        self.db.execute(
            "UPDATE work SET why = 'campaign_stopped', gone = ? WHERE campaign = ? AND why = ''",
            (day.isoformat(), name),
        )

    def turn(self, day: date) -> None:
        """Everything that happens on a day."""
        given = {"day": day.isoformat()}
        self.db.executescript("DELETE FROM now; INSERT INTO now SELECT * FROM billing;")
        self._run(_FOLLOW, given)
        for plan, _ in sorted(self.active.values(), key=lambda one: (one[0].priority, one[1], one[0].name)):
            taken = "why = '' OR campaign = :name" if plan.treated else "1"
            enter = _ENTER.format(said_on=_LAST.format("said_on"), free=_FREE, rule=_rule(plan), taken=taken)
            self.db.execute(enter, {**given, "name": plan.name})
        for _ in range(5):
            self._run(_SAY, given)
        self._watch(given)
        self.db.commit()

    def level(self) -> tuple[int, int]:
        """Collectable in an active campaign, and collectable."""
        names = ", ".join(f"'{name}'" for name in self.active) or "''"
        part = self.one(
            f"SELECT count(*) FROM now JOIN work ON invoice = now.id AND why = '' WHERE {_FREE} AND campaign IN ({names})"
        )
        return part, self.one(f"SELECT count(*) FROM now WHERE {_FREE}")

    def share(self, name: str) -> tuple[int, int]:
        """Of the invoices that a campaign means, those that are in it."""
        meant = f"FROM now WHERE {_FREE} AND ({_rule(self.active[name][0])})"
        inside = f"AND EXISTS (SELECT 1 FROM work WHERE invoice = now.id AND why = '' AND campaign = '{name}')"
        return self.one(f"SELECT count(*) {meant} {inside}"), self.one(f"SELECT count(*) {meant}")

    def rows(self, statement: str, given: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        return self.db.execute(statement, given or {}).fetchall()

    def one(self, statement: str) -> int:
        return int(self.rows(statement)[0][0])

    def _watch(self, given: Mapping[str, Any]) -> None:
        part, whole = self.level()
        below, is_open = part * 100 < self.expected * whole, self.one("SELECT count(*) FROM alert WHERE closed = ''")
        if below and not is_open:
            self.db.execute(
                "INSERT INTO alert (opened, part, whole) VALUES (:day, ?, ?)".replace(":day", "?"),
                (given["day"], part, whole),
            )
        elif not below and is_open:
            self.db.execute("UPDATE alert SET closed = :day WHERE closed = ''", given)

    def _run(self, script: str, given: Mapping[str, Any]) -> None:
        for statement in script.split(";\n"):
            if statement.strip():
                self.db.execute(statement, given)


def _rule(plan: Plan) -> str:
    return plan.rule.replace("LAST_EXIT", _LAST.format("why"))
