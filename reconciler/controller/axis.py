"""Lay log and plan on one axis: what each resource was, is, and will be."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches
from itertools import groupby
from typing import Final

from reconciler.controller.gather import Gatherer
from reconciler.model.axis import HAPPENS, Axis, Band, Lane, Tone
from reconciler.model.errors import Usage
from reconciler.model.event import Event
from reconciler.model.instant import from_text
from reconciler.model.lifecycle import DELETED, Role, State
from reconciler.model.plan import Code, Op, Plan
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.model.timeline import Foresight, Occurrence, Source

_LATER: Final = (Code.LATER, Code.DENIED_LATER)


@dataclass(slots=True)
class _Story:
    """The log of one resource under whatever names it had: where it was at `since`, and what happened afterwards."""

    before: str = ""
    events: list[Event] = field(default_factory=list)


def chosen(texts: Sequence[str], gatherer: Gatherer) -> frozenset[Ref]:
    """What a person names: a kind, a name in all its versions, or one version. Usage where there is no such thing."""
    store = gatherer.store
    known = dict.fromkeys([*gatherer.library.catalog.manifests, *store.heads(), *store.forgotten()])
    found: set[Ref] = set()
    for text in texts:
        same = {ref for ref in known if text in (ref.kind, f"{ref.kind}/{ref.name}", str(ref))}
        if not same and text not in gatherer.kinds.table:
            names = dict.fromkeys([*gatherer.kinds.table, *(str(ref) for ref in known)])
            close = get_close_matches(text, names, n=1, cutoff=0.5)
            raise Usage(f"there is no {text}" + (f"; did you mean {close[0]}?" if close else ""))
        found |= same
    return frozenset(found)


def concerning(future: Iterable[Occurrence], wanted: frozenset[Ref] | None) -> tuple[Occurrence, ...]:
    """What will happen to these resources, conflicts in which they are the other side included; None: to any."""
    return tuple(one for one in future if wanted is None or not wanted.isdisjoint(one.parties))


def lay_out(gatherer: Gatherer, plan: Plan, since: datetime, wanted: frozenset[Ref] | None) -> Axis:
    """The axis from `since` to the plan's horizon, of the wanted resources or of all (None)."""
    stories = _stories(gatherer.store, since, wanted)
    for one in plan.resources:
        if one.moved_from in stories:
            stories[one.ref] = stories.pop(one.moved_from)
    if wanted is not None:
        wanted |= stories.keys()
    future = concerning(plan.timeline, wanted)
    zones = {
        ref: zone
        for ref, one in gatherer.library.catalog.manifests.items()
        if (zone := next((entry.zone for entry in one.entries if entry.zone), ""))
    }
    lanes = list(_Lanes(gatherer, plan, since, zones, wanted).all(stories, future))
    drawn = tuple(lane for lane in lanes if lane.occurrences or _stirs(lane, gatherer, wanted))
    past = sorted((event for story in stories.values() for event in story.events), key=_order)
    return Axis(
        now=plan.made_at,
        since=since,
        until=plan.made_at + plan.horizon,
        past=tuple(past),
        future=future,
        lanes=drawn,
        zones=zones,
        still=len(lanes) - len(drawn),
        pending=len(plan.due) + len(plan.resources),
        blocked=len(plan.blocked),
    )


def _order(event: Event) -> tuple[datetime, int]:
    return from_text(event.body["at"]), event.serial


def _stirs(lane: Lane, gatherer: Gatherer, wanted: frozenset[Ref] | None) -> bool:
    """Whether a lane is worth drawing: somebody asked for it, it is a campaign, or more than its making happened."""
    kind = gatherer.kinds.table.get(lane.ref.kind)
    campaign = kind is not None and kind.lifecycle.role is Role.CAMPAIGN
    return bool(wanted) or campaign or any(event.body["op"] != Op.CREATE for event in lane.events)


