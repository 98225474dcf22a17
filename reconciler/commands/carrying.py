"""What `muster store copy` does: open both stores, carry, and say what was carried."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.commands.options import Common
from reconciler.model.errors import Usage

if TYPE_CHECKING:
    from reconciler.controller.moving import Moved, Route
    from reconciler.store.contents import Movable


def carry(common: Common, source: str, target: str, keep_writable: bool) -> str:
    """Carry one store into another; what to tell the person."""
    from reconciler.app import open_store
    from reconciler.controller.moving import Route, move
    from reconciler.model.collector import resting_collector
    from reconciler.views.progress import progress_bar

    root = Path(common.directory).resolve()
    route = Route(_name(source, root), _name(target, root), keep_writable)
    if source == target or route.source == route.target:
        raise Usage(f"{route.source} cannot be carried into itself")
    with (
        _existing(source, root) as old,
        closing(open_store(target, root)) as new,
        progress_bar(2 * old.count(), "copying") as progress,
        resting_collector(),
    ):
        return _told(move(old, new, route, progress), route)


@contextmanager
def _existing(url: str, root: Path) -> "Iterator[Movable]":
    """A store that is there; a path with a typing error makes none."""
    from reconciler.app import open_store
    from reconciler.store.address import shown, sqlite_path

    path = sqlite_path(url)
    if path and not (root / path).exists():
        raise Usage(f"there is no store {shown(url)}")
    with closing(open_store(url, root)) as store:
        yield store


def _name(url: str, root: Path) -> str:
    """A store's URL as others may see it, from wherever they stand."""
    from reconciler.store.address import shown, sqlite_path

    path = sqlite_path(url)
    return f"sqlite://{(root / path).resolve()}" if path else shown(url)


def _told(moved: "Moved", route: "Route") -> str:
    rows = moved.rows
    kept = f"{route.source} stays in use." if route.keep_writable else (
        f"{route.source} takes no more writes. Name the new one from here on: --store, MUSTER_STORE or `store` in muster.yaml."
    )  # fmt: skip
    return (
        f"{rows['event']:,} events, {rows['resource']:,} resources and {rows['intent']:,} open steps"
        f" from {route.source} to {route.target}, verified.\n{kept}\n"
    )
