"""Workers that are killed at random: each communication once for each step of an enrolment, at real servers. (I-20, X-06)"""

import json
import random
from collections import Counter
from pathlib import Path

from reconciler.app import SystemClock
from tests.email.mailroom import until
from tests.receivables.office import Office
from tests.worker_processes import workers

INVOICES = 200
KILLS = 6
STEPS = [
    {"day": 0, "channel": "mail", "template": "hello"},
    {"day": 0, "channel": "sms", "template": "nudge"},
    {"day": 0, "channel": "mail", "template": "hello", "when": "invoice.amountDue >= 100.0"},
    {"day": 5, "action": "exit"},
]


def test_each_step_is_said_once_though_workers_are_killed(office: Office, tmp_path: Path) -> None:
    """I-20, AMB-E13: what a killed worker was saying is unknown, and not said again; an agent knows a call by its key."""
    office.world.clock.moment = SystemClock().now()
    office.manifest(
        "SmtpConnection", "relay", {"host": "127.0.0.1", "port": office.mail, "tls": "none", "maxConnections": 3}
    )
    office.workflow("both", STEPS)
    office.invoices({f"INV-{number}": {} for number in range(INVOICES)})
    office.launch("overdue", workflow="both")
    with workers(office.world, tmp_path / "log", 3) as crew:
        for point in sorted(random.sample(range(1, INVOICES), KILLS)):
            until(lambda point=point: office.mails.count() >= point, f"{point} mails{crew.said()}", 120)  # type: ignore[misc]
            crew.replace()
        done = [(INVOICES, 3)]
        until(
            lambda: office.rows("SELECT count(*), min(step) FROM enrolment WHERE step = 3 AND posted = 0") == done,
            "the end" + crew.said(),
            120,
        )
    said = Counter((step, stage) for _, _, step, stage in office.said())
    mails = Counter(office.mails.recipients())
    assert not office.mails.twice()
    assert said[0, "sent"] + said[0, "unknown"] == INVOICES
    assert said[0, "sent"] <= len(mails) <= INVOICES
    assert said[0, "unknown"] <= KILLS * 3, "one for each lane that a killed worker had in hand"
    keys = {
        found.headers["idempotency-key"]: json.loads(found.body)["contact"]["name"] for found in office.calls.requests
    }
    assert Counter(keys.values()) == {f"INV-{number}": 1 for number in range(INVOICES)}, "everybody, under one key each"
    assert said[1, "sent"] + said[1, "unknown"] == INVOICES
    assert said[2, "passed_over"] == INVOICES
