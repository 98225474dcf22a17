"""What the commands about launches of receivables share: campaigns as the files have them, and all that stands beside them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from reconciler.app import App
from reconciler.commands.at_hand import store_at_hand
from reconciler.commands.options import Common
from reconciler.controller.inspect import find
from reconciler.dashboard.receiving.launch_check import support_of
from reconciler.kinds.receivables.checklist import Around
from reconciler.kinds.receivables.runtime import ReceivablesRuntime
from reconciler.kinds.shelf import Shelf
from reconciler.model.canonical import Document
from reconciler.model.diagnostic import has_errors, in_order
from reconciler.model.errors import Invalid, Usage
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.source.catalog import Library

KIND: Final = "ReceivablesCampaign"


@dataclass(frozen=True, slots=True)
class Desk:
    """The manifests of a project as they are on disk, and the store beside them."""

    app: App
    store: Store
    library: Library
    runtime: ReceivablesRuntime

    @property
    def now(self) -> datetime:
        """The instant of this look."""
        return self.app.clock.now()

    @property
    def around(self) -> Around:
        """What campaigns stand among."""
        return self.runtime.around(self.lookup)

    @property
    def shelf(self) -> Shelf:
        """What campaigns name, with the files beside it."""
        return self.runtime.shelf(self.lookup)

    @property
    def support(self) -> str:
        """Whom to ask where something is wrong (I-27); empty where the settings name nobody."""
        return support_of(self.library)

    def refs(self, kind: str) -> list[Ref]:
        """The manifests of a kind, by name."""
        return sorted(ref for ref in self.library.catalog.manifests if ref.kind == kind)

    def lookup(self, ref: Ref) -> Document | None:
        """A manifest's document."""
        return self.library.documents([ref]).get(ref)

    def document(self, ref: Ref) -> Document:
        """One that is there."""
        return self.library.documents([ref])[ref]

    def campaign(self, text: str) -> Ref:
        """The campaign that a person means; its name will do. Usage where no manifest describes it."""
        return find(text if "/" in text else f"{KIND}/{text}", self.refs(KIND), "no manifest describes")


def desk(common: Common, *, keeps: bool = False) -> Desk:
    """The desk of a project; one that `keeps` something has a store to keep it in. Invalid where a file has errors."""
    app = common.app()
    library = app.library(app.kinds())
    if has_errors(library.catalog.diagnostics):
        raise Invalid(in_order(library.catalog.diagnostics))
    store = app.store_in_use() if keeps else store_at_hand(app)
    runtime = app.runtimes(store, library)[KIND]
    if not isinstance(runtime, ReceivablesRuntime):
        raise Usage(f"{KIND} is not run here")
    return Desk(app, store, library, runtime)
