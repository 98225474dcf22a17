"""Leads posted at once and sold by real workers that are killed at random: caps are exact, nobody gets a lead twice.

Acceptance: 200 parallel leads against a cap of 50 sell exactly 50.
"""

import os
import random
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from reconciler.kinds.leads.intake import Intake, Taken
from reconciler.kinds.leads.market import Outlook
from reconciler.kinds.leads.way import Sent
from reconciler.model.ref import Ref
from tests.daemons import ROOT
from tests.email.mailroom import until
from tests.leads.yard import Yard

LEADS = 200
CAP = 50
KILLS = 6
PARTNERS = 8
"""Threads that post at once, each by a store of its own."""


class Workers:
    """`muster worker` processes over one project."""

    def __init__(self, yard: Yard, log: Path) -> None:
        self.world, self.log = yard.room.world, log
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        store = ["--store", self.world.url] if self.world.url else []
        command = [sys.executable, "cli.py", "-C", str(self.world.root), *store, "worker", "--log-format", "json"]
        with self.log.open("ab") as log:
            self.running.append(subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, env=os.environ))

    def kill(self) -> None:
        """One of them, with -9."""
        one = self.running.pop(random.randrange(len(self.running)))
        one.kill()
        one.wait()

    def end(self) -> None:
        while self.running:
            self.kill()


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
    workers = Workers(yard, tmp_path / "log")
    log = tmp_path / "log"
    try:
        for _ in range(3):
            workers.start()
        with ThreadPoolExecutor(PARTNERS) as pool:
            posts = [pool.submit(post, yard, LEADS // PARTNERS) for _ in range(PARTNERS)]
            for point in sorted(random.sample(range(1, CAP), KILLS)):
                until(
                    lambda point=point: len(yard.accounts()) >= point, f"{point} sales\n{log.read_text()[-2000:]}", 120
                )  # type: ignore[misc]
                workers.kill()
                workers.start()
            assert sum(one.result() for one in posts) == LEADS
        until(lambda: set(yard.stages()) == {"sold", "unsold"}, "the end", 120)
    finally:
        workers.end()
    assert Counter(yard.accounts()) == {"acme": CAP, "beta": CAP}
    sales = yard.rows("SELECT lead, account FROM outbound")
    assert len(set(sales)) == len(sales) == 2 * CAP
    assert yard.stages() == {
        "sold": len({lead for lead, _ in sales}),
        "unsold": LEADS - len({lead for lead, _ in sales}),
    }
    deliveries = yard.rows("SELECT count(*) FROM unit WHERE key LIKE ?", "outbound:%")
    assert deliveries == [(CAP,)], "one for each sale that leaves the house"
