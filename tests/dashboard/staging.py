"""A project in which everything happens: the campaigns of this repository, three weeks later, with all that came of them.

    stage = staged(world, from_text("2026-11-23T09:00:00Z"))

Mails went out to a server on this machine, leads were sold, friends came, invoices and accounts were worked; something is
held, drifts, is blocked, failed and was put away. The walks of the browser go over it, and `make demo` shows it:

    make demo          shows it, built for this very moment
"""

import os
import re
import subprocess
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copytree
from typing import Final

import pytest

from reconciler.app import App, SystemClock
from reconciler.controller.report import Reporting
from reconciler.engine.lane import LaneRun, Slice
from reconciler.kinds.receivables.watching import watch_level
from reconciler.model.instant import to_text
from reconciler.model.ports import Store, Worker
from reconciler.model.ref import Ref
from reconciler.model.returns import Return, Sign
from reconciler.model.work import Offer
from tests.hooks.servers import Request, serving
from tests.smtp_counter import smtp_counter
from tests.world import World

ROOT: Final = Path(__file__).parent.parent.parent
EXTRAS: Final = Path(__file__).parent / "stage"
DRAWN: Final = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
"""The Monday for which the campaigns of this repository were written; for other days their dates move by whole weeks."""
LEASE: Final = timedelta(minutes=5)
TURNS: Final = 200
ANSWERED: Final = (0, 1, 4, 5)
"""Exit codes of commands that have answered, if only with what stands in the way."""
DAY: Final = timedelta(days=1)
SATURDAY: Final = 5


class Staged(World):
    """Its campaigns are really run: nobody gives their runtimes."""

    def app(self) -> App:
        return App.open(self.root, store=self.url, clock=self.clock)


@dataclass(slots=True)
class Stage:
    """A project that is being played through. Mails and calls go to `mail` and `hook`, ports of this machine."""

    world: Staged
    anchor: datetime
    mail: int
    hook: int
    claims: int = 0

    def at(self, **before: float) -> None:
        """It is so long before the anchor."""
        self.world.clock.moment = self.anchor - timedelta(**before)

    def at_work(self, days: int, hour: int) -> None:
        """It is this hour (UTC) so many days before the anchor, or of the last working day before that: nobody sells or
        contacts on Sundays, whenever the play is looked at."""
        moment = (self.anchor - timedelta(days=days)).replace(hour=hour, minute=0, second=0, microsecond=0)
        while moment > self.anchor or moment.weekday() >= SATURDAY:
            moment -= DAY
        self.world.clock.moment = moment

    def say(self, *arguments: str) -> str:
        """A command; what it prints."""
        said = self.world.cli(*arguments)
        assert said.code in ANSWERED, (arguments, said)
        return said.out

    def file(self, name: str, text: str) -> str:
        """A file that no commit takes up; its path."""
        file = self.world.root / ".muster" / name
        file.write_text(text, encoding="utf-8")
        return str(file)

    def edit(self, name: str, old: str, new: str) -> None:
        """A manifest's text is another one."""
        file = self.world.manifests / name
        text = file.read_text(encoding="utf-8")
        assert old in text, (name, old)
        file.write_text(text.replace(old, new, 1), encoding="utf-8")
        self.commit(f"Change {name}: {new.strip().splitlines()[-1]}")

    def commit(self, subject: str) -> None:
        """What stands in the files goes into git, at the time of the play."""
        for command in (("add", "--all"), ("commit", "--quiet", "--message", subject)):
            git_of_dana(self.world.root, self.world.clock.now(), *command)

    def work(self, *kinds: str) -> None:
        """What is due at this moment for these kinds, or for all: as much as their limits let through."""
        with closing(self.world.app()) as app:
            store = app.store()
            workers = {kind: one for kind, one in app.workers(store).items() if not kinds or kind in kinds}
            reporting = Reporting(app.kinds().table, app.runtimes(store), self.world.clock, "worker:stage")
            for _ in range(TURNS):
                reporting.take_down(store, workers.values())
                offers = [one for one in store.ledger.offers(self.world.clock.now(), 200) if one.ref.kind in workers]
                for offer in offers:
                    self._lane(store, workers, offer)
                if not offers:
                    return

    def _lane(self, store: Store, workers: Mapping[str, Worker], offer: Offer) -> None:
        self.claims += 1
        now = self.world.clock.now()
        claim = store.ledger.claim(offer, f"stage {self.claims}", now, now + LEASE, 0)
        if claim is not None:
            lane = LaneRun(store.ledger, claim, self.world.clock.now, Slice(span=timedelta(milliseconds=10)))
            workers[offer.ref.kind].work(lane)
            lane.close()

    def through(self, seconds: float, *kinds: str, step: float = 10.0) -> None:
        """Time passes in steps, with whatever is due then for these kinds."""
        until = self.world.clock.now() + timedelta(seconds=seconds)
        while self.world.clock.now() < until:
            self.world.clock.advance(seconds=step)
            self.work(*kinds)

    def heard(self, campaign: str, shares: Mapping[Sign, int], hours: int) -> None:
        """What came of a mailing's letters: each sign of every so-manyeth recipient, in the hours after it went out."""
        with self.world.store() as store:
            uid = store.ledger.uid(Ref("EmailCampaign", campaign))
            keys = [store.ledger.key_of(uid, unit) for unit in _units(store, uid)]
            began = self.world.clock.now()
            store.returns.record(
                [
                    Return(
                        f"{campaign}-{sign}-{key}",
                        uid,
                        key,
                        sign,
                        began + timedelta(minutes=(place**2) % max(1, 60 * hours)),
                    )
                    for sign, every in shares.items()
                    for place, key in enumerate(keys)
                    if key and place % every == 0
                ]
            )


