"""What a kind adds where all kinds are shown alike: a column to the list of `get`, a section to `describe`.

A kind that adds nothing costs nothing: its module is loaded where a resource of it is shown.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from reconciler.app import App
from reconciler.model.in_campaign import Share
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.model.resource import Resource
from reconciler.views.style import Style

_NONE: Final = Share(0, 0)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a list, by its head, and what stands below the list; `data` is the same for JSON, under `name`."""

    head: str
    cells: Mapping[Ref, str]
    name: str
    data: Mapping[Ref, Mapping[str, Any]]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """Lines of a description; `data` is the same for JSON, under `name`."""

    lines: tuple[str, ...]
    name: str
    data: Mapping[str, Any]


def columns(app: App, store: Store, found: Iterable[Resource], style: Style) -> Iterator[Column]:
    """The columns that the kinds of these resources add."""
    by_kind: dict[str, list[Resource]] = {}
    for one in found:
        by_kind.setdefault(one.ref.kind, []).append(one)
    for kind, make in _COLUMNS.items():
        if kind in by_kind:
            yield make(app, store, by_kind[kind], style)


def section(app: App, store: Store, one: Resource, style: Style) -> Section | None:
    """The section that the kind of a resource adds; None where it adds none."""
    make = _SECTIONS.get(one.ref.kind)
    return make(app, store, one, style) if make else None


def _receivables_column(app: App, store: Store, found: Sequence[Resource], style: Style) -> Column:
    from reconciler.commands.reading_receivables import here
    from reconciler.kinds.receivables.surveying import overview_of
    from reconciler.views.receivables_json import campaign_share, tenant_to_json
    from reconciler.views.receivables_text import cell, remarks

    overview = overview_of(store, here(app, store))
    active = {one.ref: overview.campaigns.get(one.ref, _NONE) for one in found if one.state == "active"}
    tenant = tenant_to_json(overview)
    data = {ref: {**campaign_share(share), "tenant": tenant} for ref, share in active.items()}
    cells = {ref: cell(share) for ref, share in active.items()}
    return Column("IN CAMPAIGN", cells, "inCampaign", data, tuple(remarks(overview, style)) if active else ())


def _receivables_section(app: App, store: Store, one: Resource, style: Style) -> Section | None:
    from reconciler.commands.reading_receivables import here
    from reconciler.kinds.receivables.surveying import overview_of, sheet_of
    from reconciler.views.receivables_json import campaign_to_json
    from reconciler.views.receivables_text import campaign_lines

    if one.state not in ("active", "stopped"):
        return None
    day = here(app, store)
    sheet = sheet_of(store, one, day, overview_of(store, day))
    return Section(tuple(campaign_lines(sheet, style)), "receivables", campaign_to_json(sheet))


def _collections_column(app: App, store: Store, found: Sequence[Resource], style: Style) -> Column:
    from reconciler.kinds.collections.reading import figures
    from reconciler.views.collection_json import figures_to_json
    from reconciler.views.collection_text import cell

    told = {one.ref: figures(store, one.ref) for one in found if one.state != "draft"}
    cells = {ref: cell(one) for ref, one in told.items()}
    return Column("CONTACTED", cells, "collection", {ref: figures_to_json(one) for ref, one in told.items()})


def _collections_section(app: App, store: Store, one: Resource, style: Style) -> Section | None:
    from reconciler.kinds.collections.reading import sheet
    from reconciler.views.collection_json import sheet_data
    from reconciler.views.collection_text import portrait_lines

    if one.state == "draft":
        return None
    found = sheet(store, one.ref, store.time(app.clock.now()))
    return Section(tuple(portrait_lines(found)), "collection", sheet_data(found, ()))


_COLUMNS: Final[Mapping[str, Callable[[App, Store, Sequence[Resource], Style], Column]]] = {
    "CollectionCampaign": _collections_column,
    "ReceivablesCampaign": _receivables_column,
}
_SECTIONS: Final[Mapping[str, Callable[[App, Store, Resource, Style], Section | None]]] = {
    "CollectionCampaign": _collections_section,
    "ReceivablesCampaign": _receivables_section,
}
