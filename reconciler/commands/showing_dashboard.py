"""How `serve` opens the dashboard: at an address of its own, with threads of its own."""

from contextlib import ExitStack
from dataclasses import dataclass
from secrets import token_urlsafe

from reconciler.app import App, actor
from reconciler.dashboard.access.own_token import OwnToken
from reconciler.dashboard.building import dashboard
from reconciler.model.told import Told
from reconciler.web.assembly import Counting, application
from reconciler.web.desks import Desks
from reconciler.web.listening import Listening, listen


@dataclass(frozen=True, slots=True)
class Shown:
    """The dashboard as it is open; `address` is what to give a browser."""

    listening: Listening
    address: str


def opened(app: App, at: str, trusted: str, say: Told, counts: Counting, open_now: ExitStack) -> Shown:
    """Open it. Usage where nobody can listen there."""
    token = token_urlsafe(24)
    made = dashboard(app, OwnToken(token, actor().removeprefix("user:")), say)
    open_now.callback(made.close)
    desks = Desks(app.open_another_store)
    open_now.callback(desks.close)
    listening = listen(application([made.doors], desks, say, counts, [made.live.route(desks)]), at, trusted)
    open_now.callback(listening.close)
    open_now.callback(made.live.close)  # first: a server waits for what it is still saying
    return Shown(listening, f"http://{listening.at}/enter?token={token}")