def git_of_dana(root: Path, at: datetime, *command: str) -> None:
    """One call of git in this repository, as Dana says it at this time."""
    who = {"NAME": "Dana", "EMAIL": "dana@noorderlicht.example", "DATE": to_text(at)}
    named = {f"GIT_{part}_{name}": value for part in ("AUTHOR", "COMMITTER") for name, value in who.items()}
    subprocess.run(("git", "-C", str(root), *command), env={**os.environ, **named}, check=True)


def _units(store: Store, uid: int) -> range:
    """The numbers of a mailing's letters."""
    found = store.ledger.view(uid, datetime.now(UTC))
    return range(1, (found.total if found else 0) + 1)


def _plays(stage: Stage) -> None:
    """Three weeks, as they went."""
    _begins(stage)
    _collects(stage)
    _refers(stage)
    _sells(stage)
    _mails(stage)
    _is_interfered_with(stage)


def _begins(stage: Stage) -> None:
    """The project is applied; what is to be mailed later waits."""
    stage.at(days=20)
    for name in ("newsletter-2026-11.yaml", "mailings-2026.yaml"):
        file = stage.world.manifests / "growth" / name
        head, voucher, rest = file.read_text(encoding="utf-8").partition("voucher-2026-11")
        first = head if name.startswith("mailings") else head.replace("state: running", "state: draft")
        file.write_text(first + voucher + rest.replace("state: running", "state: draft", 1), encoding="utf-8")
    stage.commit("Begin with what runs this autumn")
    stage.say("apply", "--yes")
    stage.through(300, "EmailCampaign")
    signs = {Sign.DELIVERED: 1, Sign.OPENED: 2, Sign.CLICKED: 5, Sign.BOUNCED: 40, Sign.UNSUBSCRIBED: 60}
    stage.heard("newsletter-2026-10", signs, hours=60)


