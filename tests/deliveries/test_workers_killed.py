"""Sold leads by real workers, killed at random: every webhook arrives, known by its key; no mail goes out twice.

L-45, AMB-L5: the contract is deleted before the first of them leaves.
"""

import json
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.app import SystemClock
from reconciler.engine.lane import SLICE
from reconciler.kinds.leads.deliveries import units_of, vias_of
from reconciler.model.ref import Ref
from reconciler.model.work import Stage
from tests.deliveries.sold import contract, lead, outbound
from tests.email.mailroom import until
from tests.hooks.servers import Serving, serving
from tests.postgres import Server
from tests.smtp_counter import Counter as Post
from tests.smtp_counter import smtp_counter
from tests.worker_processes import workers
from tests.world import World

LEADS = 600
KILLS = 6
WORKERS = 2
ACME = Ref("AccountContract", "acme")


class Shop:
    """A project with one contract."""

    def __init__(self, world: World, log: Path) -> None:
        self.world, self.log, self.uid = world, log, 0

    def put(self, kind: str, name: str, spec: dict[str, object], **more: object) -> None:
        document = {"apiVersion": "muster/v1", "kind": kind, "metadata": {"name": name}, **more, "spec": spec}
        self.world.write(f"{kind.lower()}-{name}.yaml", json.dumps(document))

    def sell(self, url: str, port: int) -> None:
        """So many leads, under a contract that is deleted then."""
        deliveries = [
            {"method": "webhook", "url": url, "allowPrivate": True, "retry": {"attempts": 8, "backoff": "1s"}},
            {
                "method": "email",
                "to": "leads@acme.example",
                "smtp": "lead-relay",
                "from": {"email": "desk@sender.example"},
            },
        ]
        spec = contract(*deliveries)
        self.put(
            "LeadCampaign",
            "cars",
            {"workflows": [{"name": "quotes", "distribution": {"mode": "directPost"}}]},
            state="test",
        )
        self.put("SmtpConnection", "lead-relay", {"host": "127.0.0.1", "port": port, "tls": "none"})
        self.put("AccountContract", "acme", json.loads(spec.model_dump_json(by_alias=True, exclude_unset=True)))
        assert not self.world.apply().failed
        with closing(self.world.app().store()) as store:
            self.uid, now = store.ledger.uid(ACME), store.time(SystemClock().now())
            store.ledger.stand(self.uid, vias_of(spec), now)
            for number in range(LEADS):
                one = replace(outbound(number, contract=self.uid), at=now)
                store.ledger.post(self.uid, units_of(one, replace(lead(number), id=number), spec))
        written = json.loads((self.world.root / "campaigns.d/accountcontract-acme.yaml").read_text())
        self.put("AccountContract", "acme", written["spec"], state="deleted")
        assert not self.world.apply().failed

    def stages(self) -> dict[Stage, int]:
        with closing(self.world.app().store()) as store:
            found = store.ledger.view(self.uid, store.time(SystemClock().now()))
        assert found is not None
        return dict(found.stages)

    def is_over(self) -> bool:
        return all(stage.is_final for stage in self.stages())


@pytest.fixture(params=["sqlite", "postgres"])
def shop(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.setenv("MUSTER_ACTOR", "tester")
    server: Server | None = request.getfixturevalue("postgres") if request.param == "postgres" else None
    yield Shop(World(tmp_path / "shop", server, server.store() if server else ""), tmp_path / "log")


def killed_again_and_again(shop: Shop, buyer: Serving, post: Post) -> None:
    shop.sell(buyer.url, post.port)
    with workers(shop.world, shop.log, WORKERS) as crew:
        for point in sorted(random.sample(range(1, LEADS), KILLS)):
            until(
                lambda point=point: len(buyer.requests) + post.count() >= point, f"{point} deliveries{crew.said()}", 120
            )  # type: ignore[misc]
            crew.replace()
        until(shop.is_over, f"the end{crew.said()}", 240)


def test_every_webhook_arrives_and_no_mail_twice(shop: Shop) -> None:
    with serving(lambda request: request.answer(200)) as buyer, smtp_counter() as post:
        killed_again_and_again(shop, buyer, post)
        calls = Counter(request.headers["idempotency-key"] for request in buyer.requests)
        names = Counter(
            next(line for line in one.message.splitlines() if line.startswith(b"Message-ID")) for one in post.taken
        )
    stages = shop.stages()
    unknown = stages.get(Stage.UNKNOWN, 0)
    assert calls.keys() == {f"sold-{number}-0" for number in range(LEADS)}, "a webhook in doubt is called again"
    assert {name for name, times in names.items() if times > 1} == set(), "a mail in doubt is not"
    assert len(names) >= LEADS - unknown
    assert stages == {Stage.SENT: 2 * LEADS - unknown, **({Stage.UNKNOWN: unknown} if unknown else {})}
    assert unknown <= KILLS * SLICE.most
