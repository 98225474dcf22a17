"""The list of campaigns, and of all resources: quick with 100,000 of them, for a page is all that is read. (E-38, E-39)"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from reconciler.dashboard.listing.asked import Asked, asked
from reconciler.dashboard.listing.figures import figures
from reconciler.dashboard.listing.rows import Around, short
from reconciler.dashboard.listing.soon import Soon, soon
from reconciler.dashboard.listing.troubled import Troubled, troubled
from reconciler.dashboard.outlook.attention import attention
from reconciler.dashboard.page import Page
from reconciler.dashboard.repository import Files
from reconciler.dashboard.visit import Visit
from reconciler.model.errors import MusterError
from reconciler.model.lifecycle import Role
from reconciler.model.listing import Facets, Listed, Slice
from reconciler.web.door import Answer

CAMPAIGNS = "/campaigns"
RESOURCES = "/resources"


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that a filter offers: what it is called, how many there are, the address with it, whether it is set."""

    value: str
    words: str
    count: int
    href: str
    is_set: bool


def _home(visit: Visit) -> Answer:
    return visit.to(CAMPAIGNS)


def _campaigns(visit: Visit) -> Answer:
    return _list(visit, "Campaigns", is_campaigns=True)


def _resources(visit: Visit) -> Answer:
    return _list(visit, "Resources", is_campaigns=False)


def _list(visit: Visit, title: str, *, is_campaigns: bool) -> Answer:
    files = _files(visit)
    among = _campaign_kinds(files) if is_campaigns else ()
    here, ahead = asked(visit, among), soon(visit)
    concern = troubled(visit, files, ahead) if here.filter.attention else Troubled()
    here = replace(here, filter=replace(here.filter, besides=concern.besides))
    store, listing = visit.store, visit.store.listing
    with store.snapshot():
        page, facets = visit.premises.counted.look(store, here.filter, here.part, here.order, visit.now)
        if not page.refs and not here.is_first:
            here = replace(here, part=Slice(here.part.most))
            page = listing.page(here.filter, here.part, here.order, visit.now)
        loaded = store.load(page.refs)
        is_empty = not facets.total and not listing.has_any(among)
    found = [loaded[ref] for ref in page.refs if ref in loaded]
    told = figures(visit, found)
    data: dict[str, Any] = {
        "title": title,
        "is_campaigns": is_campaigns,
        "asked": here,
        "chips": tuple(here.chips()),
        "rows": Around(visit.now, files, told, ahead).rows(found, store.bulletin.statuses(page.refs)),
        "figures": told,
        "facets": facets,
        "is_empty": is_empty,
        "kinds": _kinds(here, facets),
        "new": _new(ahead, among),
        "also": here.href(archived="also"),
        "again": here.again,
        "attention": attention(visit),
        "troubled": concern,
        **_choices(here, facets),
        **_turns(here, page),
    }
    return _pushed(visit.show("campaigns.html", **data), here)


def _files(visit: Visit) -> Files | None:
    """The files; None where they never could be read."""
    try:
        return visit.premises.repository.files()
    except MusterError:
        return None


def _campaign_kinds(files: Files | None) -> tuple[str, ...]:
    """The kinds of campaigns, those that the project has made itself too."""
    table = files.kinds.table if files else {}
    return tuple(sorted(name for name, kind in table.items() if kind.lifecycle.role is Role.CAMPAIGN))


def _kinds(here: Asked, facets: Facets) -> tuple[Choice, ...]:
    """Each kind by itself, and all of them."""
    named = here.filter.kinds
    every = Choice("", "All", sum(facets.kinds.values()), here.href(kind=None), not named)
    ones = (
        Choice(kind, short(kind), count, here.href(kind=kind), kind in named) for kind, count in facets.kinds.items()
    )
    unseen = (Choice(kind, short(kind), 0, here.href(kind=kind), True) for kind in named if kind not in facets.kinds)
    return (every, *ones, *unseen)


def _choices(here: Asked, facets: Facets) -> Mapping[str, tuple[Choice, ...]]:
    """What the form offers of states and teams; what is set is there though nothing has it."""

    def offered(counts: Mapping[str, int], chosen: tuple[str, ...]) -> tuple[Choice, ...]:
        values = sorted({*counts, *chosen})
        return tuple(
            Choice(one or "-", one or "no team", counts.get(one, 0), "", one in chosen) for one in values if one != "-"
        )

    return {
        "states": offered(facets.states, here.filter.states),
        "teams": offered(facets.teams, here.filter.teams),
    }


def _turns(here: Asked, page: Listed) -> Mapping[str, str]:
    return {
        "before": here.turned("before", page.before),
        "after": here.turned("after", page.after),
        "first": here.href() if page.before else "",
        "last": here.href(last="yes") if page.after else "",
    }


def _new(ahead: Soon | None, among: tuple[str, ...]) -> int:
    """How many stand in the files alone."""
    counts = ahead.new if ahead else {}
    return sum(count for kind, count in counts.items() if not among or kind in among)


def _pushed(answer: Answer, here: Asked) -> Answer:
    """Where a script asked for a part of the page: the address without what is empty is what people share."""
    headers: dict[str, Any] = {**answer.headers, "HX-Push-Url": here.href()}
    return replace(answer, headers=headers if here.is_first else answer.headers)


PAGES = (Page("home", "/", _home), Page("campaigns", CAMPAIGNS, _campaigns), Page("resources", RESOURCES, _resources))
