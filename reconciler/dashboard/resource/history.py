"""The log of one resource, newest first, a page at a time: who did what, when, by which line and which commit."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from reconciler.dashboard.render import href
from reconciler.dashboard.resource.absent import absent
from reconciler.dashboard.resource.events import Happening, Subjects, happenings
from reconciler.dashboard.resource.frame import resource_page
from reconciler.dashboard.visit import Visit
from reconciler.model.event import Event
from reconciler.model.plan import Op
from reconciler.model.ports import LAST, Store
from reconciler.model.ref import Ref
from reconciler.source.git_subjects import subjects
from reconciler.web.door import Answer

MOST: Final = 50
"""Events on one page."""
_PAGE: Final = 200
_FARTHEST: Final = 2_000
"""Events that are looked through for one page of a filter; the next page goes on from there."""

SORTS: Final[Mapping[str, tuple[str, frozenset[str]]]] = {
    "": ("Everything", frozenset(map(str, Op))),
    "states": ("Changes of state", frozenset([Op.CREATE, Op.TRANSITION, Op.MISS, Op.FORGET])),
    "edits": ("Changes of the document", frozenset([Op.CREATE, Op.EDIT, Op.MOVE, Op.FLAG])),
    "holds": ("Holds", frozenset([Op.HOLD, Op.RELEASE])),
}
"""What may be asked for: the title, and which operations that are."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the log. `older` is the address of what came before; empty where nothing did. `is_first`: of the newest."""

    events: list[Happening]
    sort: str
    older: str
    newest: str
    is_first: bool
    sorts: tuple[tuple[str, str, bool], ...]
    """What else may be asked for: title, address, and whether it is this."""


def make(visit: Visit) -> Answer:
    """The page. Of what was forgotten the log is still there."""
    one = visit.store.load([visit.ref]).get(visit.ref)
    if one is not None:
        return resource_page(visit, one, "resource_history.html", page=_page(visit, one.ref))
    last = visit.store.last_events(visit.ref, 1)
    if last and last[0].body["op"] == Op.FORGET:
        return visit.show("resource_log.html", ref=visit.ref, page=_page(visit, visit.ref))
    return absent(visit, visit.ref, "history")


def _page(visit: Visit, ref: Ref) -> Page:
    sort = visit.asked("sort") if visit.asked("sort") in SORTS else ""
    before = _number(visit.asked("before"))
    found, next_one = _found(visit.store, ref, SORTS[sort][1], before)
    here = href(ref, "history")
    named = f"sort={sort}&" if sort else ""
    return Page(
        events=happenings(found, _subjects(visit, found)),
        sort=sort,
        older=f"{here}?{named}before={next_one}" if next_one else "",
        newest=f"{here}?{named}".rstrip("?&"),
        is_first=before == LAST,
        sorts=tuple((title, f"{here}?sort={key}" if key else here, key == sort) for key, (title, _) in SORTS.items()),
    )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 16 else LAST


def _found(store: Store, ref: Ref, ops: frozenset[str], before: int) -> tuple[list[Event], int]:
    """The events of these operations before one, and where the next page begins; 0 where nothing is left."""
    found: list[Event] = []
    seen, last = 0, before
    for event in _backwards(store, ref, before):
        if len(found) == MOST or seen == _FARTHEST:
            return found, last
        seen, last = seen + 1, event.sequence
        if event.body.get("op") in ops:
            found.append(event)
    return found, 0


def _backwards(store: Store, ref: Ref, before: int) -> Iterator[Event]:
    while page := store.last_events(ref, _PAGE, before):
        yield from page
        before = page[-1].sequence


def _subjects(visit: Visit, found: list[Event]) -> Subjects:
    """What the commits of these events are about, as far as the repository here knows them."""
    project = visit.premises.app.project
    return subjects(str(project.history or project.root), (str(_commit(event.body)) for event in found))


def _commit(body: Mapping[str, Any]) -> object:
    return body.get("commit", "")
