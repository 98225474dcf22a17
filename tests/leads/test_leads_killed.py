"""Leads posted at once and sold by real workers that are killed at random: caps are exact, nobody gets a lead twice.

Acceptance: 200 parallel leads against a cap of 50 sell exactly 50.
"""

import os
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from reconciler.kinds.leads.intake import Intake, Taken
from reconciler.kinds.leads.market import Outlook
from reconciler.kinds.leads.way import Sent
from reconciler.model.ref import Ref
from tests.email.mailroom import until
from tests.leads.yard import Yard
from tests.worker_processes import workers

LEADS = 200
CAP = 50
KILLS = 6
PARTNERS = 8
"""Threads that post at once, each by a store of its own."""


def post(yard: Yard, many: int) -> int:
    """Leads through the real door; how many were taken."""
    intake = Intake(Outlook(), os.urandom)
    with closing(yard.room.open()) as store:
        uid = store.ledger.uid(Ref("PartnerContract", "affiliate"))
        sent = Sent(uid, uid, {"plate": "X"}, "cars", 1, "car", "quotes")
        return sum(isinstance(intake.take(store, sent, yard.room.clock.now()), Taken) for _ in range(many))


def test_two_hundred_leads_against_a_cap_of_fifty_sell_exactly_fifty(yard: Yard, tmp_path: Path) -> None:
    """L-24, AMB-L5: three workers, killed and replaced; each of two buyers takes its cap, and none a lead twice."""
    hook = {"method": "webhook", "url": "http://127.0.0.1:9/leads", "allowPrivate": True}
    yard.campaign("published", shareCount=2)
    yard.partner()
    yard.buyer("acme", caps=[{"leads": CAP, "per": "year"}], deliveries=[hook])
    yard.buyer("beta", caps=[{"amount": f"{CAP * 10}.00", "per": "year"}])
    yard.apply()
    with workers(yard.room.world, tmp_path / "log", 3) as crew, ThreadPoolExecutor(PARTNERS) as pool:
        posts = [pool.submit(post, yard, LEADS // PARTNERS) for _ in range(PARTNERS)]
        for point in sorted(random.sample(range(1, CAP), KILLS)):
            until(lambda point=point: len(yard.accounts()) >= point, f"{point} sales{crew.said()}", 120)  # type: ignore[misc]
            crew.replace()
        assert sum(one.result() for one in posts) == LEADS
        until(lambda: set(yard.stages()) == {"sold", "unsold"}, "the end", 120)
    assert Counter(yard.accounts()) == {"acme": CAP, "beta": CAP}
    sales = yard.rows("SELECT lead, account FROM outbound")
    assert len(set(sales)) == len(sales) == 2 * CAP
    assert yard.stages() == {
        "sold": len({lead for lead, _ in sales}),
        "unsold": LEADS - len({lead for lead, _ in sales}),
    }
    deliveries = yard.rows("SELECT count(*) FROM unit WHERE key LIKE ?", "outbound:%")
    assert deliveries == [(CAP,)], "one for each sale that leaves the house"
