"""The dashboard as doors: the one place that puts its parts together."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from secrets import token_bytes
from typing import Final

from reconciler.app import App
from reconciler.dashboard.access.gate import Gate
from reconciler.dashboard.access.proxied import Proxied
from reconciler.dashboard.access.sessions import Sessions
from reconciler.dashboard.access.ways import Ways
from reconciler.dashboard.auditor import Auditor
from reconciler.dashboard.doors import Doors
from reconciler.dashboard.hearing import Hearing
from reconciler.dashboard.kept import Kept
from reconciler.dashboard.limits import Limits
from reconciler.dashboard.lines import Lines
from reconciler.dashboard.live import Live
from reconciler.dashboard.navigation import NAVIGATION, PAGES
from reconciler.dashboard.outside import Outside
from reconciler.dashboard.pictures import STYLES
from reconciler.dashboard.premises import Premises
from reconciler.dashboard.render import Renderer
from reconciler.dashboard.repository import Repository
from reconciler.dashboard.static import Assets
from reconciler.kinds.leads.market import Outlook
from reconciler.model.told import Told
from reconciler.web.desks import Desks
from reconciler.web.door import Door, plain
from reconciler.web.patience import Patience

BACKGROUND: Final = 2
"""Threads that work out what is dear; pages never wait behind it."""


@dataclass(frozen=True, slots=True)
class Dashboard:
    """What is served, and where."""

    concerns: tuple[tuple[Door, ...], ...]
    """What is there; then what is not."""
    live: Lines
    close: Callable[[], None]
    """Ends what works in the background."""


def dashboard(app: App, ways: Ways, say: Told) -> Dashboard:
    """The dashboard of a project, and the ways into it."""
    assets = Assets({"pictures.css": STYLES.encode()})
    renderer = Renderer(assets, NAVIGATION, app.project.timezone or "UTC")
    background = Desks(app.open_another_store, BACKGROUND)
    kept = Kept(background.submit, app.clock, time.monotonic)
    repository = Repository(app, time.monotonic)
    premises = Premises(app, repository, renderer, kept, Outlook())
    outside, auditor = Outside(renderer), Auditor(say, time.monotonic)
    gate = _gate(app, ways, outside, auditor)
    doors = Doors(premises, gate, outside, auditor, Limits.usual(time.monotonic), ways.url)
    served = (*doors.of((*PAGES, *gate.pages())), *gate.doors(), *assets.doors(), _alive())
    live = Lines(Live(app.open_another_store, Hearing(repository, say), app.clock, say), gate)
    repository.start()

    def close() -> None:
        background.close()
        repository.close()

    return Dashboard((served, doors.besides(served), doors.nowhere()), live, close)


def _gate(app: App, ways: Ways, outside: Outside, auditor: Auditor) -> Gate:
    proxied = Proxied(ways.proxy, token_bytes(32)) if ways.proxy else None
    return Gate(ways, proxied, Sessions(), outside, auditor, app.clock, Patience(time.monotonic))


def _alive() -> Door:
    """For whoever looks after the process; it tells nothing else."""
    return Door("health", "/healthz", ("GET",), lambda _ask, _store: plain(200, "ok", "alive"))