def _stories(store: Store, since: datetime, wanted: frozenset[Ref] | None) -> dict[Ref, _Story]:
    """The log by resource, each under its last name. Chains are told apart by their hashes: names may change hands."""
    events = store.events() if wanted is None else (event for ref in sorted(wanted) for event in store.events(ref))
    stories: dict[Ref, _Story] = {}
    last: dict[str, Ref] = {}
    seen: set[int] = set()
    for event in events:
        if event.serial in seen:  # two of the wanted names are those of one resource
            continue
        seen.add(event.serial)
        former = last.pop(event.previous, event.ref)
        last[event.hash] = event.ref
        story = stories.pop(former, None) or _Story()
        stories[event.ref] = story
        if from_text(event.body["at"]) < since:
            story.before = _state_after(event, story.before)
        else:
            story.events.append(event)
    return stories


def _state_after(event: Event, state: str) -> str:
    """The state that the log says a resource was in after an event; none once it was forgotten or deleted."""
    if event.body["op"] == Op.FORGET:
        return ""
    return _lasting(str(event.body.get("to", state)))


def _lasting(state: str) -> str:
    """The state, but for one that is the end: what is deleted leaves nothing on the axis."""
    return "" if state == DELETED else state


@dataclass(slots=True)
class _Lanes:
    """Makes the lane of each resource."""

    gatherer: Gatherer
    plan: Plan
    since: datetime
    zones: Mapping[Ref, str]
    wanted: frozenset[Ref] | None

    def all(self, stories: Mapping[Ref, _Story], future: Sequence[Occurrence]) -> Iterator[Lane]:
        """One lane for each resource that was, is, or will be, in the order of their refs."""
        ahead: dict[Ref, list[Occurrence]] = {}
        for one in future:
            ahead.setdefault(one.ref, []).append(one)
        after = dict(self._after())
        new = (ref for ref in after if self.wanted is None or ref in self.wanted)
        for ref in sorted({*stories, *ahead, *new}):
            story, occurrences = stories.get(ref, _Story()), ahead.get(ref, [])
            points = list(self._points(ref, story, occurrences, after))
            bands = tuple(self._bands(ref, points))
            if bands or story.events or occurrences:
                yield Lane(ref, bands, tuple(story.events), tuple(occurrences), self.zones.get(ref, ""))

    def _after(self) -> Iterator[tuple[Ref, tuple[str, bool]]]:
        """Where each resource is once the plan is applied, and whether that is in doubt."""
        for one in (*self.plan.due, *self.plan.resources):
            yield one.ref, (one.target, one.conditional)
        for blocked in self.plan.blocked:
            # What is refused for what it leads to later is foreseen as if it were not: that is how it leads there.
            if all(refusal.code in _LATER for refusal in blocked.refusals):
                yield blocked.ref, (blocked.target, True)

    def _points(
        self,
        ref: Ref,
        story: _Story,
        occurrences: Iterable[Occurrence],
        after: Mapping[Ref, tuple[str, bool]],
    ) -> Iterator[tuple[datetime, str, bool]]:
        """When a resource comes into which state, and whether that is in doubt."""
        state, now = story.before, self.plan.made_at
        yield self.since, state, False
        for event in story.events:
            state = _state_after(event, state)
            yield min(from_text(event.body["at"]), now), state, False
        state, doubtful = after.get(ref, (state, False))
        yield now, _lasting(state), doubtful
        for one in occurrences:
            # A timer that fails still leads somewhere: to the state that its other way ends in.
            if one.verdict in HAPPENS or (one.source is Source.TIMER and one.event):
                yield one.at, _lasting(one.target), one.verdict is Foresight.CONDITIONAL

    def _bands(self, ref: Ref, points: Sequence[tuple[datetime, str, bool]]) -> Iterator[Band]:
        now = self.plan.made_at
        runs = [next(run) for _, run in groupby(points, lambda one: (one[1], one[2], one[0] >= now))]
        ends = [start for start, _, _ in runs[1:]] + [now + self.plan.horizon]
        for (start, state, doubtful), end in zip(runs, ends, strict=True):
            if state and start < end:
                yield Band(state, self._tone(ref, state), start, end, start >= now, doubtful)

    def _tone(self, ref: Ref, name: str) -> Tone:
        kind = self.gatherer.kinds.table.get(ref.kind)
        state = kind.lifecycle.states.get(name) if kind else None
        return _tone(state) if state else Tone.RESTING


def _tone(state: State) -> Tone:
    if state.outward:
        return Tone.OUTWARD
    if state.final:
        return Tone.FINAL
    return Tone.INITIAL if state.initial else Tone.RESTING
