"""The dashboard as doors: the one place that puts its parts together."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from reconciler.app import App
from reconciler.dashboard.access.port import Access
from reconciler.dashboard.doors import Doors
from reconciler.dashboard.kept import Kept
from reconciler.dashboard.navigation import NAVIGATION, PAGES
from reconciler.dashboard.pictures import STYLES
from reconciler.dashboard.premises import Premises
from reconciler.dashboard.render import Renderer
from reconciler.dashboard.repository import Repository
from reconciler.dashboard.static import Assets
from reconciler.web.desks import Desks
from reconciler.web.door import Door

BACKGROUND: Final = 2
"""Threads that work out what is dear; pages never wait behind it."""


@dataclass(frozen=True, slots=True)
class Dashboard:
    """What is served, and where."""

    doors: tuple[Door, ...]
    close: Callable[[], None]
    """Ends what works in the background."""


def dashboard(app: App, access: Access) -> Dashboard:
    """The dashboard of a project."""
    assets = Assets({"pictures.css": STYLES.encode()})
    renderer = Renderer(assets, NAVIGATION, app.project.timezone or "UTC")
    background = Desks(app.open_another_store, BACKGROUND)
    kept = Kept(background.submit, app.clock, time.monotonic)
    repository = Repository(app, time.monotonic)
    repository.start()
    premises = Premises(app, repository, renderer, kept)

    def close() -> None:
        background.close()
        repository.close()

    return Dashboard((*Doors(premises, access).of(PAGES), *assets.doors()), close)
