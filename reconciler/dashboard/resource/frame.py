"""What stands around every page of one resource: its name and state, what may be done with it, and its tabs."""

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from reconciler.dashboard.panel import Panel
from reconciler.dashboard.panels import panel_of
from reconciler.dashboard.render import href
from reconciler.dashboard.visit import Visit
from reconciler.lifecycle.kind import Kind
from reconciler.model.lifecycle import Role
from reconciler.model.resource import Resource
from reconciler.web.door import Answer

_TABS: Final = (
    ("Overview", ""),
    ("Timeline", "timeline"),
    ("Changes", "diff"),
    ("History", "history"),
    ("Versions", "versions"),
    ("Document", "document"),
)


@dataclass(frozen=True, slots=True)
class Tab:
    """One page of a resource; `is_here`: this one."""

    title: str
    href: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """The head of a page. `title` is what people call it, empty where its document has none."""

    resource: Resource
    title: str
    summary: str
    """What its state means, in its kind's words."""
    is_campaign: bool
    tabs: tuple[Tab, ...]
    panel: Panel

    @property
    def name(self) -> str:
        """How it is called at the top of the page."""
        return self.title or self.resource.ref.name


def resource_page(visit: Visit, one: Resource, template: str, /, **data: Any) -> Answer:
    """A page of this resource: `template` extends resource_frame.html and fills its block `tab`.

    The tab whose address is that of the page is the present one: the pages that all resources have, and `Panel.links`.
    """
    return visit.show(template, one=one, frame=frame_of(visit, one), **data)


def frame_of(visit: Visit, one: Resource) -> Frame:
    """What stands around it."""
    panel, kind = panel_of(visit, one), visit.premises.repository.kinds.table.get(one.ref.kind)
    spec = one.document.get("spec", {})
    title = spec.get("title", "") if isinstance(spec, dict) else ""
    return Frame(
        resource=one,
        title=title if isinstance(title, str) else "",
        summary=_summary(kind, one.state),
        is_campaign=kind is not None and kind.lifecycle.role is Role.CAMPAIGN,
        tabs=_tabs(visit, one, panel),
        panel=panel,
    )


def _summary(kind: Kind | None, name: str) -> str:
    state = kind.lifecycle.states.get(name) if kind else None
    return state.summary if state else ""


def _tabs(visit: Visit, one: Resource, panel: Panel) -> tuple[Tab, ...]:
    own = tuple((title, href(one.ref, *([part] if part else []))) for title, part in _TABS)
    first, here = own[0][1], visit.ask.path
    return tuple(
        Tab(title, to, here == (path := unquote(to)) or (to != first and here.startswith(f"{path}/")))
        for title, to in (*own, *panel.links)
    )