def _collects(stage: Stage) -> None:
    """Reminders go out, accounts are contacted, some promise, some pay."""
    stage.say("collections", "load")
    for days in (17, 14, 10, 7):
        stage.at_work(days, 10)
        stage.through(900, "CollectionCampaign", step=450)
    stage.at(days=5)
    stage.say("receivables", "load")
    for one in ("consumer-7-30", "consumer-31-60", "business-overdue"):
        stage.say("receivables", "test", one, "--to", "marit.dejong@noorderlicht.example")
    for _ in range(2):
        stage.edit("billing/consumer.yaml", "state: draft   ", "state: active  ")
    stage.say("apply", "--yes")
    for account, event, *more in (
        ("AE-500107", "conversation", "--medium", "voice", "--detail", "calls back on Monday"),
        ("AE-500114", "promise", "--amount", "120.00", "--due-on", f"{stage.anchor + 9 * DAY:%Y-%m-%d}"),
        ("AE-500100", "payment", "--amount", "59.74"),
    ):
        stage.say("collections", "tell", account, "--source", "energy-portfolio", "--event", event, *more)
    stage.at(days=4, hours=1)
    stage.work("ReceivablesCampaign", "CollectionCampaign")
    stage.at(days=2)
    with stage.world.store() as store:
        watch_level(store, stage.world.clock.now())
    stage.at(hours=0)
    stage.work("ReceivablesCampaign", "CollectionCampaign")


def _refers(stage: Stage) -> None:
    """Neighbours share their links; friends come, sign and are supplied; one refers herself."""
    stage.at(days=18)
    people = ["aaf", "bas", "cor", "dia", "els", "fen", "gijs", "hes"]
    rows = "".join(f"{one},{one}@buurt.example,{number} Dorpsstraat\n" for number, one in enumerate(people))
    program = ("--program", "refer-a-neighbour")
    stage.say(
        "referral",
        "import",
        stage.file("advocates.csv", "id,email,household\n" + rows),
        "--rows",
        "advocates",
        *program,
    )
    asked = stage.file("links.csv", "advocate\n" + "\n".join(people[:6]) + "\n")
    told = stage.say("referral", "import", asked, "--rows", "links", *program)
    codes = dict(
        line.split(",") for line in told.splitlines() if line.count(",") == 1 and not line.startswith("advocate")
    )
    events = ["id,friend,event,at,code,email,household"]
    for number in range(30):
        friend, advocate = f"friend-{number}", people[number % 6]
        for turn, event in enumerate(("quote_requested", "contract_signed", "supply_started")):
            if number % (turn + 1) == 0:
                at = to_text(stage.anchor - DAY * (17 - number % 7 - 2 * turn))
                events.append(
                    f"{friend}-{turn},{friend},{event},{at},{codes[advocate]},{friend}@nieuw.example,{number} Nieuwe Gracht"
                )
    events.append(f"own,aaf-too,quote_requested,{to_text(stage.anchor - DAY)},{codes['aaf']},aaf@buurt.example,")
    stage.at(hours=20)
    stage.say("referral", "import", stage.file("events.csv", "\n".join(events) + "\n"), "--rows", "events", *program)
    stage.at(minutes=40)
    stage.work("ReferralCampaign")


def _sells(stage: Stage) -> None:
    """Leads come in on three days and are sold; some are none, and wait to be corrected."""
    head = "first_name,last_name,email,phone,postcode,house_number,roof,annual_kwh"
    for day in (6, 3, 0):
        stage.at_work(day, 10 if day else 6)
        rows = [
            f"Noor,Kok{one},noor{day}{one}@post.example,06123{day}45{one:02},{9000 + 7 * one} AB,{one},pitched,{2000 + 99 * one}"
            for one in range(14)
        ]
        rows.append(f"Piet,Vos,piet{day}@post.example,12,9711 AB,1,flat,100")
        stage.say(
            "leads",
            "import",
            stage.file(f"leads-{day}.csv", "\n".join([head, *rows])),
            "--contract",
            "bespaarwijs-solar-v1",
        )
        stage.work("LeadCampaign")


def _mails(stage: Stage) -> None:
    """One mailing missed its hour, one was stopped, one was put away, one is half out."""
    growth = "growth/mailings-2026.yaml"
    stage.at(days=5)
    stage.say("apply", "--yes")
    stage.at(days=4)
    stage.edit(growth, "state: draft", "state: running")
    stage.say("apply", "--yes")
    stage.through(3, "EmailCampaign", step=1)
    stage.say(
        "transition",
        "EmailCampaign/voucher-2026-11",
        "cancel",
        "--reason",
        "the voucher's code is wrong",
        "--for",
        "30d",
        "--yes",
    )
    stage.edit(growth, "state: running", "state: running\narchived: true")
    stage.at(hours=2)
    stage.edit("growth/newsletter-2026-11.yaml", "state: draft", "state: running")
    stage.edit("growth/newsletter-2026-11.yaml", "rate: 300/min", "rate: 30/min")
    stage.say("apply", "--yes")
    stage.at(minutes=3)
    stage.through(160, "EmailCampaign", step=4)
    stage.heard("newsletter-2026-11", {Sign.DELIVERED: 1, Sign.OPENED: 9, Sign.CLICKED: 23}, hours=0)


