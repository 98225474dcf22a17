"""How a manifest and the store differ: each field with its place, whether it may change now, who made it stray, and what the
plan does about it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from reconciler.controller.drift import deviations
from reconciler.controller.gather import Gatherer
from reconciler.controller.pinpoint import place_at, with_layers
from reconciler.dashboard.resource.absent import absent
from reconciler.dashboard.resource.events import Happening, happenings
from reconciler.dashboard.resource.frame import resource_page
from reconciler.dashboard.resource.overview import goal_of
from reconciler.dashboard.resource.planned import planned
from reconciler.dashboard.resource.portrait import seen
from reconciler.dashboard.visit import Visit
from reconciler.model.authorship import Authorship
from reconciler.model.change import Change
from reconciler.model.diagnostic import Place
from reconciler.model.errors import Invalid
from reconciler.model.lifecycle import Frozen
from reconciler.model.portrait import Portrait
from reconciler.model.resource import Resource
from reconciler.plan.diff import with_state
from reconciler.plan.frozen import frozen_by
from reconciler.source.git_subjects import subjects
from reconciler.web.door import Answer


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that the manifest says otherwise than the store. `frozen` is the line that forbids it in the present state."""

    change: Change
    place: Place = Place()
    frozen: Frozen | None = None


@dataclass(frozen=True, slots=True)
class Stray:
    """A field that somebody changed past the manifest, and the line of the log by which that came about."""

    change: Change
    left: str
    held: bool
    event: Happening | None


@dataclass(frozen=True, slots=True)
class Differences:
    """All of it. `trouble` says why the manifest could not be asked; `author` who brought it into its present form."""

    fields: tuple[Difference, ...] = ()
    strays: tuple[Stray, ...] = ()
    author: Authorship | None = None
    subject: str = ""
    trouble: str = ""


def make(visit: Visit) -> Answer:
    """The page."""
    one = visit.store.load([visit.ref]).get(visit.ref)
    if one is None:
        return absent(visit, visit.ref, "diff")
    says = planned(visit, one.ref)  # first: what the fields are told by is then no older
    found = seen(visit, one)
    data: dict[str, Any] = {"portrait": None, "found": Differences(), "goal": None}
    if found is not None:
        differ = _differences(visit, found.portrait) if not found.trouble else Differences(trouble=found.trouble)
        data = {"portrait": found.portrait, "found": differ, "goal": goal_of(found.portrait, found.trouble)}
    return resource_page(visit, one, "resource_diff.html", planned=says, **data)


def _differences(visit: Visit, portrait: Portrait) -> Differences:
    one, manifest = portrait.resource, portrait.manifest
    if manifest is None:
        return Differences()
    stands = portrait.desired in (one.state, *one.satisfied)
    states = (one.state, one.state if stands else portrait.desired)
    changes = with_state(portrait.changes, states, (one.flags, manifest.flags))
    if not changes:
        return Differences()
    try:
        with visit.premises.repository.reconciler(visit.store) as reconciler:
            found = _placed(reconciler.gatherer, portrait, changes)
            strays = tuple(_strays(reconciler.gatherer, visit, one))
            author = reconciler.gatherer.authorship([one.ref]).get(one.ref)
    except Invalid:
        return Differences(tuple(Difference(change) for change in changes))
    return replace(found, strays=strays, author=author, subject=_subject(visit, author))


def _placed(gatherer: Gatherer, portrait: Portrait, changes: tuple[Change, ...]) -> Differences:
    ref, state = portrait.resource.ref, portrait.law.states[portrait.resource.state]
    if ref not in gatherer.library.catalog.manifests:  # the file has gone since
        return Differences(tuple(Difference(change) for change in changes))
    return Differences(
        tuple(
            Difference(change, place_at(gatherer, ref, change.path), frozen_by(state, change))
            for change in with_layers(gatherer, ref, changes)
        )
    )


def _strays(gatherer: Gatherer, visit: Visit, one: Resource) -> Iterator[Stray]:
    for found in deviations(gatherer, visit.now, [one.ref]):
        event = happenings([found.event])[0] if found.event else None
        yield Stray(found.change, found.left, bool(found.holds), event)


def _subject(visit: Visit, author: Authorship | None) -> str:
    if author is None or not author.commit:
        return ""
    project = visit.premises.app.project
    return subjects(str(project.history or project.root), [author.commit]).get(author.commit, "")
