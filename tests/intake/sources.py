"""A project with one source of invoices and one of accounts, whose files tests write."""

import json
from collections.abc import Mapping
from contextlib import closing
from typing import Any

from reconciler.kinds.loaded import Loaded
from reconciler.kinds.receivables.loading import load, refresh
from reconciler.model.invoices import Invoice, Wanted
from tests.world import World

HEAD = "number,status,amountDue\n"


class Sources:
    """`write` an invoices.csv below campaigns.d/data, and `load` or `refresh` it."""

    def __init__(self, world: World) -> None:
        self.world = world

    def put(self, kind: str, name: str, spec: Mapping[str, Any], **more: Any) -> None:
        document = {"apiVersion": "muster/v1", "kind": kind, "metadata": {"name": name}, **more, "spec": spec}
        self.world.write(f"{kind.lower()}-{name}.yaml", json.dumps(document))

    def ledger(self, **spec: Any) -> None:
        """InvoiceSource/ledger, applied."""
        self.put("InvoiceSource", "ledger", {"source": {"csv": "data/invoices.csv"}, "id": "number", **spec})
        self.apply()

    def apply(self) -> None:
        outcome = self.world.apply()
        assert not outcome.failed, outcome

    def rows(self, text: str, head: str = HEAD) -> None:
        self.world.write("data/invoices.csv", head + text)

    def load(self, *names: str) -> Loaded:
        with closing(self.world.app()) as app:
            (found,) = load(store := app.store(), app.shelf(store), names, self.world.clock.now(), lambda: None)
        return found

    def refresh(self) -> None:
        with closing(self.world.app()) as app:
            refresh(store := app.store(), app.shelf(store), self.world.clock.now(), lambda: None)

    def invoices(self, **wanted: Any) -> dict[str, Invoice]:
        with self.world.store() as store:
            return {one.row.number: one for one in store.invoices.page(Wanted(**wanted), 0, 1000)}

    def listed(self) -> str:
        """The numbers of those that are listed, in a line."""
        return " ".join(self.invoices(listed=True))

    def change(self) -> int:
        with self.world.store() as store:
            return store.invoices.change()
