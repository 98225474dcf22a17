"""The dashboard as doors: the one place that puts its parts together."""

import time
from dataclasses import dataclass

from reconciler.app import App
from reconciler.dashboard.access.port import Access
from reconciler.dashboard.doors import Doors
from reconciler.dashboard.lines import Lines
from reconciler.dashboard.live import Live
from reconciler.dashboard.navigation import NAVIGATION, PAGES
from reconciler.dashboard.pictures import STYLES
from reconciler.dashboard.premises import Premises
from reconciler.dashboard.render import Renderer
from reconciler.dashboard.repository import Repository
from reconciler.dashboard.static import Assets
from reconciler.model.told import Told
from reconciler.web.door import Door


@dataclass(frozen=True, slots=True)
class Dashboard:
    """What is served, and where."""

    doors: tuple[Door, ...]
    live: Lines


def dashboard(app: App, access: Access, say: Told) -> Dashboard:
    """The dashboard of a project."""
    assets = Assets({"pictures.css": STYLES.encode()})
    renderer = Renderer(assets, NAVIGATION, app.project.timezone or "UTC")
    premises = Premises(app, Repository(app, time.monotonic), renderer)
    live = Lines(Live(app.open_another_store, app.clock, say), access)
    return Dashboard((*Doors(premises, access).of(PAGES), *assets.doors()), live)
