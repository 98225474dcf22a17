"""What the commands of `muster email` share: a campaign as its files have it, and all that it names."""

from reconciler.commands.at_hand import store_at_hand
from reconciler.commands.options import Common
from reconciler.controller.inspect import find
from reconciler.kinds.email.desk import Desk, address
from reconciler.kinds.email.launch import EmailRuntime
from reconciler.model.errors import Usage

__all__ = ["KIND", "Desk", "address", "desk", "named"]

KIND = "EmailCampaign"


def desk(common: Common, campaign: str, *, sends: bool = False) -> Desk:
    """The desk for a campaign of the manifests; one that `sends` keeps its store. Usage where there is none."""
    app = common.app()
    library = app.library(app.kinds())
    ref = find(named(campaign), (one for one in library.catalog.manifests if one.kind == KIND), "no manifest describes")
    store = app.store() if sends else store_at_hand(app)
    runtime = app.runtimes(store, library)[KIND]
    if not isinstance(runtime, EmailRuntime):
        raise Usage(f"{KIND} is not run here")
    return Desk(store, runtime, ref, lambda one: library.documents([one]).get(one), app.clock)


def named(campaign: str) -> str:
    """A campaign's ref: its name will do."""
    return campaign if "/" in campaign else f"{KIND}/{campaign}"