def _is_interfered_with(stage: Stage) -> None:
    """Somebody takes the brake, somebody holds, and the files ask for what is not legal."""
    stage.at(minutes=30)
    brake = ("--reason", "the landing page shows last year's price", "--for", "2d", "--yes")
    stage.say("transition", "ReferralCampaign/neighbour-friend-125", "pause", *brake)
    stage.say("hold", "EmailCampaign/winter-check", "--for", "3d", "--reason", "planning counts its vans")
    stage.at(minutes=0)
    stage.edit(
        "partnerships/heat-pump-quotes.yaml",
        "verticals: [heat-pump-hybrid, heat-pump-full]",
        "verticals: [heat-pump-full]",
    )
    stage.edit("growth/price-notice-2027.yaml", "verandert op 1 maart", "verandert per 1 maart")


def _shifted(text: str, by: timedelta) -> str:
    """Every date in it moved."""

    def moved(found: re.Match[str]) -> str:
        return (datetime.fromisoformat(found[0]) + by).strftime("%Y-%m-%d")

    return re.sub(r"\b20\d\d-[01]\d-[0-3]\d(?=\D|$)", moved, text)


def _copied(stage: Stage) -> None:
    """The manifests, for the week of the anchor, and with servers that are there."""
    weeks = timedelta(weeks=(stage.anchor - DRAWN) // timedelta(weeks=1))
    for source in (ROOT / "campaigns.d", EXTRAS):
        copytree(source, stage.world.manifests, dirs_exist_ok=True)
    subprocess.run(("git", "init", "--quiet", "--initial-branch", "main", str(stage.world.root)), check=True)
    (stage.world.root / ".gitignore").write_text(".muster/\n", encoding="utf-8")
    (stage.world.root / "muster.yaml").write_bytes((ROOT / "muster.yaml").read_bytes())
    for file in sorted(stage.world.manifests.rglob("*")):
        if file.suffix in (".yaml", ".csv"):
            text = _shifted(file.read_text(encoding="utf-8"), weeks)
            text = re.sub(r"\bport: 25\d\d\b", f"port: {stage.mail}", text)
            text = re.sub(r"127\.0\.0\.1:900\d", f"127.0.0.1:{stage.hook}", text)
            file.write_text(re.sub(r"\n  auth: \{.*\}", "", text), encoding="utf-8")


def agreed(asked: Request) -> None:
    """What every server of others says: yes."""
    asked.answer(202, b"{}", "Content-Type: application/json")


def _secrets() -> Mapping[str, str]:
    """Every secret that a manifest names."""
    text = "".join(file.read_text(encoding="utf-8") for file in sorted((ROOT / "campaigns.d").rglob("*.yaml")))
    named = {name: f"what only {name.lower()} says" for name in re.findall(r"\{env: (\w+)\}", text)}
    return {**named, "MUSTER_SERVER_SECRET": "nobody guesses what this says"}


SECRETS: Final = _secrets()


def staged(root: Path, anchor: datetime = DRAWN) -> Staged:
    """The project, as it stands at the anchor; the servers that it spoke to are gone."""
    with smtp_counter() as mails, serving(agreed) as calls:
        return played(root, anchor, mails.port, calls.port)


def played(root: Path, anchor: datetime, mail: int, hook: int) -> Staged:
    """The same, with servers that listen at these ports of this machine."""
    world = Staged(root)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SECRETS.items():
            patch.setenv(name, value)
        patch.setattr(SystemClock, "now", lambda _self: world.clock.now())
        patch.setenv("MUSTER_ACTOR", "dana")
        stage = Stage(world, anchor, mail, hook)
        _copied(stage)
        _plays(stage)
    return world
