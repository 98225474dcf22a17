"""The first page of a resource: how it is, what is asked of it, and what may become of it."""

import re
from dataclasses import dataclass

from reconciler.app import asked_rates
from reconciler.controller.progress import progress_of
from reconciler.dashboard.actions.offers import offered
from reconciler.dashboard.listing.soon import Next, coming, soon
from reconciler.dashboard.panels import PANELS
from reconciler.dashboard.resource.absent import absent
from reconciler.dashboard.resource.events import happenings
from reconciler.dashboard.resource.frame import resource_page
from reconciler.dashboard.resource.lifecycle import law_of
from reconciler.dashboard.resource.planned import hindrance
from reconciler.dashboard.resource.portrait import Seen, seen
from reconciler.dashboard.visit import Visit
from reconciler.model.condition import Aspect, Condition, Truth
from reconciler.model.portrait import Portrait
from reconciler.model.resource import Resource
from reconciler.plan.advance import OPERATOR
from reconciler.plan.holding import held_words
from reconciler.views.explain_words import actor_words
from reconciler.views.style import Style
from reconciler.views.work_text import progress_lines
from reconciler.web.door import Answer

_BEEN = 50
"""Events that are looked at for the states that it was in."""

_TRUTHS = {Truth.TRUE: "yes", Truth.FALSE: "no", Truth.UNKNOWN: "not known"}
_GOOD = {Aspect.READY: Truth.TRUE, Aspect.SYNCED: Truth.TRUE}
"""Conditions that should hold; all others should not."""


def make(visit: Visit) -> Answer:
    """The page; where the store has no such resource, what else is known of the name."""
    one = visit.store.load([visit.ref]).get(visit.ref)
    if one is None:
        return absent(visit, visit.ref)
    found = seen(visit, one)
    if found is None:
        events = happenings(visit.store.last_events(one.ref, _BEEN))
        return resource_page(visit, one, "resource_alone.html", events=events)
    return _page(visit, one, found)


def _page(visit: Visit, one: Resource, found: Seen) -> Answer:
    portrait = found.portrait
    return resource_page(
        visit,
        one,
        "resource.html",
        offers=offered(visit, one),
        portrait=portrait,
        trouble=found.trouble,
        goal=goal_of(portrait, found.trouble),
        hindrance=hindrance(visit, one.ref),
        holds=[held_words(hold) for hold in one.holds if hold.in_force(visit.now) and not hold.paths],
        acknowledged=[hold for hold in one.holds if hold.in_force(visit.now) and hold.paths],
        operated=one.operated.removeprefix(OPERATOR),
        conditions=[told(each) for each in portrait.status.conditions] if portrait.status else [],
        upcoming=_upcoming(portrait, visit),
        labels=_labels(one),
        law=law_of(visit, portrait, visit.store.last_events(one.ref, _BEEN)),
        actor_words=actor_words,
        events=happenings(reversed(portrait.events)),
        work=_work(visit, one),
    )


@dataclass(frozen=True, slots=True)
class Goal:
    """What is asked of it, and whether it is so; `tone` is that of the words."""

    state: str
    words: str
    tone: str = ""


def goal_of(one: Portrait, trouble: str = "") -> Goal:
    """What its manifest asks for, beside what it is."""
    if trouble:
        return Goal("not known", "the manifests cannot be read as a whole", "warn")
    if one.manifest is None:
        return Goal("unmanaged", "it has no manifest and is left alone", "warn")
    if one.desired == one.resource.state:
        return Goal(one.desired, "reached", "good")
    if one.desired in one.resource.satisfied:
        return Goal(one.desired, f"satisfied: {one.resource.state} stands for it", "good")
    return Goal(one.desired, "not reached", "warn")


@dataclass(frozen=True, slots=True)
class Told:
    """A condition as a row: what it is about, whether it holds, why, and in which tone."""

    aspect: str
    truth: str
    why: str
    since: str
    tone: str


def told(one: Condition) -> Told:
    """A condition in words."""
    good = _GOOD.get(one.aspect, Truth.FALSE)
    tone = "" if one.truth is Truth.UNKNOWN else "good" if one.truth is good else "warn"
    tone = "bad" if one.aspect is Aspect.STALLED and one.truth is Truth.TRUE else tone
    reason = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", one.reason).capitalize()
    why = f"{reason}: {one.message}" if one.message else reason
    return Told(one.aspect.value, _TRUTHS[one.truth], why, one.since, tone)


@dataclass(frozen=True, slots=True)
class Upcoming:
    """A thing to come, as the list of campaigns tells it; `more` is what makes it happen, or how its entry is written."""

    next: Next
    more: str


def _upcoming(one: Portrait, visit: Visit) -> list[Upcoming]:
    """What is still to come, entries of its schedule and timers."""
    written = (
        {each.index: f"{each.text} {each.zone}" for each in one.manifest.entries if each.zone} if one.manifest else {}
    )
    found = coming(soon(visit), one.resource.ref, one.manifest, visit.now)
    return [Upcoming(each, "; ".join(filter(None, (each.cause, written.get(each.entry))))) for each in found]


def _labels(one: Resource) -> dict[str, str]:
    metadata = one.document.get("metadata")
    labels = metadata.get("labels", {}) if isinstance(metadata, dict) else {}
    return {str(name): str(value) for name, value in labels.items()}


def _work(visit: Visit, one: Resource) -> list[str]:
    """How far its outside work has come, where its kind has no panel that says so."""
    if one.ref.kind in PANELS:
        return []
    work = progress_of(visit.store, one.ref, visit.premises.app.clock, asked_rates())
    return list(progress_lines(work, Style(False))) if work else []
