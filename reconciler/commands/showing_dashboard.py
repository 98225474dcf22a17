"""How `serve` opens the dashboard: at an address of its own, with threads of its own."""

from contextlib import ExitStack
from dataclasses import dataclass, replace
from ipaddress import ip_address
from secrets import token_urlsafe

from reconciler.app import App, actor, secrets_of_this_machine
from reconciler.dashboard.access.ways import Ways, token_of, ways_of
from reconciler.dashboard.building import dashboard
from reconciler.dashboard.guard import HEADERS, Guard
from reconciler.dashboard.visitor import Role
from reconciler.model.errors import Invalid, Usage
from reconciler.model.told import Told
from reconciler.source.project import FILE
from reconciler.source.project_file import settings_told
from reconciler.web.assembly import Counting, application
from reconciler.web.desks import Desks
from reconciler.web.listening import Listening, listen


@dataclass(frozen=True, slots=True)
class Shown:
    """The dashboard as it is open; `address` is what to give a browser."""

    listening: Listening
    address: str


def opened(app: App, at: str, trusted: str, say: Told, counts: Counting, open_now: ExitStack) -> Shown:
    """Open it; `trusted` are the proxies before the server, with commas. Usage where nobody can listen there."""
    ways, token = _ways(app, at)
    if not (_is_loopback(at) or ways.is_secure):
        say(
            "people's tokens and pages travel in the clear; put TLS before the dashboard, and say its `url` in muster.yaml"
        )
    made = dashboard(app, ways, say)
    open_now.callback(made.close)
    desks = Desks(app.open_another_store)
    open_now.callback(desks.close)
    served = Guard(application(made.concerns, desks, say, counts, [made.live.route(desks)]), ways.names)
    listening = listen(served, at, _believed(ways, trusted), HEADERS)
    open_now.callback(listening.close)
    open_now.callback(made.live.close)  # first: a server waits for what it is still saying
    here = ways.url or f"http://{listening.at}"
    return Shown(listening, f"{here}/enter?token={token}" if token else f"{here}/")


def _ways(app: App, at: str) -> tuple[Ways, str]:
    """Who may come in, and the token that is made where the settings name nobody: for whoever starts this, on this machine.

    Invalid where a token of the settings is missing or bad; Usage where nobody is named, and others can reach this.
    """
    written = app.project.dashboard or {}
    ways, problems = ways_of(written, secrets_of_this_machine())
    if problems:
        raise Invalid(settings_told(app.project.root / FILE, problems))
    if ways.is_any:
        return ways, ""
    if not _is_loopback(at):
        raise Usage(
            f"the dashboard would be open to others at {at}, and muster.yaml does not say who may come in: name them under"
            " `dashboard` (tokens or proxy), listen at 127.0.0.1, or give --no-dashboard"
        )
    token = token_urlsafe(24)
    own = token_of(actor().removeprefix("user:"), Role.ADMINISTRATOR, token, is_printed=True)
    return replace(ways, tokens=(own,)), token


def _is_loopback(at: str) -> bool:
    host = at.rpartition(":")[0].strip("[]") or "127.0.0.1"
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _believed(ways: Ways, trusted: str) -> str:
    """Who is believed about where people are, with commas; empty where no proxy stands before the dashboard, by its settings.

    A program of this machine could else be somebody else to the wait after wrong tokens, and to the audit.
    """
    if ways.proxy:
        return ",".join(map(str, ways.proxy.trusted))
    return trusted if ways.is_secure else ""
