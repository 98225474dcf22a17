"""A project that sells leads for real: manifests on disk, the real runtime, engine and store.

yard = Yard(Mailroom(World(tmp_path)))
yard.campaign("published"); yard.buyer("acme"); yard.partner()
yard.apply()
yard.arrive(200)
with yard.running(): …
"""

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from typing import Any

from reconciler.kinds.leads.intake import Intake, Taken
from reconciler.kinds.leads.market import Outlook
from reconciler.kinds.leads.way import Sent
from reconciler.model.ref import Ref
from tests.email.mailroom import Mailroom
from tests.leads.saleroom import put_leads, rows

CARS = Ref("LeadCampaign", "cars", 1)


@dataclass
class Yard:
    """One campaign, `cars`, its buyers and a partner."""

    room: Mailroom
    arrived: int = 0

    def campaign(self, state: str, version: int = 1, **distribution: Any) -> None:
        """A version of it, and of its workflow."""
        workflow = {"name": "quotes", "distribution": {"mode": "directPost", **distribution}}
        spec = {"fields": [{"name": "plate", "type": "string"}], "verticals": ["car"], "workflows": [workflow]}
        self._manifest("LeadCampaign", "cars", spec, {"version": version}, state=state)

    def buyer(self, name: str, **spec: Any) -> None:
        """An AccountContract."""
        whole = {"account": name, "campaign": "cars", "price": {"amount": "10.00", "currency": "EUR"}, **spec}
        self._manifest("AccountContract", name, whole)

    def partner(self, **spec: Any) -> None:
        """The PartnerContract."""
        whole = {"partner": "affiliate", "campaign": "cars", "version": 1, "apiKey": {"env": "AFFILIATE_KEY"}, **spec}
        self._manifest("PartnerContract", "affiliate", whole)

    def _manifest(
        self, kind: str, name: str, spec: Mapping[str, Any], more: Mapping[str, Any] | None = None, **top: Any
    ) -> None:
        document = {
            "apiVersion": "muster/v1",
            "kind": kind,
            "metadata": {"name": name, **(more or {})},
            **top,
            "spec": spec,
        }
        number = (more or {}).get("version", "")
        self.room.world.write(f"{kind.lower()}-{name}{number}.yaml", json.dumps(document))

    def apply(self) -> None:
        outcome = self.room.apply()
        assert not (outcome.failed or outcome.denied or outcome.waiting or outcome.stale), outcome

    def state(self) -> str:
        return self.room.state(CARS)

    def uid(self, ref: Ref = CARS) -> int:
        with closing(self.room.open()) as store:
            return store.ledger.uid(ref)

    def arrive(self, many: int = 1, **given: Any) -> None:
        """Leads as intake takes them in, without its looking."""
        with closing(self.room.open()) as store:
            leads = [
                {
                    "code": f"L{self.arrived + number}", "contract": 0, "partner": "affiliate", "workflow": "quotes",
                    "vertical": "car", "is_test": int(self.state() == "test"), "stage": "waiting", "score": 0, "cost": 0,
                    "fields": {"plate": "X"}, **given,
                }
                for number in range(1, many + 1)
            ]  # fmt: skip
            self.arrived += many
            put_leads(store, self.uid(), leads, self.room.clock.now())

    def running(self, threads: int = 4) -> AbstractContextManager[None]:
        return self.room.running(threads)

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with closing(self.room.open()) as store:
            return rows(store, statement, *values)

    def stages(self) -> dict[str, int]:
        """How many leads there are in each stage."""
        return dict(self.rows("SELECT stage, count(*) FROM lead GROUP BY stage ORDER BY stage"))

    def accounts(self) -> Sequence[str]:
        return [account for (account,) in self.rows("SELECT account FROM outbound ORDER BY id")]

    def post(self) -> bool:
        """One lead by the real door; whether it was taken."""
        with closing(self.room.open()) as store:
            uid = store.ledger.uid(Ref("PartnerContract", "affiliate"))
            sent = Sent(uid, uid, {"plate": "X"}, "cars", 1, "car", "quotes")
            taken = Intake(Outlook(), os.urandom).take(store, sent, self.room.clock.now())
            return isinstance(taken, Taken)
